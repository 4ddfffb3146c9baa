//! Telemetry of many clients for a long time, while old signals are deleted.
//!
//! Every client sends a batch a second, at its own moment of the second, as the SDK does; a batch that is late is sent
//! late, and its time counts from when it was due.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::latency::Latency;
use crate::server::{Fault, Server, text};

/// Memory after the first part of a run may grow by this much: caches fill, allocators keep some.
const GROWTH: f64 = 1.15;
/// Longest time of 99 in 100 batches.
const P99_MS: f64 = 50.0;
/// What one client shows in its time line and elsewhere is bounded; this is what fills it.
const WARM_UP: f64 = 0.4;

#[derive(Args)]
pub struct Soak {
    /// Clients that send a batch a second each
    #[arg(long, default_value_t = 100)]
    clients: u64,
    /// Signals a second, of all clients together
    #[arg(long, default_value_t = 5_000)]
    rate: u64,
    /// Length of the run
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Signals beyond this are deleted meanwhile, the oldest first
    #[arg(long, default_value = "100")]
    keep_mb: String,
}

/// What is counted while it runs.
#[derive(Default)]
struct Counts {
    accepted: AtomicU64,
    refused: AtomicU64,
}

struct Sender {
    number: u64,
    items: u64,
    url: String,
    http: Client,
    counts: Arc<Counts>,
}

impl Sender {
    /// Sends until `end`; gives the times by minute.
    async fn run(self, start: Instant, end: Instant) -> Vec<Latency> {
        let mut minutes: Vec<Latency> = Vec::new();
        for batch in 0.. {
            let due = start + Duration::from_secs(batch) + Duration::from_millis(self.number * 997 % 1000);
            if due >= end {
                break;
            }
            sleep_until(due).await;
            let key = format!("{}-{batch}", self.number);
            let request = self.http.post(&self.url).header("Idempotency-Key", key).json(&self.batch(batch));
            let accepted = request.send().await.is_ok_and(|answer| answer.status() == StatusCode::ACCEPTED);
            let counter = if accepted { &self.counts.accepted } else { &self.counts.refused };
            counter.fetch_add(1, Ordering::Relaxed);
            let minute = usize::try_from(due.duration_since(start).as_secs() / 60).unwrap_or_default();
            minutes.resize_with(minutes.len().max(minute + 1), Latency::default);
            minutes[minute].add(due.elapsed());
        }
        minutes
    }

    /// Of ten signals six are logs, two measurements, one an event, and one an exception.
    fn batch(&self, batch: u64) -> Value {
        let (mut logs, mut measurements, mut events, mut exceptions) = (vec![], vec![], vec![], vec![]);
        for item in 0..self.items {
            let name = format!("{}-{batch}-{item}", self.number);
            match item % 10 {
                0..6 => logs.push(json!({
                    "message": format!("Order {name} was saved in {} ms", item * 7),
                    "level": (["debug", "info", "warn"][item as usize % 3]),
                    "context": {"order": name, "step": "save"},
                })),
                6 | 7 => measurements.push(json!({
                    "type": "web-vitals",
                    "values": {"lcp": 900.0 + (item * 37 % 4000) as f64},
                })),
                8 => events.push(json!({"name": "view_changed", "domain": "browser", "attributes": {"to": name}})),
                _ => exceptions.push(json!({
                    "type": "TypeError",
                    "value": format!("Cannot read properties of undefined (reading 'f{}')", item % 7),
                    "stacktrace": {"frames": [
                        {"function": "save", "filename": "https://desk.example.org/assets/app.js", "lineno": 12, "colno": 7},
                        {"function": "submit", "filename": "https://desk.example.org/assets/app.js", "lineno": 99, "colno": 3},
                    ]},
                })),
            }
        }
        json!({
            "meta": {
                "app": {"name": "desk", "version": format!("1.{}.0", self.number % 5), "environment": "production",
                        "installationId": format!("bench-{}", self.number)},
                "session": {"id": format!("session-{}-{}", self.number, batch / 300)},
                "browser": {"name": "Chrome", "version": "140.0", "os": "Linux"},
                "page": {"url": format!("https://desk.example.org/orders/{}", self.number % 20)},
                "view": {"name": format!("orders-{}", self.number % 20)},
            },
            "logs": logs, "measurements": measurements, "events": events, "exceptions": exceptions,
        })
    }
}

impl Soak {
    pub async fn run(&self, program: &Path) -> Result<Vec<String>, Fault> {
        let server = Server::start(program, &[("SIGNALS_MAX_MB", &self.keep_mb)]).await?;
        let key = server.post("/api/app-keys", &json!({"app": "desk", "rate": 100_000})).await?;
        let items = self.rate.div_ceil(self.clients);
        println!(
            "{} clients, {} signals/s for {} minutes, {} MB of signals kept",
            self.clients,
            items * self.clients,
            self.minutes,
            self.keep_mb
        );
        let counts = Arc::new(Counts::default());
        let start = Instant::now();
        let end = start + Duration::from_secs_f64(self.minutes * 60.0);
        let mut senders = JoinSet::new();
        for number in 0..self.clients {
            let url = format!("{}/collect/{}", server.url, text(&key, "key"));
            let (http, counts) = (server.http.clone(), counts.clone());
            senders.spawn(Sender { number, items, url, http, counts }.run(start, end));
        }
        let memory = watch(&server, start, end, &counts).await?;
        let mut minutes: Vec<Latency> = Vec::new();
        while let Some(sender) = senders.join_next().await {
            for (minute, latency) in sender?.into_iter().enumerate() {
                minutes.resize_with(minutes.len().max(minute + 1), Latency::default);
                minutes[minute].join(latency);
            }
        }
        let mut all = Latency::default();
        for (minute, latency) in minutes.iter_mut().enumerate() {
            let [p50, p99, most] = latency.quantiles([0.5, 0.99, 1.0]);
            println!(
                "minute {minute}: {} batches, p50 {p50:.1} ms, p99 {p99:.1} ms, longest {most:.1} ms",
                latency.count()
            );
            all.join(latency.clone());
        }
        let [p50, p99, most] = all.quantiles([0.5, 0.99, 1.0]);
        let (accepted, refused) =
            (counts.accepted.load(Ordering::Relaxed), counts.refused.load(Ordering::Relaxed));
        let stored = server.metric("workspace_signals_total").await?;
        let deleted = server.metric("workspace_signals_deleted_total").await?;
        println!(
            "in all: {accepted} batches accepted, {refused} not; p50 {p50:.1} ms, p99 {p99:.1} ms, longest {most:.1} ms"
        );
        println!("{stored} signals stored, {deleted} deleted, {:.0} MB of data", server.data_mb()?);

        let mut faults = Vec::new();
        let mut expect = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        expect(refused == 0, format!("{refused} batches were not accepted"));
        expect(
            stored == (accepted * items) as f64,
            format!("{stored} signals of {} are counted", accepted * items),
        );
        expect(p99 < P99_MS, format!("p99 is {p99:.1} ms, the bound is {P99_MS} ms"));
        expect(
            deleted > 0.0 || self.minutes < 2.0,
            "nothing was deleted: the run does not show it".to_owned(),
        );
        let warm = (memory.len() as f64 * WARM_UP) as usize;
        let most = |samples: &[f64]| samples.iter().copied().fold(0.0, f64::max);
        let (before, after) =
            (most(&memory[..=warm.min(memory.len() - 1)]), most(&memory[warm.min(memory.len() - 1)..]));
        println!("memory: at most {before:.0} MB in the first part, {after:.0} MB after it");
        expect(after < before * GROWTH, format!("memory went from {before:.0} MB to {after:.0} MB"));
        Ok(faults)
    }
}

/// Samples the server's memory until `end`, and prints a line every half minute.
async fn watch(server: &Server, start: Instant, end: Instant, counts: &Counts) -> Result<Vec<f64>, Fault> {
    let mut samples = vec![server.memory_mb()?];
    for tick in 1.. {
        let at = start + Duration::from_secs(tick * 5);
        sleep_until(at.min(end)).await;
        samples.push(server.memory_mb()?);
        if tick % 6 == 0 || at >= end {
            println!(
                "{:>4} s: {} batches, {} refused, memory {:.0} MB, data {:.0} MB",
                start.elapsed().as_secs(),
                counts.accepted.load(Ordering::Relaxed),
                counts.refused.load(Ordering::Relaxed),
                samples.last().copied().unwrap_or_default(),
                server.data_mb()?
            );
        }
        if at >= end {
            break;
        }
    }
    Ok(samples)
}

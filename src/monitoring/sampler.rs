//! The one task of the monitor: measures every second, and publishes what somebody listens to.

use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusHandle;
use poem_openapi::types::ToJSON;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::rt::{CLIENTS, OVERVIEW, ROUTES};
use super::view::{Latency, MonitoringOverview, RoutesLoad, round};
use super::{Monitor, memory};
use crate::clients;
use crate::db::Written;
use crate::observe::metrics;
use crate::realtime::{Carried, Publication};

/// Time between measurements, and so between publications.
const TICK: Duration = Duration::from_secs(1);

/// Sizes are kept in MiB: the series have no values beyond 1e9.
const MIB: f64 = 1_048_576.0;

/// What the last measurement found of counts that only grow.
struct Before {
    at: Instant,
    carried: Carried,
    cpu_seconds: f64,
    written: Written,
}

/// Measures until `stop`. `prometheus` keeps its samples within bounds on the way.
pub async fn run(monitor: Monitor, prometheus: PrometheusHandle, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = Before {
        at: monitor.inner.started,
        carried: Carried::default(),
        cpu_seconds: 0.0,
        written: monitor.inner.db.written(),
    };
    // CPU time spent before this server started is none of its own.
    before.cpu_seconds = metrics::process().cpu_seconds_total.unwrap_or_default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        monitor.measure(&mut before);
        monitor.publish();
        prometheus.run_upkeep();
    }
}

impl Monitor {
    fn measure(&self, before: &mut Before) {
        let inner = &self.inner;
        let (process, stats, now) = (metrics::process(), inner.hub.stats(), Instant::now());
        // Never zero: the first tick comes at once.
        let length = now.duration_since(before.at).as_secs_f64().max(1e-3);
        let total = inner.hub.carried();
        let carried = total.since(before.carried);
        let cpu_seconds = process.cpu_seconds_total.unwrap_or(before.cpu_seconds);
        let cpu_percent = round((cpu_seconds - before.cpu_seconds).max(0.0) / length * 100.0);
        let written = inner.db.written();
        let (jobs, commits) = (written.jobs - before.written.jobs, written.commits - before.written.commits);
        let committing = (written.seconds - before.written.seconds) * 1e3;
        *before = Before { at: now, carried: total, cpu_seconds, written };

        let (second, recent) = (inner.series.requests(1), inner.series.requests(memory::LATENCY as i64));
        let ingested = inner.series.ingested(1);
        let database_bytes = inner.db.size_bytes();
        let mut memory = self.memory();
        memory.add(length, carried);
        let point = MonitoringOverview {
            time: inner.clock.now().into(),
            uptime_seconds: self.uptime(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            clients: stats.connections as u64,
            users_online: stats.users as u64,
            requests_per_second: memory::per_second(&second, second.cell.count),
            errors_per_second: memory::per_second(&second, second.cell.errors),
            latency_ms: Latency::of(&recent.cell),
            messages_in_per_second: round(carried.messages_in as f64 / length),
            messages_out_per_second: round(carried.messages_out as f64 / length),
            bytes_in_per_second: round(carried.bytes_in as f64 / length),
            bytes_out_per_second: round(carried.bytes_out as f64 / length),
            signals_per_second: memory::per_second(&ingested, ingested.cell.count),
            signal_errors_per_second: memory::per_second(&ingested, ingested.cell.errors),
            writes_per_second: round(jobs as f64 / length),
            commit_ms: (commits > 0).then(|| round(committing / commits as f64)),
            write_queue: inner.db.write_queue_depth() as u64,
            memory_bytes: process.resident_memory_bytes.unwrap_or_default(),
            cpu_percent,
            database_bytes,
            open_descriptors: process.open_fds.unwrap_or_default(),
        };
        memory.remember(point.clone());
        drop(memory);
        self.keep(&point);
    }

    /// Keeps what no request tells, for the 30 days of the series.
    fn keep(&self, point: &MonitoringOverview) {
        let gauges = [
            ("clients", Some(point.clients as f64)),
            ("users", Some(point.users_online as f64)),
            ("messages_in", Some(point.messages_in_per_second)),
            ("messages_out", Some(point.messages_out_per_second)),
            ("bytes_in", Some(point.bytes_in_per_second)),
            ("bytes_out", Some(point.bytes_out_per_second)),
            ("cpu", Some(point.cpu_percent)),
            ("memory", Some(point.memory_bytes as f64 / MIB)),
            ("database", Some(point.database_bytes as f64 / MIB)),
            ("writes", Some(point.writes_per_second)),
            ("commit_ms", point.commit_ms),
            ("write_queue", Some(point.write_queue as f64)),
        ];
        for (what, value) in gauges {
            if let Some(value) = value {
                self.inner.series.gauge(what, value);
            }
        }
    }

    fn publish(&self) {
        let hub = &self.inner.hub;
        if hub.subscribers(OVERVIEW) > 0 {
            let point = self.memory().last_point().map(ToJSON::to_json);
            hub.publish(OVERVIEW, Publication::transient(&point));
        }
        if hub.subscribers(ROUTES) > 0 {
            hub.publish(ROUTES, Publication::transient(&self.routes_load().to_json()));
        }
        let changes = if hub.subscribers(CLIENTS) > 0 {
            self.clients().step(&clients::connected(hub))
        } else {
            self.clients().nobody_listens();
            None
        };
        if let Some(changes) = changes {
            hub.publish(CLIENTS, Publication::transient(&changes.to_json()));
        }
    }

    /// The load of the routes, as it is published.
    pub(super) fn routes_load(&self) -> RoutesLoad {
        RoutesLoad { time: self.inner.clock.now().into(), items: self.routes() }
    }
}

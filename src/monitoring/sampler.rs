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
use crate::observe::metrics;
use crate::realtime::{Carried, Publication};

/// Time between measurements, and so between publications.
const TICK: Duration = Duration::from_secs(1);

/// What the last measurement found of counts that only grow.
struct Before {
    at: Instant,
    carried: Carried,
    cpu_seconds: f64,
}

/// Measures until `stop`. `prometheus` keeps its samples within bounds on the way.
pub async fn run(monitor: Monitor, prometheus: PrometheusHandle, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = Before { at: monitor.inner.started, carried: Carried::default(), cpu_seconds: 0.0 };
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
        *before = Before { at: now, carried: total, cpu_seconds };

        let (second, recent) = (inner.series.requests(1), inner.series.requests(memory::LATENCY as i64));
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
            bytes_out_per_second: round(carried.bytes_out as f64 / length),
            memory_bytes: process.resident_memory_bytes.unwrap_or_default(),
            cpu_percent,
            database_bytes,
            open_descriptors: process.open_fds.unwrap_or_default(),
        };
        memory.remember(point);
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
        RoutesLoad {
            time: self.inner.clock.now().into(),
            items: memory::routes(&self.inner.series.routes(memory::MINUTE as i64)),
        }
    }
}

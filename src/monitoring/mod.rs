//! How the server is doing: health, readiness, and the last five minutes of requests, messages and resources.
//!
//! Owns `/health`, `/ready`, `/api/monitoring` and the channels `monitor:*`. What requests, clients and applications did
//! within 30 days is in [`series`]; the rest is in memory and outlives the process in Prometheus (`observe::metrics`)
//! alone. Who the connected clients are belongs to `clients`, which this slice only repeats in `monitor:clients`.

mod api;
mod memory;
mod readiness;
mod ring;
mod rt;
mod sampler;
mod series;
mod view;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

pub use api::{MonitoringApi, health, ready};
pub use rt::MonitorChannels;
pub use sampler::run;
pub use series::Series;

use crate::clients::Watch;
use crate::clock::Clock;
use crate::db::Db;
use crate::observe::{Build, metrics};
use crate::realtime::{Carried, Hub};
use memory::Memory;
use readiness::Probe;
use view::{BuildStatus, DatabaseStatus, MonitoringStatus, ProcessStatus, RealtimeStatus, RouteLoad};

/// Watches the server. Clones share everything.
#[derive(Clone, Debug)]
pub struct Monitor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    db: Db,
    hub: Hub,
    started: Instant,
    started_at: DateTime<Utc>,
    probe: Probe,
    series: Series,
    memory: Mutex<Memory>,
    clients: Mutex<Watch>,
}

impl Monitor {
    /// A monitor of a server that starts now.
    pub fn new(clock: Clock, db: Db, hub: Hub, stop: CancellationToken) -> Self {
        let inner = Inner {
            started: Instant::now(),
            started_at: clock.now(),
            probe: Probe::new(db.clone(), stop),
            series: Series::new(clock.clone(), db.clone()),
            memory: Mutex::default(),
            clients: Mutex::default(),
            clock,
            db,
            hub,
        };
        Self { inner: Arc::new(inner) }
    }

    /// What happens, by route, client, application, version and view.
    pub fn series(&self) -> &Series {
        &self.inner.series
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.inner.memory.lock().expect("no panic while held")
    }

    fn clients(&self) -> MutexGuard<'_, Watch> {
        self.inner.clients.lock().expect("no panic while held")
    }

    fn uptime(&self) -> u64 {
        self.inner.started.elapsed().as_secs()
    }

    /// The load of the routes over the last minute.
    fn routes(&self) -> Vec<RouteLoad> {
        let series = &self.inner.series;
        memory::routes(&series.routes(memory::MINUTE as i64), &series.routes(1))
    }

    /// What of the server is not ready, as `/ready` finds it; empty when it is.
    pub async fn failed_checks(&self) -> String {
        let readiness = self.inner.probe.readiness().await;
        let failed = readiness.checks.iter().filter(|check| !check.ok);
        failed.map(|check| format!("{}, {}", check.name, check.detail)).collect::<Vec<_>>().join("; ")
    }

    /// The whole picture.
    pub async fn status(&self) -> MonitoringStatus {
        let readiness = self.inner.probe.readiness().await;
        let windows = memory::WINDOWS.map(|seconds| self.inner.series.requests(seconds as i64));
        let routes = self.routes();
        let (stats, process, memory) = (self.inner.hub.stats(), metrics::process(), self.memory());
        let carried = |count: fn(&Carried) -> u64| memory.carried(count);
        let build = Build::CURRENT;
        MonitoringStatus {
            time: self.inner.clock.now().into(),
            started_at: self.inner.started_at.into(),
            uptime_seconds: self.uptime(),
            build: BuildStatus {
                version: build.version.to_owned(),
                commit: build.commit.to_owned(),
                rustc: build.rustc.to_owned(),
            },
            readiness: (*readiness).clone(),
            http: memory::http(&windows),
            routes,
            realtime: RealtimeStatus {
                clients: stats.connections as u64,
                users_online: stats.users as u64,
                channels: stats.channels as u64,
                subscriptions: stats.subscriptions as u64,
                messages_in_per_second: carried(|c| c.messages_in),
                messages_out_per_second: carried(|c| c.messages_out),
                bytes_in_per_second: carried(|c| c.bytes_in),
                bytes_out_per_second: carried(|c| c.bytes_out),
            },
            database: DatabaseStatus {
                bytes: self.inner.db.size_bytes(),
                write_queue: self.inner.db.write_queue_depth() as u64,
                commit_jobs: self.inner.db.recent_commits(),
            },
            process: ProcessStatus {
                memory_bytes: process.resident_memory_bytes.unwrap_or_default(),
                cpu_percent: memory.last_point().map_or(0.0, |p| p.cpu_percent),
                open_descriptors: process.open_fds.unwrap_or_default(),
                max_descriptors: process.max_fds.unwrap_or_default(),
                threads: process.threads.unwrap_or_default(),
            },
        }
    }
}

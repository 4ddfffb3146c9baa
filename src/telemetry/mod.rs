//! Telemetry of client applications: the Grafana Faro collector, the store of signals, and what is made of them.
//!
//! Owns the payload's format, `/collect` and the rpc `signals`, application keys, the tables of signals and of grouped
//! errors, and their retention; source maps, and the stacks that are resolved with them; the way of signals to Loki. A batch
//! is acknowledged after its commit; what reads signals on (live tail, aggregates, Loki) is told then. Which installations
//! there are belongs to `clients`, queries over logs to `logs`.

mod collect;
mod context;
mod counted;
pub mod errors;
mod groups;
mod intake;
mod keys;
mod known;
mod loki;
mod maps;
pub mod payload;
mod retention;
mod rt;
mod sessions;
pub mod signal;
mod store;
mod usage;

use std::sync::Arc;

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

pub use collect::endpoint;
pub use context::Context;
pub use errors::{CHANNEL as ERRORS_CHANNEL, ErrorsApi, States as ErrorStates};
pub use intake::{Accepted, Refused, Stored};
pub use keys::{AppKeysApi, MAX_KEYS};
pub use loki::LokiApi;
pub use maps::{SourceMaps, SourceMapsApi, body_limit as source_map_limit};
pub use signal::{Frame, Kind, Level};
pub use store::kept::{Kept, KeptSignal, Owner, Signals};
pub use usage::{KindUsage, Usage};

use crate::auth::Auth;
use crate::clients::Fleet;
use crate::clock::Clock;
use crate::config::{Config, LokiUrl, SignalRetention};
use crate::db::Db;
use crate::monitoring::Series;
use crate::told::Listener;
use intake::Intake;
use keys::AppKeys;
use loki::{Feed, Outbox};
use sessions::Sessions;

/// The telemetry of client applications. Clones share everything.
#[derive(Clone)]
pub struct Telemetry {
    inner: Arc<Inner>,
}

struct Inner {
    keys: AppKeys,
    maps: SourceMaps,
    intake: Intake,
    sessions: Sessions,
    guard: collect::Guard,
    db: Db,
    clock: Clock,
    keep: SignalRetention,
    loki: Option<LokiUrl>,
    feed: Arc<Feed>,
    auth: Auth,
    fleet: Fleet,
}

impl Telemetry {
    /// Nothing is read or started yet.
    pub fn new(config: &Config, db: &Db, clock: &Clock, auth: &Auth, fleet: &Fleet, series: &Series) -> Self {
        let (keys, sessions) = (AppKeys::new(db.clone(), clock.clone()), Sessions::new(db.clone()));
        let feed = Arc::<Feed>::default();
        let inner = Inner {
            intake: Intake::new(
                db.clone(),
                clock.clone(),
                keys.clone(),
                sessions.clone(),
                series.clone(),
                feed.clone(),
            ),
            keys,
            maps: SourceMaps::new(db.clone(), clock.clone(), config.source_maps_max_bytes),
            sessions,
            guard: collect::Guard::new(config, clock.clone()),
            db: db.clone(),
            clock: clock.clone(),
            keep: config.signal_retention.clone(),
            loki: config.loki.clone(),
            feed,
            auth: auth.clone(),
            fleet: fleet.clone(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Loads what memory must know.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(&self) -> Result<(), DbErr> {
        let Inner { keys, intake, loki, feed, db, .. } = &*self.inner;
        keys.load().await?;
        let last = intake.load().await?;
        if loki.is_some() {
            feed.load(db, last).await?;
        }
        Ok(())
    }

    /// Stores what comes in, until `stop`; what was taken before is stored first. Whoever brings signals ends before that.
    pub async fn run(self, stop: CancellationToken) {
        self.inner.intake.run(stop).await;
    }

    /// Deletes what is too old or too much, until `stop`.
    pub async fn run_retention(self, stop: CancellationToken) {
        let Inner { db, clock, keep, intake, feed, .. } = &*self.inner;
        let known = intake.known().clone();
        retention::run(db.clone(), clock.clone(), keep.clone(), known, feed.clone(), stop).await;
    }

    /// Ships signals to Loki, if there is one, until `stop`.
    pub async fn run_loki(self, stop: CancellationToken) {
        let Inner { loki, db, clock, keys, feed, .. } = &*self.inner;
        if let Some(url) = loki {
            Outbox::new(url, db.clone(), clock.clone(), keys.clone(), feed.clone()).run(stop).await;
        }
    }

    /// The operation that tells of the way to Loki.
    pub fn loki_api(&self) -> LokiApi {
        let Inner { loki, db, clock, feed, .. } = &*self.inner;
        LokiApi::new(loki.as_ref(), db, clock, feed)
    }

    /// The application keys.
    pub fn keys(&self) -> &AppKeys {
        &self.inner.keys
    }

    /// The source maps of applications.
    pub fn source_maps(&self) -> &SourceMaps {
        &self.inner.maps
    }

    /// Removes the signals of an owner in small steps; gives how many there were.
    ///
    /// # Errors
    /// When the database fails: a part may be removed already.
    pub async fn erase(&self, owner: Owner) -> Result<u64, DbErr> {
        self.inner.intake.erase(owner).await
    }

    /// Everything that is stored from now on, after its commit. Who is slow misses the oldest, and is told how much.
    pub fn tail(&self) -> Listener<Stored> {
        self.inner.intake.tail()
    }
}

/// Whether a path is the collector's.
pub fn collects(path: &str, base_path: &str) -> bool {
    let rest = path.strip_prefix(base_path).and_then(|path| path.strip_prefix("/collect"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

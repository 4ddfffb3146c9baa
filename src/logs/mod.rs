//! Logs: one view over the server's own lines and what client applications report.
//!
//! Owns the query over both, the live tail `monitor:logs`, the bounded ring of server lines in the database, and the level
//! that the server logs at.
//! Signals are stored by `telemetry`; how lines look on stdout belongs to `observe`.

mod api;
mod filter;
mod level;
mod line;
mod own;
mod query;
mod ring;
mod stack;
mod store;
mod tail;
mod tap;

use std::sync::Arc;

use sea_orm::DbErr;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use api::apis;
pub use filter::Filter;
pub use level::{Apply, Change, Levels};
pub use line::{LogKind, LogLine, LogSource};
pub use store::Of;
pub use tap::{Tap, TapLayer};

use crate::auth::Auth;
use crate::clock::Clock;
use crate::db::Db;
use crate::realtime::Hub;
use crate::telemetry::Telemetry;

/// Queries at once: they may read much, and the other readers are everybody else's.
const AT_ONCE: usize = 2;

/// Logs. Clones share everything.
#[derive(Clone)]
pub struct Logs {
    db: Db,
    clock: Clock,
    auth: Auth,
    telemetry: Telemetry,
    queries: Arc<Semaphore>,
    ring: Arc<ring::Ring>,
    tail: Arc<tail::Tail>,
    levels: Levels,
}

impl Logs {
    /// Nothing is read or started yet.
    pub fn new(
        levels: Levels,
        db: &Db,
        clock: &Clock,
        hub: &Hub,
        auth: &Auth,
        telemetry: &Telemetry,
    ) -> Self {
        Self {
            levels,
            auth: auth.clone(),
            db: db.clone(),
            clock: clock.clone(),
            telemetry: telemetry.clone(),
            queries: Arc::new(Semaphore::new(AT_ONCE)),
            ring: Arc::new(ring::Ring::new(db.clone())),
            tail: Arc::new(tail::Tail::new(hub.clone())),
        }
    }

    /// What the server logs.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Keeps the server's own lines from `tap`, until `stop`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(
        &self,
        tap: Tap,
        stop: CancellationToken,
    ) -> Result<impl Future<Output = ()> + use<>, DbErr> {
        self.ring.load().await?;
        let ring = self.ring.clone();
        Ok(async move { ring.run(tap, stop).await })
    }

    /// Publishes what is committed to whoever listens, until `stop`.
    pub async fn run_tail(self, stop: CancellationToken) {
        self.tail.run(&self.telemetry, &self.ring, stop).await;
    }

    /// Begins to publish what `channel` asks for: `monitor:logs`, with a filter as a query behind a `?`.
    /// `None` when it is no such channel, or one too many.
    pub fn listen(&self, channel: &str) -> Option<Filter> {
        let filter = self.resolved(tail::filter(channel)?);
        self.tail.listen(channel, filter)
    }

    /// Finds the account that a filter names.
    fn resolved(&self, mut filter: Filter) -> Filter {
        filter.account = filter.user.as_ref().and_then(|user| {
            user.parse().ok().or_else(|| self.auth.account_named(user).map(|account| account.id))
        });
        filter
    }
}

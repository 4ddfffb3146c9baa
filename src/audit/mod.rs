//! Who did what: one row for everything that was done, or tried, with an administrator's rights.
//!
//! Owns the table `audit`, `GET /api/audit`, and the [`Mark`] that [`crate::auth::Admin`] leaves on a request. `http`
//! asks for a row when a marked request is answered, the console for each line that it runs. What a body held is never
//! part of a row: it may be a secret.

mod api;
mod entry;
mod mark;
mod store;
mod upkeep;
mod watch;

use std::sync::{Arc, Mutex, OnceLock};

use sea_orm::DbErr;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use api::AuditApi;
pub use entry::{Action, Filter, Outcome, Recorded};
pub use mark::Mark;
pub use upkeep::{KEPT_DAYS, MOST};
pub use watch::Watch;

use crate::budget::{Budget, Budgets};
use crate::clock::Clock;
use crate::db::Db;
use crate::observe::metrics;
use crate::timeline::Ids;

/// Tries of an account without the right: some to be seen by, and too few to push the rest of the table out.
const TRIES: Budget = Budget { burst: 20, refill_us: 60_000_000 };

/// The audit log. Clones share it.
#[derive(Clone, Debug)]
pub struct Audit {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    clock: Clock,
    tasks: TaskTracker,
    ids: OnceLock<Ids>,
    tries: Mutex<Budgets<Uuid>>,
}

impl Audit {
    /// Writes to `db`, as one of `tasks`, so that a row is written also when nobody waits for it any more.
    pub fn new(db: &Db, clock: &Clock, tasks: &TaskTracker) -> Self {
        let inner = Inner {
            db: db.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            ids: OnceLock::new(),
            tries: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Writes a row and returns when it is durable; it is written also if the caller leaves meanwhile. What cannot be
    /// written is said in the log, and counted: what was done is done.
    pub async fn record(&self, action: Action) {
        let audit = self.clone();
        // It does not panic, and nobody aborts it.
        let _ = self.inner.tasks.spawn(async move { audit.put(action).await }).await;
    }

    async fn put(&self, action: Action) {
        let line = action.clone();
        if let Err(e) = self.write(action).await {
            metrics::audit_lost();
            tracing::error!(
                error = %e, user.id = %line.user_id, action = line.action, request.id = %line.request_id,
                "The audit log could not be written: `{}` did `{}` ({}) to {}: {e}",
                line.username, line.action, line.outcome.as_str(), serde_json::Value::from(line.target)
            );
        }
    }

    /// As [`Audit::record`], for somebody without the right; of many tries only some are written.
    pub async fn record_try(&self, action: Action) {
        if self.may_try(action.user_id) {
            self.record(action).await;
        }
    }

    async fn write(&self, action: Action) -> Result<(), DbErr> {
        let audit = self.clone();
        let job = self.inner.db.write(move |tx| {
            Box::pin(async move {
                let Inner { ids, clock, .. } = &*audit.inner;
                if ids.get().is_none() {
                    // Only a write job asks, and there is one at a time.
                    let last = store::last(tx.conn()).await?;
                    ids.get_or_init(|| Ids::after(last));
                }
                let id = ids.get_or_init(|| Ids::after(0)).next(clock.now_ms());
                store::insert(tx.conn(), id, &action).await
            })
        });
        job.await
    }

    /// Rows before the id `before`, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        filter: &Filter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Recorded>, DbErr> {
        store::list(self.inner.db.read(), filter, before, limit).await
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self) -> Result<u64, DbErr> {
        store::count(self.inner.db.read()).await
    }

    /// Whether a try of an account without the right is to be written.
    fn may_try(&self, user: Uuid) -> bool {
        let now = self.inner.clock.now().timestamp_micros();
        self.inner.tries.lock().expect("no panic while held").spend(TRIES, user, now).is_ok()
    }
}

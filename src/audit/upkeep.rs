//! How long rows are kept.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::{Audit, store};
use crate::timeline;

/// Days that a row is kept: a year, and time to look into it.
pub const KEPT_DAYS: i64 = 400;
const KEPT: TimeDelta = TimeDelta::days(KEPT_DAYS);
/// Rows kept at most, some 60 MB.
pub const MOST: i64 = 200_000;
/// Rows of one write: some milliseconds.
const STEP: u64 = 1_000;
/// Pause after a write, for others.
const PAUSE: Duration = Duration::from_millis(40);
/// Time between two rounds.
const EVERY: TimeDelta = TimeDelta::minutes(10);

impl Audit {
    /// Removes what is too old or too much, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let next = self.inner.clock.now() + EVERY;
            if let Err(e) = self.sweep(MOST, &stop).await {
                tracing::warn!(error = %e, "Old rows of the audit log could not be removed; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inner.clock.sleep_until(next) => {}
            }
        }
    }

    async fn sweep(&self, most: i64, stop: &CancellationToken) -> Result<(), DbErr> {
        let old = timeline::first_id((self.inner.clock.now() - KEPT).timestamp_millis());
        let surplus = store::surplus(self.inner.db.read(), most).await?.map_or(0, |id| id + 1);
        let edge = old.max(surplus);
        let step = || {
            let db = &self.inner.db;
            db.write(move |tx| Box::pin(async move { store::remove_before(tx.conn(), edge, STEP).await }))
        };
        while step().await? > 0 && !stop.is_cancelled() {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tokio_util::task::TaskTracker;
    use uuid::Uuid;

    use super::super::{Action, Filter, Outcome};
    use super::*;
    use crate::clock::Clock;
    use crate::db::Db;

    #[tokio::test]
    async fn what_is_too_much_goes_and_the_newest_stay() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("audit.sqlite")).await.unwrap();
        let audit = Audit::new(&db, &Clock::system(), &TaskTracker::new());
        for n in 0..5 {
            let action = Action {
                user_id: Uuid::nil(),
                username: "root".to_owned(),
                action: format!("verb{n}"),
                target: Map::new(),
                outcome: Outcome::Ok,
                status: None,
                address: "::1".to_owned(),
                request_id: String::new(),
            };
            audit.record(action).await;
        }
        audit.sweep(3, &CancellationToken::new()).await.unwrap();
        let left = audit.list(&Filter::default(), None, 10).await.unwrap();
        let left: Vec<&str> = left.iter().map(|row| row.action.action.as_str()).collect();
        assert_eq!(left, ["verb4", "verb3", "verb2"]);
        db.close().await;
    }
}

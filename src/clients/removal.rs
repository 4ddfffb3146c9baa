//! Removing installations with all that is known of them, in steps that keep no other write waiting.

use sea_orm::DbErr;
use uuid::Uuid;

use super::fleet::Fleet;
use super::store::{diagnostics, installations, journal};

/// Events removed in one write job.
const EVENTS: u64 = 1_000;
/// Reports removed in one write job: at most some megabytes.
const REPORTS: u64 = 20;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub installations: u64,
    pub events: u64,
    pub diagnostics: u64,
}

impl Fleet {
    /// Removes a few installations with their events and reports.
    pub(super) async fn remove(&self, ids: Vec<Uuid>) -> Result<Removed, DbErr> {
        self.forget(&ids, None);
        let mut removed = Removed::default();
        for id in ids.clone() {
            removed.events += self
                .in_steps(EVENTS, move |tx| {
                    Box::pin(async move { journal::remove_of(tx.conn(), id, EVENTS).await })
                })
                .await?;
        }
        let of = ids.clone();
        removed.diagnostics += self
            .in_steps(REPORTS, move |tx| {
                let of = of.clone();
                Box::pin(async move { diagnostics::remove_of(tx.conn(), &of, REPORTS).await })
            })
            .await?;
        let fleet = self.clone();
        let gone = self.inner.db.write(move |tx| {
            Box::pin(async move {
                let gone = installations::remove(tx.conn(), &ids).await?;
                tx.after_commit(move || fleet.forget(&ids, None));
                Ok::<_, DbErr>(gone)
            })
        });
        removed.installations = gone.await?;
        Ok(removed)
    }

    /// Repeats a write job that removes at most `step` rows until it finds fewer; gives how many it found.
    pub(super) async fn in_steps<F>(&self, step: u64, job: F) -> Result<u64, DbErr>
    where
        F: for<'c> Fn(&'c crate::db::Tx) -> futures_util::future::BoxFuture<'c, Result<u64, DbErr>>
            + Clone
            + Send
            + 'static,
    {
        let mut all = 0;
        loop {
            let found = self.inner.db.write(job.clone()).await?;
            all += found;
            if found < step {
                return Ok(all);
            }
        }
    }
}

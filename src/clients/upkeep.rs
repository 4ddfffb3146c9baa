//! What the fleet does by itself: it writes down who was seen, who is still there, and lets old things go in steps
//! that keep no other write waiting.

use chrono::TimeDelta;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::fleet::Fleet;
use super::store::installations::{self, DAY_MS};
use super::store::{diagnostics, journal, versions};
use crate::observe::metrics;
use crate::timeline;

/// Time between two rounds. Of a connected client that a crash ends, the last sighting is this old at most.
const ROUND: TimeDelta = TimeDelta::minutes(5);
/// Connected installations noted in one write job.
const STILL_THERE: usize = 1_000;
/// Installations removed in one write job.
const REMOVED: i64 = 100;
/// Rows removed in one write job.
const SWEPT: u64 = 1_000;
/// How long events and reports are kept, in days.
const EVENTS_DAYS: i64 = 30;
/// Events kept of all installations together, at about 400 bytes each.
const EVENTS_KEPT: i64 = 2_000_000;
/// Reports removed in one write job: at most some megabytes.
const REPORTS: u64 = 20;
/// How long it stays known how many used a version, in days: a bit more than a year, to compare with the one before.
const COUNTS_DAYS: i64 = 400;

impl Fleet {
    /// Starts the fleet's tasks, which end with `stop`.
    pub fn start(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let (fleet, stopping) = (self.clone(), stop.clone());
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = fleet.flush_due() => fleet.settle().await,
                }
            }
        });
        let (fleet, stopping) = (self.clone(), stop.clone());
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = fleet.journal_due() => fleet.flush_journal().await,
                }
            }
        });
        let (fleet, stopping) = (self.clone(), stop.clone());
        tasks.spawn(async move { fleet.expire(stopping).await });
        let (fleet, stopping) = (self.clone(), stop.clone());
        tasks.spawn(async move {
            loop {
                // A clock that is moved during a round is a test's, which then need not wait for the next one.
                let next = fleet.inner.clock.now() + ROUND;
                if let Err(e) = fleet.round(&stopping).await {
                    tracing::warn!(error = %e, "Could not look after the fleet; trying again");
                }
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = fleet.inner.clock.sleep_until(next) => {}
                }
            }
        });
    }

    /// Writes what is left, when nothing more comes.
    pub async fn finish(&self) {
        self.settle().await;
    }

    async fn round(&self, stop: &CancellationToken) -> Result<(), DbErr> {
        self.settle().await;
        self.still_there().await?;
        self.count_days(stop).await?;
        self.forget_events().await?;
        self.forget_reports().await?;
        self.forget_silent(stop).await
    }

    /// Removes events that are old, and the oldest of too many.
    async fn forget_events(&self) -> Result<(), DbErr> {
        let old = timeline::first_id(self.inner.clock.now_ms() - EVENTS_DAYS * DAY_MS);
        self.in_steps(SWEPT, move |tx| {
            Box::pin(async move { journal::remove_before(tx.conn(), old, SWEPT).await })
        })
        .await?;
        let surplus = journal::count(self.inner.db.read()).await? - EVENTS_KEPT;
        for _ in 0..surplus.max(0).unsigned_abs().div_ceil(SWEPT) {
            let step = self.inner.db.write(move |tx| {
                Box::pin(async move { journal::remove_before(tx.conn(), i64::MAX, SWEPT).await })
            });
            step.await?;
        }
        Ok(())
    }

    /// Removes reports that are old, whether or not they came.
    async fn forget_reports(&self) -> Result<(), DbErr> {
        let old = self.inner.clock.now_ms() - EVENTS_DAYS * DAY_MS;
        let gone = self.in_steps(REPORTS, move |tx| {
            Box::pin(async move { diagnostics::remove_before(tx.conn(), old, REPORTS).await })
        });
        if gone.await? > 0 {
            self.load_requests().await?;
        }
        Ok(())
    }

    /// Notes that connected installations are still there, however long they have been.
    async fn still_there(&self) -> Result<(), DbErr> {
        let now_ms = self.inner.clock.now_ms();
        for ids in self.connected_ids().chunks(STILL_THERE).map(<[_]>::to_vec) {
            let noted = self.inner.db.write(move |tx| {
                Box::pin(async move { installations::still_there(tx.conn(), &ids, now_ms).await })
            });
            noted.await?;
        }
        Ok(())
    }

    /// Turns days that are over into counts. The day before is left for a while: some of it may still be written.
    async fn count_days(&self, stop: &CancellationToken) -> Result<(), DbErr> {
        let (db, today) = (&self.inner.db, self.inner.clock.now_ms().div_euclid(DAY_MS));
        while let Some(day) = versions::uncounted(db.read(), today - 1).await? {
            let counted: Result<(), DbErr> =
                db.write(move |tx| Box::pin(async move { versions::count_day(tx.conn(), day).await })).await;
            counted?;
        }
        let mut whole = false;
        while !whole && !stop.is_cancelled() {
            let step = db.write(move |tx| {
                Box::pin(async move {
                    let swept = versions::sweep_counted(tx.conn(), SWEPT).await?;
                    let forgotten = versions::forget_before(tx.conn(), today - COUNTS_DAYS, SWEPT).await?;
                    Ok::<_, DbErr>(swept && forgotten)
                })
            });
            whole = step.await?;
        }
        Ok(())
    }

    /// Lets the longest silent go when there are too many.
    pub(super) async fn forget_silent(&self, stop: &CancellationToken) -> Result<(), DbErr> {
        let most = i64::try_from(self.inner.bounds.installations).unwrap_or(i64::MAX);
        let kept = installations::count(self.inner.db.read()).await?;
        metrics::installations_kept(kept);
        let mut surplus = kept - most;
        while surplus > 0 && !stop.is_cancelled() {
            let ids = installations::most_silent(self.inner.db.read(), surplus.min(REMOVED)).await?;
            if ids.is_empty() {
                break;
            }
            surplus -= REMOVED.min(surplus);
            metrics::installations_forgotten(ids.len());
            self.remove(ids).await?;
        }
        Ok(())
    }
}

//! How long signals are kept: by kind in days, and all of them by size.
//!
//! Deletes in small writes with pauses between, so that other writes wait milliseconds at most. What only serves signals
//! (contexts, groups of errors, keys of batches) goes when nothing needs it any more. It does not wait for Loki: see
//! `loki`.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::loki::Feed;
use super::signal::Kind;
use super::store::old::{self, Leftover};
use crate::clock::Clock;
use crate::config::SignalRetention;
use crate::db::Db;
use crate::observe::metrics;
use crate::timeline;

/// Rows of one write: some milliseconds.
const STEP: i64 = 1_000;
/// Pause after a write: at 20 writes a second four times the heaviest load is deleted.
const PAUSE: Duration = Duration::from_millis(40);
/// Pause between two looks.
const IDLE: Duration = Duration::from_secs(30);
/// How long a batch is known, in milliseconds: the longest time after which a client sends it again.
const BATCHES_MS: i64 = DAY_MS;
/// Batches known at once, some 100 MB: at the heaviest load those of the last hours.
const BATCHES: i64 = 2_000_000;
/// Groups of errors kept, the ones that were seen last.
const GROUPS: i64 = 20_000;
/// A context is kept this long after its last use was noted, which is up to an hour before its last use.
const CONTEXTS_MS: i64 = DAY_MS;
const DAY_MS: i64 = 86_400_000;

/// Deletes what is too old or too much, until `stop`.
pub async fn run(db: Db, clock: Clock, keep: SignalRetention, feed: Arc<Feed>, stop: CancellationToken) {
    let sweeper = Sweeper { db, clock, keep, feed, stop };
    while !sweeper.stop.is_cancelled() {
        // A clock that is moved meanwhile is a test's, which then need not wait for the next look.
        let next = sweeper.clock.now() + IDLE;
        if let Err(e) = sweeper.sweep().await {
            tracing::warn!(error = %e, "Old signals could not be deleted");
        }
        tokio::select! {
            () = sweeper.stop.cancelled() => {}
            () = sweeper.clock.sleep_until(next) => {}
        }
    }
}

struct Sweeper {
    db: Db,
    clock: Clock,
    keep: SignalRetention,
    feed: Arc<Feed>,
    stop: CancellationToken,
}

impl Sweeper {
    async fn sweep(&self) -> Result<(), DbErr> {
        let (now, mut lost) = (self.clock.now_ms(), 0);
        for kind in Kind::ALL {
            let old = Some((kind, timeline::first_id(now - self.keep.days_ms(kind))));
            while self.signals(old, &mut lost).await? > 0 && self.goes_on().await {}
        }
        // Ends when nothing is left, whatever the usage says.
        while old::size(self.db.read()).await? > self.keep.max_bytes
            && self.signals(None, &mut lost).await? > 0
            && self.goes_on().await
        {}
        if lost > 0 {
            tracing::warn!(signals = lost, "Signals were deleted that Loki did not have yet");
        }
        self.leftovers(Leftover::Batches, now - BATCHES_MS, BATCHES).await?;
        self.leftovers(Leftover::Groups, now - self.keep.days_ms(Kind::Exception), GROUPS).await?;
        self.contexts(now - CONTEXTS_MS).await
    }

    /// Lets others write; whether to go on then.
    async fn goes_on(&self) -> bool {
        tokio::time::sleep(PAUSE).await;
        !self.stop.is_cancelled()
    }

    /// Deletes a step of the oldest signals, see [`old::delete_oldest`]; gives how many. Adds to `lost` those that Loki
    /// did not have.
    async fn signals(&self, of: Option<(Kind, i64)>, lost: &mut u64) -> Result<usize, DbErr> {
        let job =
            self.db.write(move |tx| Box::pin(async move { old::delete_oldest(tx.conn(), of, STEP).await }));
        let gone = job.await?;
        let shipped = self.feed.shipped();
        let unshipped = gone.iter().filter(|gone| gone.id > shipped && gone.kind != Kind::Span.number());
        let unshipped = unshipped.count() as u64;
        metrics::signals_deleted(gone.len());
        metrics::loki_lost(unshipped);
        *lost += unshipped;
        Ok(gone.len())
    }

    /// Deletes what was last needed before `edge_ms`, and what is more than `most`.
    async fn leftovers(&self, of: Leftover, edge_ms: i64, most: i64) -> Result<(), DbErr> {
        let surplus = old::surplus(self.db.read(), of, most).await?.unwrap_or(edge_ms);
        let edge = edge_ms.max(surplus);
        let step = || {
            self.db.write(move |tx| {
                Box::pin(async move { old::delete_leftovers(tx.conn(), of, edge, STEP).await })
            })
        };
        while step().await? > 0 && self.goes_on().await {}
        Ok(())
    }

    /// Walks through all contexts once; those that no signal points to any more go.
    async fn contexts(&self, edge_ms: i64) -> Result<(), DbErr> {
        let mut after = 0;
        loop {
            let last = old::last_context(self.db.read(), after, STEP).await?;
            if last <= after {
                return Ok(());
            }
            let step = self.db.write(move |tx| {
                Box::pin(async move { old::delete_contexts(tx.conn(), after, last, edge_ms).await })
            });
            step.await?;
            after = last;
            if !self.goes_on().await {
                return Ok(());
            }
        }
    }
}

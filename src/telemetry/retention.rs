//! How long signals are kept: by kind in days, and all of them by size.
//!
//! Deletes in small writes with pauses between, so that other writes wait milliseconds at most. What only serves signals
//! counts against the same size: contexts go with their last signal, groups of errors have a share of their own, of which
//! the ones not seen for longest go first. Keys of batches have a bound of their own. It does not wait for Loki: see `loki`.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::known::KnownContexts;
use super::loki::Feed;
use super::signal::Kind;
use super::store::{contexts, groups, old, usage};
use crate::clock::Clock;
use crate::config::SignalRetention;
use crate::db::Db;
use crate::observe::metrics;
use crate::timeline;

/// Rows of one write, and bytes of groups of errors: some milliseconds.
const STEP: i64 = 1_000;
/// See [`STEP`].
const STEP_BYTES: i64 = 256 << 10;
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
/// The part of all bytes that groups of errors may take.
const GROUPS_SHARE: i64 = 4;
/// A context is kept this long after its last use was noted, which is up to an hour before its last use.
const CONTEXTS_MS: i64 = DAY_MS;
const DAY_MS: i64 = 86_400_000;

/// Deletes what is too old or too much, until `stop`.
pub async fn run(
    db: Db,
    clock: Clock,
    keep: SignalRetention,
    known: KnownContexts,
    feed: Arc<Feed>,
    stop: CancellationToken,
) {
    let sweeper = Sweeper { db, clock, keep, known, feed, stop };
    if let Err(e) = sweeper.contexts().await {
        tracing::warn!(error = %e, "Old contexts of signals could not be deleted");
    }
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
    known: KnownContexts,
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
        let seen = now - self.keep.days_ms(Kind::Exception);
        let surplus = old::surplus_groups(self.db.read(), GROUPS).await?.unwrap_or(seen);
        while self.groups(Some(seen.max(surplus))).await? > 0 && self.goes_on().await {}
        while usage::of_groups(self.db.read()).await? > self.keep.max_bytes / GROUPS_SHARE
            && self.groups(None).await? > 0
            && self.goes_on().await
        {}
        // Ends when nothing is left, whatever the usage says.
        while usage::size(self.db.read()).await? > self.keep.max_bytes
            && self.signals(None, &mut lost).await? > 0
            && self.goes_on().await
        {}
        if lost > 0 {
            tracing::warn!(signals = lost, "Signals were deleted that Loki did not have yet");
        }
        self.batches(now - BATCHES_MS).await
    }

    /// Lets others write; whether to go on then.
    async fn goes_on(&self) -> bool {
        tokio::time::sleep(PAUSE).await;
        !self.stop.is_cancelled()
    }

    /// Deletes a step of the oldest signals, see [`old::delete_oldest`]; gives how many. Adds to `lost` those that Loki
    /// did not have.
    async fn signals(&self, of: Option<(Kind, i64)>, lost: &mut u64) -> Result<usize, DbErr> {
        let known = self.known.clone();
        let job = self.db.write(move |tx| {
            Box::pin(async move {
                let step = old::delete_oldest(tx.conn(), of, STEP).await?;
                if step.contexts > 0 {
                    known.forget(tx);
                }
                Ok::<_, DbErr>(step.signals)
            })
        });
        let gone = job.await?;
        let shipped = self.feed.shipped();
        let unshipped = gone.iter().filter(|gone| gone.id > shipped && gone.kind != Kind::Span.number());
        let unshipped = unshipped.count() as u64;
        metrics::signals_deleted(gone.len());
        metrics::loki_lost(unshipped);
        *lost += unshipped;
        Ok(gone.len())
    }

    /// Deletes a step of the groups of errors that were not seen for longest; gives how many.
    async fn groups(&self, edge_ms: Option<i64>) -> Result<u64, DbErr> {
        let job = self.db.write(move |tx| {
            Box::pin(async move { groups::delete_oldest(tx.conn(), edge_ms, STEP_BYTES).await })
        });
        job.await
    }

    /// Deletes keys of batches that came before `edge_ms`, and those that are too many.
    async fn batches(&self, edge_ms: i64) -> Result<(), DbErr> {
        let surplus = old::surplus_batches(self.db.read(), BATCHES).await?.unwrap_or(edge_ms);
        let edge = edge_ms.max(surplus);
        let step = || {
            self.db.write(move |tx| Box::pin(async move { old::delete_batches(tx.conn(), edge, STEP).await }))
        };
        while step().await? > 0 && self.goes_on().await {}
        Ok(())
    }

    /// Walks through all contexts once; those that no signal points to go. Contexts go with their last signal, so this finds
    /// what earlier versions left behind.
    async fn contexts(&self) -> Result<(), DbErr> {
        let (mut after, edge_ms) = (0, self.clock.now_ms() - CONTEXTS_MS);
        loop {
            let last = contexts::last(self.db.read(), after, STEP).await?;
            if last <= after {
                return Ok(());
            }
            let step = self.db.write(move |tx| {
                Box::pin(async move { contexts::delete_old(tx.conn(), after, last, edge_ms).await })
            });
            step.await?;
            after = last;
            if !self.goes_on().await {
                return Ok(());
            }
        }
    }
}

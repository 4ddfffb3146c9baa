//! How long signals are kept: by kind in days, and all of them by size.
//!
//! Deletes in small writes with pauses between, so that other writes wait milliseconds at most. What only serves signals
//! (contexts, groups of errors, keys of batches) goes when nothing needs it any more. It does not wait for Loki: see
//! `loki`.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use tokio_util::sync::CancellationToken;

use super::loki::Feed;
use super::signal::Kind;
use crate::clock::Clock;
use crate::config::SignalRetention;
use crate::db::{Db, statement};
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

#[derive(FromQueryResult)]
struct Gone {
    id: i64,
    kind: i64,
    bytes: i64,
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

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
            let before = timeline::first_id(now - self.keep.days_ms(kind));
            let which = "SELECT id FROM signals WHERE kind = $1 AND id < $2 ORDER BY id LIMIT $3";
            let values = [kind.number().into(), before.into(), STEP.into()];
            while self.signals(which, values.to_vec(), &mut lost).await? > 0 && self.goes_on().await {}
        }
        while self.size().await? > self.keep.max_bytes && self.goes_on().await {
            self.signals("SELECT id FROM signals ORDER BY id LIMIT $1", vec![STEP.into()], &mut lost).await?;
        }
        if lost > 0 {
            tracing::warn!(signals = lost, "Signals were deleted that Loki did not have yet");
        }
        let batches = "DELETE FROM signal_batches WHERE key IN \
                       (SELECT key FROM signal_batches WHERE received_at < $1 LIMIT $2)";
        self.rows(batches, now - BATCHES_MS).await?;
        if let Some(edge) = self.beyond("signal_batches", "received_at", BATCHES).await? {
            self.rows(batches, edge).await?;
        }
        let groups = "DELETE FROM error_groups WHERE id IN (SELECT id FROM error_groups WHERE last_seen < $1 LIMIT $2)";
        self.rows(groups, now - self.keep.days_ms(Kind::Exception)).await?;
        if let Some(edge) = self.beyond("error_groups", "last_seen", GROUPS).await? {
            self.rows(groups, edge).await?;
        }
        self.contexts(now).await
    }

    /// Lets others write; whether to go on then.
    async fn goes_on(&self) -> bool {
        tokio::time::sleep(PAUSE).await;
        !self.stop.is_cancelled()
    }

    /// Bytes of all signals.
    async fn size(&self) -> Result<i64, DbErr> {
        self.number("SELECT COALESCE(SUM(bytes), 0) AS number FROM signal_usage", vec![])
            .await
            .map(Option::unwrap_or_default)
    }

    async fn number(&self, sql: &str, values: Vec<Value>) -> Result<Option<i64>, DbErr> {
        let conn = self.db.read();
        Ok(Number::find_by_statement(statement(conn, sql, values)).one(conn).await?.map(|row| row.number))
    }

    /// Deletes rows before an edge, a step at a time. `sql` takes the edge and the step.
    async fn rows(&self, sql: &'static str, edge: i64) -> Result<(), DbErr> {
        while self.write(sql, vec![edge.into(), STEP.into()]).await? > 0 && self.goes_on().await {}
        Ok(())
    }

    async fn write(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, DbErr> {
        let write = self.db.write(move |tx| {
            Box::pin(async move {
                let done = tx.conn().execute_raw(statement(tx.conn(), sql, values)).await?;
                Ok(done.rows_affected())
            })
        });
        write.await
    }

    /// Deletes signals that `which` selects; gives how many. Adds to `lost` those that Loki did not have.
    async fn signals(&self, which: &'static str, values: Vec<Value>, lost: &mut u64) -> Result<usize, DbErr> {
        let gone =
            self.db.write(move |tx| Box::pin(async move { delete(tx.conn(), which, values).await })).await?;
        let shipped = self.feed.shipped();
        let unshipped = gone.iter().filter(|gone| gone.id > shipped && gone.kind != Kind::Span.number());
        let unshipped = unshipped.count() as u64;
        metrics::signals_deleted(gone.len());
        metrics::loki_lost(unshipped);
        *lost += unshipped;
        Ok(gone.len())
    }

    /// The time of the first row that is too many, if there is one. Counting would read them all.
    async fn beyond(&self, table: &str, time: &str, most: i64) -> Result<Option<i64>, DbErr> {
        let sql = format!("SELECT {time} AS number FROM {table} ORDER BY {time} DESC LIMIT 1 OFFSET $1");
        self.number(&sql, vec![most.into()]).await
    }

    /// Walks through all contexts once; those that no signal points to any more go.
    async fn contexts(&self, now: i64) -> Result<(), DbErr> {
        let mut after = 0;
        loop {
            let sql = "SELECT COALESCE(MAX(id), 0) AS number FROM \
                       (SELECT id FROM signal_contexts WHERE id > $1 ORDER BY id LIMIT $2)";
            let last = self.number(sql, vec![after.into(), STEP.into()]).await?.unwrap_or_default();
            if last <= after {
                return Ok(());
            }
            let sql = "DELETE FROM signal_contexts WHERE id > $1 AND id <= $2 AND last_at < $3 \
                       AND NOT EXISTS (SELECT 1 FROM signals s WHERE s.context_id = signal_contexts.id)";
            self.write(sql, vec![after.into(), last.into(), (now - CONTEXTS_MS).into()]).await?;
            after = last;
            if !self.goes_on().await {
                return Ok(());
            }
        }
    }
}

/// Deletes the signals that `which` selects, and takes them off the usage; within a write job.
async fn delete(conn: &impl ConnectionTrait, which: &str, values: Vec<Value>) -> Result<Vec<Gone>, DbErr> {
    let sql = format!(
        "DELETE FROM signals WHERE id IN ({which}) \
         RETURNING id, kind, length(CAST(body AS BLOB)) + length(CAST(message AS BLOB)) + {} AS bytes",
        super::store::ROW_BYTES
    );
    let gone = Gone::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    let mut usage = std::collections::BTreeMap::<(i64, i64), (i64, i64)>::new();
    for row in &gone {
        let (signals, bytes) = usage.entry((timeline::ms(row.id).div_euclid(DAY_MS), row.kind)).or_default();
        *signals += 1;
        *bytes += row.bytes;
    }
    for ((day, kind), (signals, bytes)) in usage {
        let sql =
            "UPDATE signal_usage SET signals = signals - $3, bytes = bytes - $4 WHERE day = $1 AND kind = $2";
        conn.execute_raw(statement(conn, sql, [day.into(), kind.into(), signals.into(), bytes.into()]))
            .await?;
        let empty = "DELETE FROM signal_usage WHERE day = $1 AND kind = $2 AND signals <= 0";
        conn.execute_raw(statement(conn, empty, [day.into(), kind.into()])).await?;
    }
    Ok(gone)
}

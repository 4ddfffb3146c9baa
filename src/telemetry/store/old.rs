//! Queries that find and delete what is too old or too much, some rows and bytes at a time.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use super::{ROW_BYTES, contexts, usage};
use crate::db::statement;
use crate::telemetry::signal::Kind;
use crate::timeline;

/// Bytes of signals, each with its context, that are deleted in one write, about: some milliseconds.
pub const STEP_BYTES: i64 = 4 << 20;

/// A signal that is gone.
#[derive(FromQueryResult)]
pub struct Gone {
    /// Its id.
    pub id: i64,
    /// Its kind, as a number.
    pub kind: i64,
    /// Its group of errors.
    pub group_id: Option<i64>,
    context_id: i64,
    bytes: i64,
}

/// What a step of deletion did.
#[derive(Default)]
pub struct Step {
    /// The signals.
    pub signals: Vec<Gone>,
    /// How many contexts went with them.
    pub contexts: u64,
}

/// Deletes the oldest signals, at most `most`: of all kinds, or those of one kind before an id.
pub async fn delete_oldest(
    conn: &impl ConnectionTrait,
    of: Option<(Kind, i64)>,
    most: i64,
) -> Result<Step, DbErr> {
    match of {
        None => delete(conn, "SELECT id FROM signals ORDER BY id LIMIT $1", vec![most.into()]).await,
        Some((kind, before)) => {
            let which = "SELECT id FROM signals WHERE kind = $1 AND id < $2 ORDER BY id LIMIT $3";
            delete(conn, which, vec![kind.number().into(), before.into(), most.into()]).await
        }
    }
}

/// Deletes signals that `which` selects, the oldest first, and takes them off the usage; with them the contexts that no
/// other signal has. At least one, if there is any, and beyond that as many as [`STEP_BYTES`] allow.
pub(super) async fn delete(
    conn: &impl ConnectionTrait,
    which: &str,
    values: Vec<Value>,
) -> Result<Step, DbErr> {
    let sql = format!(
        "DELETE FROM signals WHERE id IN (SELECT id FROM (SELECT id, SUM(bytes) OVER (ORDER BY id ROWS UNBOUNDED \
         PRECEDING) - bytes AS before FROM (SELECT w.id, octet_length(w.body) + octet_length(w.message) \
         + COALESCE(octet_length(c.meta), 0) AS bytes FROM signals w LEFT JOIN signal_contexts c ON c.id = w.context_id \
         WHERE w.id IN ({which}))) WHERE before < {STEP_BYTES}) \
         RETURNING id, kind, group_id, context_id, octet_length(body) + octet_length(message) + {ROW_BYTES} AS bytes"
    );
    let signals = Gone::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    let (mut change, mut used) = (usage::Change::default(), BTreeSet::new());
    for row in &signals {
        change.note(timeline::ms(row.id), row.kind, row.bytes);
        used.insert(row.context_id);
    }
    change.take_off(conn).await?;
    let used: Vec<i64> = used.into_iter().collect();
    let contexts = contexts::delete_unused(conn, &used).await?;
    Ok(Step { signals, contexts })
}

/// Deletes keys of batches that came before `edge_ms`, at most `most`; gives how many.
pub async fn delete_batches(conn: &impl ConnectionTrait, edge_ms: i64, most: i64) -> Result<u64, DbErr> {
    let sql = "DELETE FROM signal_batches WHERE key IN (SELECT key FROM signal_batches WHERE received_at < $1 LIMIT $2)";
    let values = [edge_ms.into(), most.into()];
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected())
}

#[derive(FromQueryResult)]
struct Time {
    time: i64,
}

async fn time(conn: &impl ConnectionTrait, sql: &str, most: i64) -> Result<Option<i64>, DbErr> {
    let row = Time::find_by_statement(statement(conn, sql, [most.into()])).one(conn).await?;
    Ok(row.map(|row| row.time))
}

/// When the first key of a batch came that is too many, if there are more than `most`. Counting would read them all.
pub async fn surplus_batches(conn: &impl ConnectionTrait, most: i64) -> Result<Option<i64>, DbErr> {
    time(
        conn,
        "SELECT received_at AS time FROM signal_batches ORDER BY received_at DESC LIMIT 1 OFFSET $1",
        most,
    )
    .await
}

/// When the first group of errors was seen that is too many, in the same way.
pub async fn surplus_groups(conn: &impl ConnectionTrait, most: i64) -> Result<Option<i64>, DbErr> {
    time(conn, "SELECT last_seen AS time FROM error_groups ORDER BY last_seen DESC LIMIT 1 OFFSET $1", most)
        .await
}

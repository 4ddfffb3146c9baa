//! Queries that find and delete what is too old or too much, some rows at a time.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use super::{DAY_MS, ROW_BYTES};
use crate::db::statement;
use crate::telemetry::signal::Kind;
use crate::timeline;

/// A signal that is gone.
#[derive(FromQueryResult)]
pub struct Gone {
    /// Its id.
    pub id: i64,
    /// Its kind, as a number.
    pub kind: i64,
    bytes: i64,
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

async fn number(conn: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Result<Option<i64>, DbErr> {
    Ok(Number::find_by_statement(statement(conn, sql, values)).one(conn).await?.map(|row| row.number))
}

async fn run(conn: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected())
}

/// Bytes of all signals.
pub async fn size(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let sql = "SELECT COALESCE(SUM(bytes), 0) AS number FROM signal_usage";
    number(conn, sql, vec![]).await.map(Option::unwrap_or_default)
}

/// Deletes the oldest signals, at most `most`: of all kinds, or those of one kind before an id.
pub async fn delete_oldest(
    conn: &impl ConnectionTrait,
    of: Option<(Kind, i64)>,
    most: i64,
) -> Result<Vec<Gone>, DbErr> {
    match of {
        None => delete(conn, "SELECT id FROM signals ORDER BY id LIMIT $1", vec![most.into()]).await,
        Some((kind, before)) => {
            let which = "SELECT id FROM signals WHERE kind = $1 AND id < $2 ORDER BY id LIMIT $3";
            delete(conn, which, vec![kind.number().into(), before.into(), most.into()]).await
        }
    }
}

/// Deletes the signals that `which` selects, and takes them off the usage.
pub(super) async fn delete(
    conn: &impl ConnectionTrait,
    which: &str,
    values: Vec<Value>,
) -> Result<Vec<Gone>, DbErr> {
    let sql = format!(
        "DELETE FROM signals WHERE id IN ({which}) \
         RETURNING id, kind, length(CAST(body AS BLOB)) + length(CAST(message AS BLOB)) + {ROW_BYTES} AS bytes"
    );
    let gone = Gone::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    let mut usage = BTreeMap::<(i64, i64), (i64, i64)>::new();
    for row in &gone {
        let (signals, bytes) = usage.entry((timeline::ms(row.id).div_euclid(DAY_MS), row.kind)).or_default();
        *signals += 1;
        *bytes += row.bytes;
    }
    for ((day, kind), (signals, bytes)) in usage {
        let less =
            "UPDATE signal_usage SET signals = signals - $3, bytes = bytes - $4 WHERE day = $1 AND kind = $2";
        run(conn, less, vec![day.into(), kind.into(), signals.into(), bytes.into()]).await?;
        let empty = "DELETE FROM signal_usage WHERE day = $1 AND kind = $2 AND signals <= 0";
        run(conn, empty, vec![day.into(), kind.into()]).await?;
    }
    Ok(gone)
}

/// What only serves signals, and knows when it was last needed.
#[derive(Clone, Copy, Debug)]
pub enum Leftover {
    /// Keys of batches that were stored.
    Batches,
    /// Groups of errors.
    Groups,
}

impl Leftover {
    /// Table, key, and the column of its time.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Batches => ("signal_batches", "key", "received_at"),
            Self::Groups => ("error_groups", "id", "last_seen"),
        }
    }
}

/// Deletes what was last needed before `edge_ms`, at most `most`; gives how many.
pub async fn delete_leftovers(
    conn: &impl ConnectionTrait,
    of: Leftover,
    edge_ms: i64,
    most: i64,
) -> Result<u64, DbErr> {
    let (table, key, time) = of.names();
    let sql =
        format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {time} < $1 LIMIT $2)");
    run(conn, &sql, vec![edge_ms.into(), most.into()]).await
}

/// The time of the first one that is too many, if there are more than `most`. Counting would read them all.
pub async fn surplus(conn: &impl ConnectionTrait, of: Leftover, most: i64) -> Result<Option<i64>, DbErr> {
    let (table, _, time) = of.names();
    let sql = format!("SELECT {time} AS number FROM {table} ORDER BY {time} DESC LIMIT 1 OFFSET $1");
    number(conn, &sql, vec![most.into()]).await
}

/// The last of the next `most` contexts after the id `after`; 0 without any.
pub async fn last_context(conn: &impl ConnectionTrait, after: i64, most: i64) -> Result<i64, DbErr> {
    let sql = "SELECT COALESCE(MAX(id), 0) AS number FROM \
               (SELECT id FROM signal_contexts WHERE id > $1 ORDER BY id LIMIT $2)";
    number(conn, sql, vec![after.into(), most.into()]).await.map(Option::unwrap_or_default)
}

/// Deletes contexts after `after` up to `last` that were last used before `edge_ms` and that no signal points to.
pub async fn delete_contexts(
    conn: &impl ConnectionTrait,
    after: i64,
    last: i64,
    edge_ms: i64,
) -> Result<u64, DbErr> {
    let sql = "DELETE FROM signal_contexts WHERE id > $1 AND id <= $2 AND last_at < $3 \
               AND NOT EXISTS (SELECT 1 FROM signals s WHERE s.context_id = signal_contexts.id)";
    run(conn, sql, vec![after.into(), last.into(), edge_ms.into()]).await
}

//! Queries on signals: what stores them is here.

pub mod contexts;
pub mod faults;
pub mod groups;
pub mod kept;
pub mod old;
mod parts;
pub mod usage;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use super::intake::BatchKey;
use super::signal::Signal;
use crate::db::{bulk, statement};
use crate::timeline;

/// Bytes that a row takes beside its texts: ids, numbers, and its places in the indexes.
pub const ROW_BYTES: usize = 60;

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

/// The greatest id of a signal, 0 without any.
pub async fn last_id(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let row = Id::find_by_statement(statement(conn, "SELECT COALESCE(MAX(id), 0) AS id FROM signals", []));
    Ok(row.one(conn).await?.map_or(0, |row| row.id))
}

#[derive(FromQueryResult)]
struct Key {
    key: Vec<u8>,
}

/// Notes batches as stored; gives those that were not before.
pub async fn claim(
    conn: &impl ConnectionTrait,
    keys: &[BatchKey],
    now: i64,
) -> Result<HashSet<BatchKey>, DbErr> {
    let mut fresh = HashSet::new();
    for chunk in bulk::chunks(keys.to_vec()) {
        let sql = format!(
            "INSERT INTO signal_batches (key, received_at) VALUES {} ON CONFLICT DO NOTHING RETURNING key",
            bulk::places(chunk.len(), 2)
        );
        let values = chunk.iter().flat_map(|key| [Value::from(key.to_vec()), Value::from(now)]);
        let rows = Key::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
        fresh.extend(rows.into_iter().filter_map(|row| BatchKey::try_from(row.key).ok()));
    }
    Ok(fresh)
}

/// A row of `signals`.
pub struct NewSignal {
    received_ms: i64,
    kind: i64,
    bytes: i64,
    values: [Value; 10],
}

impl NewSignal {
    pub fn new(id: i64, context_id: i64, group_id: Option<i64>, signal: &Signal) -> Self {
        let body = serde_json::to_string(&signal.body).expect("a body of plain values is JSON");
        Self {
            received_ms: timeline::ms(id),
            kind: signal.kind.number(),
            bytes: (body.len() + signal.message.len() + ROW_BYTES) as i64,
            values: [
                id.into(),
                signal.kind.number().into(),
                signal.level.number().into(),
                context_id.into(),
                signal.client_ms.into(),
                group_id.into(),
                signal.trace_id.clone().into(),
                signal.span_id.clone().into(),
                signal.message.as_str().into(),
                body.into(),
            ],
        }
    }
}

impl NewSignal {
    /// Bytes that the row takes.
    pub fn bytes(&self) -> u64 {
        self.bytes.unsigned_abs()
    }
}

/// Adds signals, and counts them.
pub async fn insert(conn: &impl ConnectionTrait, rows: Vec<NewSignal>) -> Result<(), DbErr> {
    let mut change = usage::Change::default();
    for row in &rows {
        change.note(row.received_ms, row.kind, row.bytes);
    }
    let into = "signals (id, kind, level, context_id, client_at, group_id, trace_id, span_id, message, body)";
    bulk::insert(conn, into, rows.into_iter().map(|row| row.values).collect()).await?;
    change.add(conn).await
}

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

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::intake::{BatchKey, Claim};
use super::signal::Signal;
use crate::db::{bulk, json, statement};
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
    key: Uuid,
}

#[derive(FromQueryResult)]
struct Content {
    key: Uuid,
    content: Uuid,
}

/// Batches that are stored, by key.
#[derive(Default)]
pub struct Claimed {
    /// Those that were not before.
    pub fresh: HashSet<BatchKey>,
    /// What those carried that were, as far as that is known.
    pub contents: HashMap<BatchKey, BatchKey>,
}

impl Claimed {
    /// Whether what is stored with the key of a batch is another one.
    pub fn is_other(&self, claim: Claim) -> bool {
        claim
            .content
            .is_some_and(|content| self.contents.get(&claim.key).is_some_and(|stored| *stored != content))
    }
}

/// Notes batches as stored, and tells which of them were before.
pub async fn claim(conn: &impl ConnectionTrait, claims: &[Claim], now: i64) -> Result<Claimed, DbErr> {
    let mut claimed = Claimed::default();
    for chunk in bulk::chunks(claims.to_vec()) {
        let sql = format!(
            "INSERT INTO signal_batches (key, received_at, content) VALUES {} ON CONFLICT DO NOTHING RETURNING key",
            bulk::places(chunk.len(), 3)
        );
        let values = chunk.iter().flat_map(|Claim { key, content }| -> [Value; 3] {
            [key.to_vec().into(), now.into(), content.map(Vec::from).into()]
        });
        let rows = Key::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
        claimed.fresh.extend(rows.into_iter().map(|row| row.key.into_bytes()));
    }
    let known = claims.iter().filter(|claim| claim.content.is_some());
    let known: Vec<Uuid> = known.map(|claim| Uuid::from_bytes(claim.key)).collect();
    // Two of one key may be in the same commit, so that both are fresh.
    if known.len() > known.iter().filter(|key| claimed.fresh.contains(key.as_bytes())).count()
        || known.len() > known.iter().collect::<HashSet<_>>().len()
    {
        let sql = format!(
            "SELECT key, content FROM signal_batches WHERE key IN ({}) AND content IS NOT NULL",
            json::each_id("$1")
        );
        let rows = Content::find_by_statement(statement(conn, &sql, [json::ids(&known).into()]));
        let rows = rows.all(conn).await?.into_iter();
        claimed.contents = rows.map(|row| (row.key.into_bytes(), row.content.into_bytes())).collect();
    }
    Ok(claimed)
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

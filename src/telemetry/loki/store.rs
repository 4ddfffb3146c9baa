//! Queries of the outbox: how far it is, what comes next, what was set aside.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::logfmt::Pairs;
use super::meta;
use crate::db::statement;
use crate::telemetry::signal::{Kind, Level, Signal};
use crate::telemetry::store::ROW_BYTES;

/// Signals of one page at most.
const ROWS: i64 = 1_000;
/// Bytes of one page at most, as signals and their contexts are stored; a single signal may have more. Some 1 MiB of
/// lines, well below the 4 MiB that Loki takes in one push.
const BYTES: i64 = 512 << 10;
/// Refused signals remembered: enough to see what they have in common.
const REFUSED: i64 = 10_000;

/// A signal with its context.
pub struct Row {
    /// Its id, which is also its time.
    pub id: i64,
    /// What.
    pub signal: Signal,
    /// Whose.
    pub context_id: i64,
}

/// Who and where, of some signals.
pub struct Of {
    /// Application.
    pub app: String,
    /// Where it runs, as it says.
    pub environment: String,
    /// The fields of its meta.
    pub meta: Pairs,
}

/// The next signals, in their order.
#[derive(Default)]
pub struct Page {
    /// The last signal that was looked at; some are none that Loki gets.
    pub through: i64,
    /// Whether there may be more.
    pub full: bool,
    /// Bytes as stored.
    pub bytes: u64,
    /// Those that Loki gets.
    pub rows: Vec<Row>,
    /// Their contexts, by row.
    pub contexts: HashMap<i64, Of>,
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

async fn number(conn: &impl ConnectionTrait, sql: &str, after: i64) -> Result<Option<i64>, DbErr> {
    let row = Number::find_by_statement(statement(conn, sql, [after.into()])).one(conn).await?;
    Ok(row.map(|row| row.number))
}

/// How far it is; `None` before the first start with a Loki.
pub async fn cursor(conn: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
    number(conn, "SELECT signal_id AS number FROM loki_cursor WHERE one = $1", 1).await
}

/// Notes how far it is.
pub async fn put_cursor(conn: &impl ConnectionTrait, signal_id: i64) -> Result<(), DbErr> {
    let sql = "INSERT INTO loki_cursor (one, signal_id) VALUES (1, $1) \
               ON CONFLICT (one) DO UPDATE SET signal_id = MAX(signal_id, excluded.signal_id)";
    conn.execute_raw(statement(conn, sql, [signal_id.into()])).await.map(drop)
}

/// Sets a signal aside.
pub async fn put_refused(
    conn: &impl ConnectionTrait,
    signal_id: i64,
    reason: &str,
    now: i64,
) -> Result<(), DbErr> {
    let sql = "INSERT INTO loki_refused (signal_id, reason, refused_at) VALUES ($1, $2, $3) \
               ON CONFLICT (signal_id) DO UPDATE SET reason = excluded.reason, refused_at = excluded.refused_at";
    conn.execute_raw(statement(conn, sql, [signal_id.into(), reason.into(), now.into()])).await?;
    let sql = "DELETE FROM loki_refused WHERE signal_id <= \
               (SELECT signal_id FROM loki_refused ORDER BY signal_id DESC LIMIT 1 OFFSET $1)";
    conn.execute_raw(statement(conn, sql, [REFUSED.into()])).await.map(drop)
}

/// How many signals after `after` Loki gets.
pub async fn behind(conn: &impl ConnectionTrait, after: i64) -> Result<u64, DbErr> {
    // By kind, so that the index of kinds is read and not the signals.
    let sql = "SELECT COUNT(*) AS number FROM signals WHERE kind IN (0, 1, 2, 3) AND id > $1";
    Ok(number(conn, sql, after).await?.unwrap_or_default().unsigned_abs())
}

/// The first signal after `after` that Loki gets.
pub async fn first(conn: &impl ConnectionTrait, after: i64) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT id AS number FROM signals WHERE id > $1 AND kind IN (0, 1, 2, 3) ORDER BY id LIMIT 1";
    number(conn, sql, after).await
}

/// A signal that Loki refused.
#[derive(FromQueryResult)]
pub struct Refused {
    /// Its id, which is also its time.
    pub signal_id: i64,
    /// What Loki said.
    pub reason: String,
    /// When, in milliseconds since 1970.
    pub refused_at: i64,
}

/// How many signals are set aside.
pub async fn refused(conn: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let sql = "SELECT COUNT(*) AS number FROM loki_refused WHERE signal_id > $1";
    Ok(number(conn, sql, 0).await?.unwrap_or_default().unsigned_abs())
}

/// The last signals that were set aside.
pub async fn last_refused(conn: &impl ConnectionTrait, limit: i64) -> Result<Vec<Refused>, DbErr> {
    let sql = "SELECT signal_id, reason, refused_at FROM loki_refused ORDER BY signal_id DESC LIMIT $1";
    Refused::find_by_statement(statement(conn, sql, [limit.into()])).all(conn).await
}

#[derive(FromQueryResult)]
struct Size {
    id: i64,
    bytes: i64,
}

#[derive(FromQueryResult)]
struct SignalRow {
    id: i64,
    kind: i64,
    level: i64,
    context_id: i64,
    client_at: Option<i64>,
    trace_id: Option<String>,
    span_id: Option<String>,
    message: String,
    body: String,
}

#[derive(FromQueryResult)]
struct ContextRow {
    id: i64,
    app: String,
    environment: String,
    meta: String,
}

/// The signals after `after` that fit into a page. Spans are passed over: they are no lines.
pub async fn page(conn: &impl ConnectionTrait, after: i64) -> Result<Page, DbErr> {
    let sql = format!(
        "SELECT s.id, CASE WHEN s.kind = $2 THEN 0 ELSE octet_length(s.body) + octet_length(s.message) + {ROW_BYTES} \
         + COALESCE(octet_length(c.meta), 0) END AS bytes \
         FROM signals s LEFT JOIN signal_contexts c ON c.id = s.context_id WHERE s.id > $1 ORDER BY s.id LIMIT {ROWS}"
    );
    let span = Kind::Span.number();
    let sizes = Size::find_by_statement(statement(conn, &sql, [after.into(), span.into()])).all(conn).await?;
    let (mut through, mut bytes) = (after, 0);
    for size in &sizes {
        if through > after && bytes + size.bytes > BYTES {
            break;
        }
        through = size.id;
        bytes += size.bytes;
    }
    let full = sizes.len() as i64 == ROWS || sizes.last().is_some_and(|last| last.id > through);
    if bytes == 0 {
        return Ok(Page { through, full, ..Page::default() });
    }
    let within = "s.id > $1 AND s.id <= $2 AND s.kind <> $3";
    let values = [after.into(), through.into(), span.into()];
    let sql = format!(
        "SELECT s.id, s.kind, s.level, s.context_id, s.client_at, s.trace_id, s.span_id, s.message, s.body \
         FROM signals s WHERE {within} ORDER BY s.id"
    );
    let rows = SignalRow::find_by_statement(statement(conn, &sql, values.clone())).all(conn).await?;
    let sql = format!(
        "SELECT id, app, environment, meta FROM signal_contexts \
         WHERE id IN (SELECT s.context_id FROM signals s WHERE {within})"
    );
    let contexts = ContextRow::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    Ok(Page {
        through,
        full,
        bytes: bytes.unsigned_abs(),
        rows: rows.into_iter().map(SignalRow::read).collect(),
        contexts: contexts.into_iter().map(ContextRow::read).collect(),
    })
}

impl SignalRow {
    fn read(self) -> Row {
        Row {
            id: self.id,
            context_id: self.context_id,
            signal: Signal {
                kind: Kind::of_number(self.kind).unwrap_or(Kind::Log),
                level: Level::of_number(self.level).unwrap_or(Level::Info),
                client_ms: self.client_at,
                trace_id: self.trace_id,
                span_id: self.span_id,
                message: self.message,
                body: serde_json::from_str(&self.body).unwrap_or_default(),
            },
        }
    }
}

impl ContextRow {
    fn read(self) -> (i64, Of) {
        let meta = meta::pairs(&self.meta, &self.app);
        (self.id, Of { meta, app: self.app, environment: self.environment })
    }
}

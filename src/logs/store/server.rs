//! Lines of the server: a ring, of which the newest are kept.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::{Conditions, Span};
use crate::db::{bulk, statement};
use crate::logs::filter::Filter;
use crate::logs::line::{LogKind, LogLine, LogSource, Position};
use crate::logs::tap::Written;
use crate::telemetry::Level;
use crate::timeline;
use crate::timestamp::Timestamp;

/// How much there is of the ring, or how much it changes.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub struct Kept {
    pub lines: i64,
    pub bytes: i64,
}

#[derive(FromQueryResult)]
struct Last {
    last: i64,
}

/// Size of the ring, and its greatest id.
pub async fn kept(conn: &impl ConnectionTrait) -> Result<(Kept, i64), DbErr> {
    let sql = "SELECT COUNT(*) AS lines, COALESCE(SUM(octet_length(message) + octet_length(fields)), 0) AS bytes FROM server_logs";
    let size = Kept::find_by_statement(statement(conn, sql, [])).one(conn).await?.unwrap_or_default();
    let sql = "SELECT COALESCE(MAX(id), 0) AS last FROM server_logs";
    let last = Last::find_by_statement(statement(conn, sql, [])).one(conn).await?;
    Ok((size, last.map_or(0, |row| row.last)))
}

const COLUMNS: &str = "id, level, target, message, fields, account_id, installation_id, trace_id";

/// A row of `server_logs`.
#[derive(Clone, Debug, FromQueryResult)]
pub struct ServerRow {
    id: i64,
    level: i64,
    target: String,
    message: String,
    fields: String,
    account_id: Option<Uuid>,
    installation_id: Option<Uuid>,
    trace_id: Option<String>,
}

/// What to store of a line. Its fields tell whom it is about.
pub fn row(id: i64, line: Written) -> ServerRow {
    let text = |name: &str| line.fields.get(name).and_then(|value| value.as_str());
    ServerRow {
        id,
        level: line.level.number(),
        target: line.target.to_owned(),
        account_id: text("user.id").and_then(|id| id.parse().ok()),
        installation_id: text("installation.id").and_then(|id| id.parse().ok()),
        trace_id: text("trace.id").map(str::to_owned),
        fields: serde_json::to_string(&line.fields).unwrap_or_else(|_| "{}".to_owned()),
        message: line.message,
    }
}

impl ServerRow {
    /// Its id, which is also its time.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// What counts against the ring's bound.
    pub fn bytes(&self) -> i64 {
        (self.message.len() + self.fields.len()) as i64
    }

    /// As it is sent.
    pub fn line(&self) -> LogLine {
        LogLine {
            id: Position { id: self.id, source: LogSource::Server }.text(),
            time: Timestamp::from_ms(timeline::ms(self.id)),
            client_time: None,
            source: LogSource::Server,
            kind: LogKind::Server,
            level: Level::of_number(self.level).unwrap_or(Level::Info),
            message: self.message.clone(),
            app: String::new(),
            app_version: String::new(),
            client: self.installation_id,
            session: String::new(),
            user_id: self.account_id,
            user_name: String::new(),
            place: self.target.clone(),
            trace_id: self.trace_id.clone(),
            span_id: None,
            fields: serde_json::from_str(&self.fields).unwrap_or_default(),
            truncated: false,
        }
    }
}

/// Adds lines.
pub async fn insert(conn: &impl ConnectionTrait, rows: Vec<ServerRow>) -> Result<(), DbErr> {
    let values = rows.into_iter().map(|row| -> [Value; 8] {
        [
            row.id.into(),
            row.level.into(),
            row.target.into(),
            row.message.into(),
            row.fields.into(),
            row.account_id.into(),
            row.installation_id.into(),
            row.trace_id.into(),
        ]
    });
    bulk::insert(conn, &format!("server_logs ({COLUMNS})"), values.collect()).await
}

#[derive(FromQueryResult)]
struct Deleted {
    bytes: i64,
}

/// Deletes the oldest lines; gives how much that was.
pub async fn delete_oldest(conn: &impl ConnectionTrait, lines: i64) -> Result<Kept, DbErr> {
    let sql = "DELETE FROM server_logs WHERE id IN (SELECT id FROM server_logs ORDER BY id LIMIT $1) \
               RETURNING octet_length(message) + octet_length(fields) AS bytes";
    let deleted = Deleted::find_by_statement(statement(conn, sql, [lines.into()])).all(conn).await?;
    Ok(Kept { lines: deleted.len() as i64, bytes: deleted.iter().map(|row| row.bytes).sum() })
}

/// Lines of the server in a span, up to `limit`.
pub async fn server_lines(
    conn: &impl ConnectionTrait,
    filter: &Filter,
    span: Span,
    limit: i64,
) -> Result<Vec<LogLine>, DbErr> {
    let mut conditions = Conditions::new(span, "id");
    if let Some(level) = filter.level {
        conditions.and("level >= ?", level.number());
    }
    if let Some(client) = filter.client {
        conditions.and("installation_id = ?", client);
    }
    if filter.user.is_some() {
        // The server's lines know accounts, and no names; nobody has the nil id.
        conditions.and("account_id = ?", filter.account.unwrap_or_default());
    }
    if let Some(trace) = &filter.trace_id {
        conditions.and("trace_id = ?", trace.as_str());
    }
    if let Some(needle) = &filter.search {
        let [message, rest] = ["message", "fields"].map(|text| needle.found_in(text, "?"));
        conditions.and(&format!("({message} OR {rest})"), needle.value());
    }
    let Conditions { sql, mut values } = conditions;
    values.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM server_logs \
         WHERE {sql} ORDER BY id {} LIMIT ${}",
        span.order(),
        values.len(),
    );
    let rows = ServerRow::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    Ok(rows.iter().map(ServerRow::line).collect())
}

/// How many lines name an account, with the first and the last id, which are times; all 0 without any.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub struct Of {
    pub count: i64,
    pub first: i64,
    pub last: i64,
}

/// How many lines name an account.
pub async fn sum(conn: &impl ConnectionTrait, account: Uuid) -> Result<Of, DbErr> {
    let sql = "SELECT COUNT(*) AS count, COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), 0) AS last \
               FROM server_logs WHERE account_id = $1";
    let found = Of::find_by_statement(statement(conn, sql, [account.into()])).one(conn).await?;
    Ok(found.unwrap_or_default())
}

/// Lines that name an account, by id, from the one after `after`.
pub async fn of(
    conn: &impl ConnectionTrait,
    account: Uuid,
    after: i64,
    limit: u64,
) -> Result<Vec<ServerRow>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM server_logs WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT {limit}"
    );
    ServerRow::find_by_statement(statement(conn, &sql, [account.into(), after.into()])).all(conn).await
}

/// Deletes lines that name an account, at most `limit`; gives how much that was.
pub async fn delete_of(conn: &impl ConnectionTrait, account: Uuid, limit: u64) -> Result<Kept, DbErr> {
    let sql = format!(
        "DELETE FROM server_logs WHERE id IN (SELECT id FROM server_logs WHERE account_id = $1 LIMIT {limit}) \
         RETURNING octet_length(message) + octet_length(fields) AS bytes"
    );
    let deleted = Deleted::find_by_statement(statement(conn, &sql, [account.into()])).all(conn).await?;
    Ok(Kept { lines: deleted.len() as i64, bytes: deleted.iter().map(|row| row.bytes).sum() })
}

//! Queries on lines of the server, and on signals as lines.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use serde_json::Map;
use uuid::Uuid;

use super::filter::Filter;
use super::line::{LISTED, LogKind, LogLine, LogSource, Position};
use super::tap::Written;
use crate::db::{bulk, statement};
use crate::telemetry::{Kind, Level};
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
    let sql = "SELECT COUNT(*) AS lines, COALESCE(SUM(length(message) + length(fields)), 0) AS bytes FROM server_logs";
    let size = Kept::find_by_statement(statement(conn, sql, [])).one(conn).await?.unwrap_or_default();
    let sql = "SELECT COALESCE(MAX(id), 0) AS last FROM server_logs";
    let last = Last::find_by_statement(statement(conn, sql, [])).one(conn).await?;
    Ok((size, last.map_or(0, |row| row.last)))
}

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
    let into = "server_logs (id, level, target, message, fields, account_id, installation_id, trace_id)";
    bulk::insert(conn, into, values.collect()).await
}

#[derive(FromQueryResult)]
struct Deleted {
    bytes: i64,
}

/// Deletes the oldest lines; gives how much that was.
pub async fn delete_oldest(conn: &impl ConnectionTrait, lines: i64) -> Result<Kept, DbErr> {
    let sql = "DELETE FROM server_logs WHERE id IN (SELECT id FROM server_logs ORDER BY id LIMIT $1) \
               RETURNING length(message) + length(fields) AS bytes";
    let deleted = Deleted::find_by_statement(statement(conn, sql, [lines.into()])).all(conn).await?;
    Ok(Kept { lines: deleted.len() as i64, bytes: deleted.iter().map(|row| row.bytes).sum() })
}

/// A range of ids, both ends included, and which end to begin at.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: i64,
    pub to: i64,
    pub backwards: bool,
}

impl Span {
    fn order(self) -> &'static str {
        if self.backwards { "DESC" } else { "ASC" }
    }
}

/// Conditions with the values of their places.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn new(span: Span, id: &str) -> Self {
        let sql = format!("{id} BETWEEN $1 AND $2");
        Self { sql, values: vec![span.from.into(), span.to.into()] }
    }

    /// Adds a condition; every `?` in it stands for `value`.
    fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.add(" AND ", condition, value.into());
    }

    /// Adds an alternative to the condition before, in the parentheses that it opened.
    fn or(&mut self, condition: &str, value: impl Into<Value>) {
        self.add(" OR ", condition, value.into());
    }

    fn add(&mut self, word: &str, condition: &str, value: Value) {
        self.values.push(value);
        let place = format!("${}", self.values.len());
        self.sql.push_str(word);
        self.sql.push_str(&condition.replace('?', &place));
    }
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere.
fn pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
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
    if let Some(search) = &filter.search {
        conditions.and("(message LIKE ? ESCAPE '\\' OR fields LIKE ? ESCAPE '\\')", pattern(search));
    }
    let Conditions { sql, mut values } = conditions;
    values.push(limit.into());
    let sql = format!(
        "SELECT id, level, target, message, fields, account_id, installation_id, trace_id FROM server_logs \
         WHERE {sql} ORDER BY id {} LIMIT ${}",
        span.order(),
        values.len(),
    );
    let rows = ServerRow::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    Ok(rows.iter().map(ServerRow::line).collect())
}

#[derive(FromQueryResult)]
struct SignalRow {
    id: i64,
    kind: i64,
    level: i64,
    client_at: Option<i64>,
    trace_id: Option<String>,
    span_id: Option<String>,
    message: String,
    body: String,
    app: String,
    app_version: String,
    installation_id: Option<Uuid>,
    session: String,
    account_id: Option<Uuid>,
    user_name: String,
    view: String,
    page: String,
}

impl SignalRow {
    fn line(self) -> LogLine {
        let (fields, truncated) = match self.body.as_str() {
            "" => (serde_json::Value::Object(Map::new()), true),
            body => (serde_json::from_str(body).unwrap_or_default(), false),
        };
        LogLine {
            id: Position { id: self.id, source: LogSource::Client }.text(),
            time: Timestamp::from_ms(timeline::ms(self.id)),
            client_time: self.client_at.map(Timestamp::from_ms),
            source: LogSource::Client,
            kind: Kind::of_number(self.kind).unwrap_or(Kind::Log).into(),
            level: Level::of_number(self.level).unwrap_or(Level::Info),
            message: self.message,
            app: self.app,
            app_version: self.app_version,
            client: self.installation_id,
            session: self.session,
            user_id: self.account_id,
            user_name: self.user_name,
            place: if self.view.is_empty() { self.page } else { self.view },
            trace_id: self.trace_id,
            span_id: self.span_id,
            fields,
            truncated,
        }
    }
}

/// Signals in a span, as lines, up to `limit`. Bodies longer than `longest` bytes are left out.
pub async fn signal_lines(
    conn: &impl ConnectionTrait,
    filter: &Filter,
    span: Span,
    limit: i64,
    longest: usize,
) -> Result<Vec<LogLine>, DbErr> {
    let mut conditions = Conditions::new(span, "s.id");
    if let Some(level) = filter.level {
        conditions.and("s.level >= ?", level.number());
    }
    if let Some(kind) = filter.kind.and_then(LogKind::signal) {
        conditions.and("s.kind = ?", kind.number());
    }
    if let Some(trace) = &filter.trace_id {
        conditions.and("s.trace_id = ?", trace.as_str());
    }
    if let Some(client) = filter.client {
        conditions.and("c.installation_id = ?", client);
    }
    if let Some(user) = &filter.user {
        conditions.and("(c.account_id = ?", filter.account.unwrap_or_default());
        conditions.or("c.user_name = ? OR c.user_key = ?)", user.as_str());
    }
    if let Some(app) = &filter.app {
        conditions.and("c.app = ?", app.as_str());
    }
    if let Some(search) = &filter.search {
        conditions.and("(s.message LIKE ? ESCAPE '\\' OR s.body LIKE ? ESCAPE '\\')", pattern(search));
    }
    let Conditions { sql, mut values } = conditions;
    values.push(limit.into());
    values.push((longest as i64).into());
    let sql = format!(
        "SELECT s.id, s.kind, s.level, s.client_at, s.trace_id, s.span_id, s.message, \
         CASE WHEN length(s.body) > ${} THEN '' ELSE s.body END AS body, c.app, c.app_version, c.installation_id, \
         c.session, c.account_id, c.user_name, c.view, c.page \
         FROM signals s JOIN signal_contexts c ON c.id = s.context_id WHERE {sql} ORDER BY s.id {} LIMIT ${}",
        values.len(),
        span.order(),
        values.len() - 1,
    );
    let rows = SignalRow::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    Ok(rows.into_iter().map(SignalRow::line).collect())
}

/// One line, whole.
pub async fn one(conn: &impl ConnectionTrait, at: Position) -> Result<Option<LogLine>, DbErr> {
    let (span, filter) = (Span { from: at.id, to: at.id, backwards: true }, Filter::default());
    let lines = match at.source {
        LogSource::Server => server_lines(conn, &filter, span, 1).await?,
        LogSource::Client => signal_lines(conn, &filter, span, 1, usize::MAX >> 1).await?,
    };
    Ok(lines.into_iter().next())
}

#[derive(FromQueryResult)]
struct Oldest {
    oldest: Option<i64>,
}

/// The least id of both tables; `None` when both are empty.
pub async fn oldest(conn: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
    let mut oldest: Option<i64> = None;
    for sql in ["SELECT MIN(id) AS oldest FROM server_logs", "SELECT MIN(id) AS oldest FROM signals"] {
        let found =
            Oldest::find_by_statement(statement(conn, sql, [])).one(conn).await?.and_then(|row| row.oldest);
        oldest = oldest.into_iter().chain(found).min();
    }
    Ok(oldest)
}

/// Bodies longer than this are not read for a list.
pub const LIST_BODY: usize = LISTED;

//! Signals as lines.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::Map;
use uuid::Uuid;

use super::{Conditions, Span};
use crate::db::statement;
use crate::logs::filter::Filter;
use crate::logs::line::{LogKind, LogLine, LogSource, Position};
use crate::telemetry::{Kind, Level};
use crate::timeline;
use crate::timestamp::Timestamp;

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
    if let Some(needle) = &filter.search {
        let [message, rest] = ["s.message", "s.body"].map(|text| needle.found_in(text, "?"));
        conditions.and(&format!("({message} OR {rest})"), needle.value());
    }
    let Conditions { sql, mut values } = conditions;
    values.push(limit.into());
    values.push((longest as i64).into());
    let sql = format!(
        "SELECT s.id, s.kind, s.level, s.client_at, s.trace_id, s.span_id, s.message, \
         CASE WHEN octet_length(s.body) > ${} THEN '' ELSE s.body END AS body, c.app, c.app_version, c.installation_id, \
         c.session, c.account_id, c.user_name, c.view, c.page \
         FROM signals s JOIN signal_contexts c ON c.id = s.context_id WHERE {sql} ORDER BY s.id {} LIMIT ${}",
        values.len(),
        span.order(),
        values.len() - 1,
    );
    let rows = SignalRow::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    Ok(rows.into_iter().map(SignalRow::line).collect())
}

//! Queries on lines of the server, and on signals as lines.

mod server;
mod signals;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use super::filter::Filter;
use super::line::{LISTED, LogLine, LogSource, Position};
use crate::db::statement;

pub use server::{Kept, Of, ServerRow, delete_of, delete_oldest, insert, kept, of, row, server_lines, sum};
pub use signals::signal_lines;

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

//! Queries, by what they are about. Those that change something run inside a write job.

pub mod events;
pub mod members;
pub mod messages;
pub mod quotes;
pub mod reading;
pub mod rooms;
pub mod search;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::db::statement;

/// Runs a statement; gives the number of rows it changed.
async fn run<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected())
}

/// The one row of a query.
async fn one<T: FromQueryResult>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, DbErr> {
    T::find_by_statement(statement(conn, sql, values)).one(conn).await
}

/// Every row of a query.
async fn all<T: FromQueryResult>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, DbErr> {
    T::find_by_statement(statement(conn, sql, values)).all(conn).await
}

/// `$from, $from+1, ...` for `n` values.
fn places(from: usize, n: usize) -> String {
    (from..from + n).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// An offset or count of the API as the database holds it.
pub fn stored(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// An offset or count of the database, where none is negative.
pub fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A word of the database that the schema does not allow.
fn corrupt(what: &str, word: &str) -> DbErr {
    DbErr::Custom(format!("`{word}` is no {what}"))
}

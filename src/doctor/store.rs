//! What is asked of the database.

use sea_orm::{ConnectionTrait, DbErr};

use crate::db::statement;
use crate::timeline;

/// The latest time in the tables that are written to all the time, in milliseconds since 1970; `None` when they are empty.
pub async fn newest(conn: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
    let mut newest = None;
    for (sql, is_id) in [
        ("SELECT MAX(id) AS at FROM server_logs", true),
        ("SELECT MAX(id) AS at FROM audit", true),
        ("SELECT MAX(created_at) AS at FROM chat_messages", false),
        ("SELECT MAX(created_at) AS at FROM users", false),
    ] {
        let row = conn.query_one_raw(statement(conn, sql, [])).await?;
        let at: Option<i64> = row.map(|row| row.try_get("", "at")).transpose()?.flatten();
        newest = newest.max(at.map(|at| if is_id { timeline::ms(at) } else { at }));
    }
    Ok(newest)
}

/// What SQLite finds wrong; `ok` when nothing.
pub async fn quick_check(conn: &impl ConnectionTrait) -> Result<String, DbErr> {
    let row = conn.query_one_raw(statement(conn, "PRAGMA quick_check(1)", [])).await?;
    row.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(0))
}

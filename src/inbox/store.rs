//! Queries of the inbox.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::KEPT;
use crate::db::statement;

/// Users told in one statement: SQLite takes 32,766 parameters, and a job must not hold the writer for long.
const CHUNK: usize = 500;

#[derive(FromQueryResult)]
struct Appended {
    user_id: Uuid,
    offset: i64,
}

/// Appends `data` to each user's stream; gives each one's offset.
pub async fn append(
    conn: &impl ConnectionTrait,
    users: &[Uuid],
    data: &str,
    now_ms: i64,
) -> Result<Vec<(Uuid, u64)>, DbErr> {
    let mut appended = Vec::with_capacity(users.len());
    for chunk in users.chunks(CHUNK) {
        let rows = Appended::find_by_statement(insert(conn, chunk, data, now_ms)).all(conn).await?;
        for row in &rows {
            // One short range delete by primary key; most often there is nothing.
            if row.offset > KEPT {
                let values = [row.user_id.into(), (row.offset - KEPT).into()];
                conn.execute_raw(statement(
                    conn,
                    "DELETE FROM inbox WHERE user_id = $1 AND offset <= $2",
                    values,
                ))
                .await?;
            }
        }
        appended.extend(rows.into_iter().map(|row| (row.user_id, row.offset.unsigned_abs())));
    }
    Ok(appended)
}

fn insert(conn: &impl ConnectionTrait, users: &[Uuid], data: &str, now_ms: i64) -> Statement {
    let places: Vec<String> = (3..users.len() + 3).map(|n| format!("${n}")).collect();
    let sql = format!(
        "INSERT INTO inbox (user_id, offset, data, created_at) \
         SELECT u.id, COALESCE((SELECT MAX(i.offset) FROM inbox i WHERE i.user_id = u.id), 0) + 1, $1, $2 \
         FROM users u WHERE u.disabled = 0 AND u.id IN ({}) RETURNING user_id, offset",
        places.join(", ")
    );
    let values =
        [Value::from(data), Value::from(now_ms)].into_iter().chain(users.iter().map(|u| Value::from(*u)));
    statement(conn, &sql, values)
}

/// One stored publication.
#[derive(FromQueryResult)]
pub struct Row {
    pub offset: i64,
    pub data: String,
}

/// The newest offset of a stream, 0 for an empty one.
pub async fn head(conn: &impl ConnectionTrait, user: Uuid) -> Result<u64, DbErr> {
    let sql = "SELECT offset, '' AS data FROM inbox WHERE user_id = $1 ORDER BY offset DESC LIMIT 1";
    let row = Row::find_by_statement(statement(conn, sql, [user.into()])).one(conn).await?;
    Ok(row.map_or(0, |r| r.offset.unsigned_abs()))
}

/// Publications beyond `after`, oldest first, or those before `before`, newest first.
pub async fn page(
    conn: &impl ConnectionTrait,
    user: Uuid,
    span: Span,
    limit: u64,
) -> Result<Vec<Row>, DbErr> {
    let (sql, edge) = match span {
        Span::After(offset) => (
            "SELECT offset, data FROM inbox WHERE user_id = $1 AND offset > $2 ORDER BY offset LIMIT $3",
            offset,
        ),
        Span::Before(offset) => (
            "SELECT offset, data FROM inbox WHERE user_id = $1 AND offset < $2 ORDER BY offset DESC LIMIT $3",
            offset,
        ),
    };
    let edge = i64::try_from(edge).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Row::find_by_statement(statement(conn, sql, [user.into(), edge.into(), limit.into()])).all(conn).await
}

/// Which part of a stream.
#[derive(Clone, Copy)]
pub enum Span {
    /// Oldest first, from the one after this offset.
    After(u64),
    /// Newest first, from the one before this offset.
    Before(u64),
}

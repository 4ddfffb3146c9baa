//! Events of installations.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::super::journal::Happened;
use super::places;
use crate::db::statement;

/// An event as it is stored; its id is its time.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Row {
    pub id: i64,
    pub kind: String,
    pub summary: String,
    pub detail: String,
}

/// Adds events.
pub async fn append(conn: &impl ConnectionTrait, events: &[(i64, &Happened)]) -> Result<(), DbErr> {
    let values = events.iter().flat_map(|(id, e)| {
        [
            Value::from(*id),
            e.installation.into(),
            e.user.into(),
            e.kind.as_str().into(),
            e.summary.clone().into(),
            e.detail.to_string().into(),
        ]
    });
    let sql = format!(
        "INSERT INTO client_event (id, installation_id, user_id, kind, summary, detail) VALUES {}",
        places(events.len(), 6)
    );
    conn.execute_raw(statement(conn, &sql, values)).await.map(drop)
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

async fn number(conn: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let found = Number::find_by_statement(statement(conn, sql, [])).one(conn).await?;
    Ok(found.map_or(0, |row| row.number))
}

/// The greatest id, 0 when there is none.
pub async fn last(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    number(conn, "SELECT COALESCE(MAX(id), 0) AS number FROM client_event").await
}

/// How many events are kept.
pub async fn count(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    number(conn, "SELECT COUNT(*) AS number FROM client_event").await
}

/// Events of an installation between two ids, both excluded: the newest, newest first, or, with `oldest`, the oldest,
/// oldest first.
pub async fn page(
    conn: &impl ConnectionTrait,
    installation: Uuid,
    between: (i64, i64),
    kind: Option<&str>,
    oldest: bool,
    limit: u64,
) -> Result<Vec<Row>, DbErr> {
    let direction = if oldest { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT id, kind, summary, detail FROM client_event WHERE installation_id = $1 AND id > $2 AND id < $3 \
         AND ($4 IS NULL OR kind = $4) ORDER BY id {direction} LIMIT {limit}"
    );
    let values = [installation.into(), between.0.into(), between.1.into(), kind.into()];
    Row::find_by_statement(statement(conn, &sql, values)).all(conn).await
}

/// Removes the oldest events of an installation beyond `kept`.
pub async fn trim(conn: &impl ConnectionTrait, installation: Uuid, kept: i64) -> Result<(), DbErr> {
    let sql = "DELETE FROM client_event WHERE installation_id = $1 AND id <= (SELECT id FROM client_event \
        WHERE installation_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
    conn.execute_raw(statement(conn, sql, [installation.into(), kept.into()])).await.map(drop)
}

/// Removes at most `limit` events before `id`, the oldest first; gives how many.
pub async fn remove_before(conn: &impl ConnectionTrait, id: i64, limit: u64) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM client_event WHERE id IN (SELECT id FROM client_event WHERE id < $1 ORDER BY id LIMIT {limit})"
    );
    Ok(conn.execute_raw(statement(conn, &sql, [id.into()])).await?.rows_affected())
}

/// Removes at most `limit` events of an installation; gives how many.
pub async fn remove_of(conn: &impl ConnectionTrait, installation: Uuid, limit: u64) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM client_event WHERE id IN (SELECT id FROM client_event WHERE installation_id = $1 LIMIT {limit})"
    );
    Ok(conn.execute_raw(statement(conn, &sql, [installation.into()])).await?.rows_affected())
}

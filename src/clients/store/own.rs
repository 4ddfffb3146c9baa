//! What is kept about one account.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use super::journal::Row;
use crate::db::{json, statement};

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

/// Installations that the account used last.
pub async fn installations(conn: &impl ConnectionTrait, user: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let sql = "SELECT id FROM installation WHERE user_id = $1 ORDER BY id";
    let rows = Id::find_by_statement(statement(conn, sql, [user.into()])).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// How much there is of something, and between which times or ids; both 0 when there is nothing.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Sum {
    pub count: i64,
    pub first: i64,
    pub last: i64,
}

async fn sum(conn: &impl ConnectionTrait, sql: &str, user: Uuid) -> Result<Sum, DbErr> {
    let found = Sum::find_by_statement(statement(conn, sql, [user.into()])).one(conn).await?;
    Ok(found.unwrap_or(Sum { count: 0, first: 0, last: 0 }))
}

/// Installations that the account used last: when they were first and last seen.
pub async fn installations_sum(conn: &impl ConnectionTrait, user: Uuid) -> Result<Sum, DbErr> {
    let sql = "SELECT COUNT(*) AS count, COALESCE(MIN(first_seen_at), 0) AS first, \
        COALESCE(MAX(last_seen_at), 0) AS last FROM installation WHERE user_id = $1";
    sum(conn, sql, user).await
}

/// Events about the account: the ids, which are times.
pub async fn events_sum(conn: &impl ConnectionTrait, user: Uuid) -> Result<Sum, DbErr> {
    let sql = "SELECT COUNT(*) AS count, COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), 0) AS last \
        FROM client_event WHERE user_id = $1";
    sum(conn, sql, user).await
}

/// Reports of the account's installations: when they were asked for.
pub async fn diagnostics_sum(conn: &impl ConnectionTrait, user: Uuid) -> Result<Sum, DbErr> {
    let sql = "SELECT COUNT(*) AS count, COALESCE(MIN(d.requested_at), 0) AS first, \
        COALESCE(MAX(d.requested_at), 0) AS last FROM installation i JOIN diagnostic d ON d.installation_id = i.id \
        WHERE i.user_id = $1";
    sum(conn, sql, user).await
}

/// Events about the account by id, from the one after `after`.
pub async fn events(
    conn: &impl ConnectionTrait,
    user: Uuid,
    after: i64,
    limit: u64,
) -> Result<Vec<Row>, DbErr> {
    let sql = format!(
        "SELECT id, kind, summary, detail FROM client_event WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT {limit}"
    );
    Row::find_by_statement(statement(conn, &sql, [user.into(), after.into()])).all(conn).await
}

/// Forgets the last errors of installations: nobody knows whose words they are.
pub async fn forget_errors(conn: &impl ConnectionTrait, installations: &[Uuid]) -> Result<(), DbErr> {
    let sql = format!(
        "UPDATE installation SET last_error = '', last_error_at = NULL WHERE id IN ({})",
        json::each_id("$1")
    );
    conn.execute_raw(statement(conn, &sql, [json::ids(installations).into()])).await.map(drop)
}

/// Removes at most `limit` events about the account; gives how many.
pub async fn remove_events(conn: &impl ConnectionTrait, user: Uuid, limit: u64) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM client_event WHERE id IN (SELECT id FROM client_event WHERE user_id = $1 LIMIT {limit})"
    );
    Ok(conn.execute_raw(statement(conn, &sql, [user.into()])).await?.rows_affected())
}

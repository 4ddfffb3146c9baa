//! Diagnostic reports.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::list_of;
use crate::db::statement;

/// Reports kept of one installation.
pub const KEPT: u64 = 20;

/// A report as it is stored.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Row {
    pub id: Uuid,
    pub installation_id: Uuid,
    pub requested_by: String,
    pub requested_at: i64,
    pub received_at: Option<i64>,
    pub bytes: i64,
}

const COLUMNS: &str = "id, installation_id, requested_by, requested_at, received_at, bytes";

/// Asks for a report; the oldest beyond [`KEPT`] go.
pub async fn request(
    conn: &impl ConnectionTrait,
    id: Uuid,
    installation: Uuid,
    by: &str,
    now_ms: i64,
) -> Result<(), DbErr> {
    let sql = "INSERT INTO diagnostic (id, installation_id, requested_by, requested_at, bytes) VALUES ($1, $2, $3, $4, 0)";
    conn.execute_raw(statement(conn, sql, [id.into(), installation.into(), by.into(), now_ms.into()]))
        .await?;
    let sql = format!(
        "DELETE FROM diagnostic WHERE installation_id = $1 AND id NOT IN (SELECT id FROM diagnostic \
         WHERE installation_id = $1 ORDER BY requested_at DESC, id DESC LIMIT {KEPT})"
    );
    conn.execute_raw(statement(conn, &sql, [installation.into()])).await.map(drop)
}

/// One report, without its text.
pub async fn find(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Row>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM diagnostic WHERE id = $1");
    Row::find_by_statement(statement(conn, &sql, [id.into()])).one(conn).await
}

/// Reports of an installation, the newest first.
pub async fn of(conn: &impl ConnectionTrait, installation: Uuid) -> Result<Vec<Row>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM diagnostic WHERE installation_id = $1 ORDER BY requested_at DESC, id DESC"
    );
    Row::find_by_statement(statement(conn, &sql, [installation.into()])).all(conn).await
}

#[derive(FromQueryResult)]
struct Text {
    report: Option<String>,
}

/// The text of a report, once it came.
pub async fn text(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<String>, DbErr> {
    let sql = "SELECT report FROM diagnostic WHERE id = $1";
    let row = Text::find_by_statement(statement(conn, sql, [id.into()])).one(conn).await?;
    Ok(row.and_then(|row| row.report))
}

/// Stores a report; false when it came before.
pub async fn receive(
    conn: &impl ConnectionTrait,
    id: Uuid,
    report: &str,
    now_ms: i64,
) -> Result<bool, DbErr> {
    let sql = "UPDATE diagnostic SET report = $2, bytes = $3, received_at = $4 WHERE id = $1 AND received_at IS NULL";
    let bytes = i64::try_from(report.len()).unwrap_or(i64::MAX);
    let values = [id.into(), report.into(), bytes.into(), now_ms.into()];
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected() == 1)
}

/// Removes at most `limit` reports asked for before a time; gives how many.
pub async fn remove_before(conn: &impl ConnectionTrait, before_ms: i64, limit: u64) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM diagnostic WHERE id IN (SELECT id FROM diagnostic WHERE requested_at < $1 LIMIT {limit})"
    );
    Ok(conn.execute_raw(statement(conn, &sql, [before_ms.into()])).await?.rows_affected())
}

/// Removes at most `limit` reports of these installations; gives how many.
pub async fn remove_of(
    conn: &impl ConnectionTrait,
    installations: &[Uuid],
    limit: u64,
) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM diagnostic WHERE id IN (SELECT id FROM diagnostic WHERE installation_id IN ({}) LIMIT {limit})",
        list_of(1, installations.len())
    );
    let values = installations.iter().map(|id| Value::from(*id));
    Ok(conn.execute_raw(statement(conn, &sql, values)).await?.rows_affected())
}

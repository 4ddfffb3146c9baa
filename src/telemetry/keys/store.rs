//! Queries on application keys.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::AppKey;
use crate::db::statement;

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    app: String,
    name: String,
    key: String,
    origins: String,
    rate: i64,
    created_at: i64,
    created_by: Uuid,
}

impl TryFrom<Row> for AppKey {
    type Error = DbErr;

    fn try_from(row: Row) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id,
            app: row.app,
            name: row.name,
            key: row.key,
            origins: serde_json::from_str(&row.origins).map_err(|e| DbErr::Json(e.to_string()))?,
            rate: u32::try_from(row.rate).unwrap_or(super::DEFAULT_RATE),
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// Every key that is not revoked.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<AppKey>, DbErr> {
    let sql = "SELECT id, app, name, key, origins, rate, created_at, created_by FROM app_keys WHERE revoked_at IS NULL";
    let rows = Row::find_by_statement(statement(conn, sql, [])).all(conn).await?;
    rows.into_iter().map(AppKey::try_from).collect()
}

/// The key of an id; none when it is revoked.
pub async fn find(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<AppKey>, DbErr> {
    let sql = "SELECT id, app, name, key, origins, rate, created_at, created_by FROM app_keys \
               WHERE id = $1 AND revoked_at IS NULL";
    let row = Row::find_by_statement(statement(conn, sql, [id.into()])).one(conn).await?;
    row.map(AppKey::try_from).transpose()
}

fn origins(key: &AppKey) -> String {
    serde_json::to_string(&key.origins).expect("a list of texts is JSON")
}

/// Adds a key.
pub async fn insert(conn: &impl ConnectionTrait, key: &AppKey) -> Result<(), DbErr> {
    let sql = "INSERT INTO app_keys (id, app, name, key, origins, rate, created_at, created_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values: [Value; 8] = [
        key.id.into(),
        key.app.as_str().into(),
        key.name.as_str().into(),
        key.key.as_str().into(),
        origins(key).into(),
        i64::from(key.rate).into(),
        key.created_at.into(),
        key.created_by.into(),
    ];
    conn.execute_raw(statement(conn, sql, values)).await.map(drop)
}

/// Stores what can change of a key; `false` when it is revoked.
pub async fn update(conn: &impl ConnectionTrait, key: &AppKey) -> Result<bool, DbErr> {
    let sql = "UPDATE app_keys SET name = $2, origins = $3, rate = $4 WHERE id = $1 AND revoked_at IS NULL";
    let values: [Value; 4] =
        [key.id.into(), key.name.as_str().into(), origins(key).into(), i64::from(key.rate).into()];
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected() > 0)
}

/// Revokes a key; `false` when it is revoked.
pub async fn revoke(conn: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<bool, DbErr> {
    let sql = "UPDATE app_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(conn.execute_raw(statement(conn, sql, [id.into(), now.into()])).await?.rows_affected() > 0)
}

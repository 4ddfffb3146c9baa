//! Queries on idempotency keys.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::Key;
use crate::db::statement;

/// Keys removed with each one that is added: more than come in, so that the old ones go, and few enough to be quick.
const SWEPT: i64 = 20;

/// What a key made.
#[derive(FromQueryResult)]
pub struct Row {
    pub operation: String,
    pub body: Vec<u8>,
    pub response_id: Uuid,
}

/// What the key made at `since` or later.
pub async fn find(conn: &impl ConnectionTrait, key: &Key, since: i64) -> Result<Option<Row>, DbErr> {
    let sql = "SELECT operation, body, response_id FROM idempotency_keys \
               WHERE user_id = $1 AND key = $2 AND created_at >= $3";
    let values: [Value; 3] = [key.user.into(), key.digest.to_vec().into(), since.into()];
    Row::find_by_statement(statement(conn, sql, values)).one(conn).await
}

/// Adds a key, in place of one that is too old.
pub async fn insert(
    conn: &impl ConnectionTrait,
    key: &Key,
    status: u16,
    id: Uuid,
    now_ms: i64,
) -> Result<(), DbErr> {
    let sql = "INSERT INTO idempotency_keys (user_id, key, operation, body, status, response_id, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id, key) DO UPDATE SET operation = excluded.operation, \
               body = excluded.body, status = excluded.status, response_id = excluded.response_id, \
               created_at = excluded.created_at";
    let values: [Value; 7] = [
        key.user.into(),
        key.digest.to_vec().into(),
        key.operation.as_str().into(),
        key.body.to_vec().into(),
        status.into(),
        id.into(),
        now_ms.into(),
    ];
    conn.execute_raw(statement(conn, sql, values)).await.map(drop)
}

/// Removes some of the keys from before `expired`.
pub async fn sweep(conn: &impl ConnectionTrait, expired: i64) -> Result<(), DbErr> {
    let sql = "DELETE FROM idempotency_keys WHERE (user_id, key) IN \
               (SELECT user_id, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
    conn.execute_raw(statement(conn, sql, [expired.into(), SWEPT.into()])).await.map(drop)
}

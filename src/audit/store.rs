//! Queries of the audit log.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::{Action, Filter, Outcome, Recorded};
use crate::db::statement;
use crate::timeline;

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    user_id: Uuid,
    username: String,
    action: String,
    target: String,
    outcome: String,
    status: Option<i64>,
    address: String,
    request_id: String,
}

#[derive(FromQueryResult)]
struct Number {
    number: Option<i64>,
}

async fn number(conn: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Result<Option<i64>, DbErr> {
    let found = Number::find_by_statement(statement(conn, sql, values)).one(conn).await?;
    Ok(found.and_then(|row| row.number))
}

/// The greatest id, 0 when there is none.
pub async fn last(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    Ok(number(conn, "SELECT MAX(id) AS number FROM audit", Vec::new()).await?.unwrap_or(0))
}

/// Adds a row.
pub async fn insert(conn: &impl ConnectionTrait, id: i64, action: &Action) -> Result<(), DbErr> {
    let sql = "INSERT INTO audit (id, user_id, username, action, target, outcome, status, address, request_id) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values: [Value; 9] = [
        id.into(),
        action.user_id.into(),
        action.username.clone().into(),
        action.action.clone().into(),
        serde_json::Value::from(action.target.clone()).to_string().into(),
        action.outcome.as_str().into(),
        action.status.map(i64::from).into(),
        action.address.clone().into(),
        action.request_id.clone().into(),
    ];
    conn.execute_raw(statement(conn, sql, values)).await.map(drop)
}

/// Rows before an id, the newest first. The table is bounded, so the index of time is enough.
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Recorded>, DbErr> {
    let user = filter.user.as_deref();
    let end = filter.to_ms.map_or(i64::MAX, timeline::first_id).min(before.unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT id, user_id, username, action, target, outcome, status, address, request_id FROM audit \
         WHERE id >= $1 AND id < $2 AND ($3 IS NULL OR user_id = $3) \
         AND ($4 IS NULL OR lower(username) = lower($4)) \
         AND ($5 IS NULL OR action = $5 OR substr(action, 1, length($5) + 1) = $5 || '.') \
         AND ($6 IS NULL OR outcome = $6) \
         ORDER BY id DESC LIMIT {limit}"
    );
    let id = user.and_then(|user| Uuid::parse_str(user).ok());
    let values = [
        timeline::first_id(filter.from_ms.unwrap_or(0)).into(),
        end.into(),
        id.into(),
        user.filter(|_| id.is_none()).into(),
        filter.action.as_deref().into(),
        filter.outcome.map(Outcome::as_str).into(),
    ];
    let rows = Row::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    Ok(rows.into_iter().map(Recorded::from).collect())
}

impl From<Row> for Recorded {
    fn from(row: Row) -> Self {
        let target = match serde_json::from_str(&row.target) {
            Ok(serde_json::Value::Object(target)) => target,
            _ => serde_json::Map::new(),
        };
        Self {
            id: row.id,
            action: Action {
                user_id: row.user_id,
                username: row.username,
                action: row.action,
                target,
                outcome: Outcome::stored(&row.outcome),
                status: row.status.and_then(|status| u16::try_from(status).ok()),
                address: row.address,
                request_id: row.request_id,
            },
        }
    }
}

/// How many rows there are.
pub async fn count(conn: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let count = number(conn, "SELECT COUNT(*) AS number FROM audit", Vec::new()).await?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

/// The newest row that is one too many when `most` are kept.
pub async fn surplus(conn: &impl ConnectionTrait, most: i64) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT id AS number FROM audit ORDER BY id DESC LIMIT 1 OFFSET $1";
    number(conn, sql, vec![most.into()]).await
}

/// Removes at most `limit` rows before `id`, the oldest first; gives how many.
pub async fn remove_before(conn: &impl ConnectionTrait, id: i64, limit: u64) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < $1 ORDER BY id LIMIT {limit})"
    );
    Ok(conn.execute_raw(statement(conn, &sql, [id.into()])).await?.rows_affected())
}

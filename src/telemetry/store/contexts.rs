//! Queries on contexts: who and where, once for all signals that have it in common.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::usage::{self, Beside};
use super::{Id, kept};
use crate::db::{json, statement};
use crate::telemetry::context::{Context, ContextHash};

/// Bytes that a context takes, by the bytes of its meta: columns and indexes repeat parts of it. For a query.
const BYTES: &str = "2 * octet_length(meta) + 300";
/// The same for one that is not stored yet.
fn bytes(context: &Context) -> i64 {
    2 * context.meta.json.len() as i64 + 300
}

/// Adds a context, or notes its use; gives its row, and the bytes that it adds.
pub async fn put(
    conn: &impl ConnectionTrait,
    hash: &ContextHash,
    context: &Context,
    now: i64,
) -> Result<(i64, i64), DbErr> {
    let sql = "UPDATE signal_contexts SET last_at = $2 WHERE hash = $1 RETURNING id";
    let values = [hash.to_vec().into(), now.into()];
    if let Some(Id { id }) = Id::find_by_statement(statement(conn, sql, values)).one(conn).await? {
        return Ok((id, 0));
    }
    let sql = "INSERT INTO signal_contexts (hash, app, app_version, environment, installation_id, session, account_id, \
               user_key, user_name, os, os_version, browser, view, page, meta, last_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id";
    let meta = &context.meta;
    let values: [Value; 16] = [
        hash.to_vec().into(),
        meta.app.as_str().into(),
        meta.app_version.as_str().into(),
        meta.environment.as_str().into(),
        context.installation.into(),
        meta.session.as_str().into(),
        context.account.into(),
        meta.user_id.as_str().into(),
        meta.user_name.as_str().into(),
        meta.os.as_str().into(),
        meta.os_version.as_str().into(),
        meta.browser.as_str().into(),
        meta.view.as_str().into(),
        meta.page.as_str().into(),
        meta.json.as_str().into(),
        now.into(),
    ];
    let row = Id::find_by_statement(statement(conn, sql, values)).one(conn).await?;
    let Id { id } = row.ok_or_else(|| DbErr::RecordNotFound("the context just put".to_owned()))?;
    Ok((id, bytes(context)))
}

#[derive(FromQueryResult)]
struct AccountRow {
    account_id: Uuid,
}

/// The account that was logged in during a session of the SDK.
pub async fn account_of(conn: &impl ConnectionTrait, session: &str) -> Result<Option<Uuid>, DbErr> {
    let sql = "SELECT account_id FROM signal_contexts WHERE session = $1 AND account_id IS NOT NULL LIMIT 1";
    let found = AccountRow::find_by_statement(statement(conn, sql, [session.into()])).one(conn).await?;
    Ok(found.map(|row| row.account_id))
}

#[derive(FromQueryResult)]
struct Gone {
    bytes: i64,
}

/// Deletes the contexts `c` that a condition selects, and takes them off the usage; gives how many.
async fn delete(conn: &impl ConnectionTrait, condition: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    let sql = format!("DELETE FROM signal_contexts AS c WHERE {condition} RETURNING {BYTES} AS bytes");
    let gone = Gone::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    usage::change(conn, Beside::Contexts, -gone.iter().map(|gone| gone.bytes).sum::<i64>()).await?;
    Ok(gone.len() as u64)
}

/// No signal points to the context `c`.
const UNUSED: &str = "NOT EXISTS (SELECT 1 FROM signals s WHERE s.context_id = c.id)";

/// Deletes those of some contexts that no signal points to any more; gives how many.
pub async fn delete_unused(conn: &impl ConnectionTrait, ids: &[i64]) -> Result<u64, DbErr> {
    let condition = format!("c.id IN ({}) AND {UNUSED}", json::each_number("$1"));
    delete(conn, &condition, vec![json::numbers(ids).into()]).await
}

/// Deletes an owner's contexts that no signal points to, at most `most`; gives how many.
pub async fn delete_unused_of(
    conn: &impl ConnectionTrait,
    owner: &kept::Owner,
    most: u64,
) -> Result<u64, DbErr> {
    let condition = format!(
        "c.id IN (SELECT c.id FROM signal_contexts c WHERE {} AND {UNUSED} LIMIT {most})",
        kept::owned()
    );
    delete(conn, &condition, owner.values().into()).await
}

/// The last of the next `most` contexts after the id `after`; 0 without any.
pub async fn last(conn: &impl ConnectionTrait, after: i64, most: i64) -> Result<i64, DbErr> {
    let sql = "SELECT COALESCE(MAX(id), 0) AS id FROM \
               (SELECT id FROM signal_contexts WHERE id > $1 ORDER BY id LIMIT $2)";
    let row = Id::find_by_statement(statement(conn, sql, [after.into(), most.into()])).one(conn).await?;
    Ok(row.map_or(0, |row| row.id))
}

/// Deletes contexts after `after` up to `last` that were last used before `edge_ms` and that no signal points to.
pub async fn delete_old(
    conn: &impl ConnectionTrait,
    after: i64,
    last: i64,
    edge_ms: i64,
) -> Result<u64, DbErr> {
    let condition = format!("c.id > $1 AND c.id <= $2 AND c.last_at < $3 AND {UNUSED}");
    delete(conn, &condition, vec![after.into(), last.into(), edge_ms.into()]).await
}

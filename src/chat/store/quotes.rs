//! Queries on what answers quote of a message, in the streams: they follow when its text changes, in steps.

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::messages::to_json;
use super::{all, one, run, stored};
use crate::chat::entity::{BodyRow, IdRow, NumberRow};
use crate::chat::text;
use crate::db::json;

/// Rewrites the events of up to `step` answers with a number below `before`, the newest first. Gives the number from
/// where to go on; `None` when that was all.
pub async fn rewrite(
    conn: &impl ConnectionTrait,
    message: Uuid,
    body: &str,
    before: i64,
    step: u64,
) -> Result<Option<i64>, DbErr> {
    // One more than a step tells whether there is another.
    let chosen =
        "SELECT number FROM chat_messages WHERE reply_to = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
    let mut answers: Vec<NumberRow> =
        all(conn, chosen, [message.into(), before.into(), stored(step + 1).into()]).await?;
    let more = answers.len() as u64 > step;
    answers.truncate(usize::try_from(step).unwrap_or(usize::MAX));
    let Some(oldest) = answers.last().map(|row| row.number) else { return Ok(None) };
    let sql = format!(
        "UPDATE chat_events SET payload = {} WHERE kind IN ('message', 'edit') AND message_id IN \
         (SELECT id FROM chat_messages WHERE reply_to = $1 AND number < $3 AND number >= $4)",
        json::replaced("payload", &[("$.message.reply_to.excerpt", "$2")])
    );
    let excerpt = to_json(&text::excerpt(body));
    run(conn, &sql, [message.into(), excerpt.into(), before.into(), oldest.into()]).await?;
    Ok(more.then_some(oldest))
}

/// Notes that the answers below `before` are still to be rewritten, or that none is.
pub async fn note(conn: &impl ConnectionTrait, message: Uuid, before: Option<i64>) -> Result<(), DbErr> {
    let Some(before) = before else {
        return run(conn, "DELETE FROM chat_requotes WHERE message_id = $1", [message.into()])
            .await
            .map(drop);
    };
    let sql = "INSERT INTO chat_requotes (message_id, before) VALUES ($1, $2) \
               ON CONFLICT (message_id) DO UPDATE SET before = excluded.before";
    run(conn, sql, [message.into(), before.into()]).await.map(drop)
}

/// Where the rewriting of a message's quotes stands, and the text that they follow; `None` when it is done.
pub async fn pending(conn: &impl ConnectionTrait, message: Uuid) -> Result<Option<(i64, String)>, DbErr> {
    let sql = "SELECT q.before, m.body FROM chat_requotes q JOIN chat_messages m ON m.id = q.message_id \
               WHERE q.message_id = $1";
    let row: Option<BodyRow> = one(conn, sql, [message.into()]).await?;
    Ok(row.map(|row| (row.before, row.body)))
}

/// The messages whose quotes do not all follow yet.
pub async fn unfinished(conn: &impl ConnectionTrait) -> Result<Vec<Uuid>, DbErr> {
    let rows: Vec<IdRow> = all(conn, "SELECT message_id AS id FROM chat_requotes", []).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

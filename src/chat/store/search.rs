//! Full-text search over messages.

use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::messages::{COLUMNS, JOINS, view};
use super::{all, stored};
use crate::chat::entity::MessageRow;
use crate::chat::model::RoomId;
use crate::chat::view::Message;
use crate::db::{Words, matches};

/// Messages with all the words, newest first, in the rooms that `user` may read, each with its number: the place
/// to go on from is `before` the last one.
pub async fn find(
    conn: &impl ConnectionTrait,
    user: Uuid,
    words: &Words,
    room: Option<RoomId>,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<(i64, Message)>, DbErr> {
    let mut values: Vec<Value> = vec![words.value().into(), user.into(), stored(limit).into()];
    let mut only = String::new();
    if let Some(room) = room {
        values.push(room.uuid().into());
        only.push_str(&format!(" AND m.room_id = ${}", values.len()));
    }
    if let Some(before) = before {
        values.push(before.into());
        only.push_str(&format!(" AND chat_search.rowid < ${}", values.len()));
    }
    // The index gives its rows newest first, so that the search ends with the page.
    let sql = format!(
        "SELECT {COLUMNS} FROM chat_search JOIN chat_messages m ON m.number = chat_search.rowid \
         JOIN chat_rooms r ON r.id = m.room_id \
         LEFT JOIN chat_members me ON me.room_id = m.room_id AND me.user_id = $2 {JOINS} \
         WHERE {} AND m.deleted_at IS NULL AND r.deleted_at IS NULL \
         AND (r.kind = 'public' OR me.user_id IS NOT NULL){only} ORDER BY chat_search.rowid DESC LIMIT $3",
        matches("chat_search", "$1")
    );
    let rows: Vec<MessageRow> = all(conn, &sql, values).await?;
    rows.into_iter().map(|row| Ok((row.number, view(row)?))).collect()
}

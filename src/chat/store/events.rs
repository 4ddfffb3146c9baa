//! Queries on the streams of rooms: what was published, under its offset.

use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::messages::to_json;
use super::{all, one, run, stored, unsigned};
use crate::chat::entity::{CountRow, EventRow};
use crate::chat::model::RoomId;
use crate::chat::view::Message;
use crate::db::json;

/// Appends an event.
pub async fn append(
    conn: &impl ConnectionTrait,
    room: RoomId,
    offset: i64,
    message: Uuid,
    kind: &str,
    payload: &str,
) -> Result<(), DbErr> {
    let sql =
        "INSERT INTO chat_events (room_id, offset, message_id, kind, payload) VALUES ($1, $2, $3, $4, $5)";
    let values: [Value; 5] = [room.uuid().into(), offset.into(), message.into(), kind.into(), payload.into()];
    run(conn, sql, values).await.map(drop)
}

/// Removes the events up to `offset`.
pub async fn trim(conn: &impl ConnectionTrait, room: RoomId, offset: i64) -> Result<(), DbErr> {
    let sql = "DELETE FROM chat_events WHERE room_id = $1 AND offset <= $2";
    run(conn, sql, [room.uuid().into(), offset.into()]).await.map(drop)
}

/// Events after an offset, oldest first.
pub async fn after(
    conn: &impl ConnectionTrait,
    room: RoomId,
    offset: u64,
    limit: usize,
) -> Result<Vec<EventRow>, DbErr> {
    let sql = "SELECT offset, payload FROM chat_events WHERE room_id = $1 AND offset > $2 \
               ORDER BY offset LIMIT $3";
    all(conn, sql, [room.uuid().into(), stored(offset).into(), stored(limit as u64).into()]).await
}

/// Events before an offset, newest first.
pub async fn before(
    conn: &impl ConnectionTrait,
    room: RoomId,
    offset: u64,
    limit: usize,
) -> Result<Vec<EventRow>, DbErr> {
    let sql = "SELECT offset, payload FROM chat_events WHERE room_id = $1 AND offset < $2 \
               ORDER BY offset DESC LIMIT $3";
    all(conn, sql, [room.uuid().into(), stored(offset).into(), stored(limit as u64).into()]).await
}

/// How many edits of a message are in the stream.
pub async fn edits(conn: &impl ConnectionTrait, message: Uuid) -> Result<u64, DbErr> {
    let sql = "SELECT COUNT(*) AS count FROM chat_events WHERE message_id = $1 AND kind = 'edit'";
    let row: Option<CountRow> = one(conn, sql, [message.into()]).await?;
    Ok(row.map_or(0, |row| unsigned(row.count)))
}

/// Makes the earlier events about an edited or deleted message say what it says now: nobody finds in the stream what its
/// author took back. Its quotes follow by [`super::quotes`].
pub async fn rewrite(conn: &impl ConnectionTrait, message: &Message) -> Result<(), DbErr> {
    let mut changes = vec![
        ("$.message.body", "$2"),
        ("$.message.mentions", "$3"),
        ("$.message.edited_at", "$4"),
        ("$.message.deleted_at", "$5"),
    ];
    if message.deleted_at.is_some() {
        changes.push(("$.message.reactions", "$6"));
    }
    let sql = format!(
        "UPDATE chat_events SET payload = {} WHERE message_id = $1 AND kind IN ('message', 'edit')",
        json::replaced("payload", &changes)
    );
    let mut values: Vec<Value> = vec![
        message.id.into(),
        to_json(&message.body).into(),
        to_json(&message.mentions).into(),
        to_json(&message.edited_at).into(),
        to_json(&message.deleted_at).into(),
    ];
    if message.deleted_at.is_some() {
        values.push(to_json(&message.reactions).into());
    }
    run(conn, &sql, values).await.map(drop)
}

//! Queries on messages.

use sea_orm::{ConnectionTrait, DbErr, Value};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{all, one, run, stored, unsigned};
use crate::chat::entity::MessageRow;
use crate::chat::model::RoomId;
use crate::chat::text::{self, Nonce};
use crate::chat::view::{Message, Person, Quote, Reaction};
use crate::timestamp::Timestamp;

/// Columns of a message with its author and what it answers. Of the answered one only its beginning is read.
pub(super) const COLUMNS: &str = "m.number, m.id, m.room_id, m.offset, m.body, m.mentions, m.reactions, \
     m.created_at, m.edited_at, m.deleted_at, u.id AS user_id, u.username, u.name, \
     p.id AS reply_id, substr(p.body, 1, 200) AS reply_body, pu.id AS reply_user_id, \
     pu.username AS reply_username, pu.name AS reply_name";
/// What [`COLUMNS`] are joined from, beside `chat_messages m`.
pub(super) const JOINS: &str = "JOIN users u ON u.id = m.user_id \
     LEFT JOIN chat_messages p ON p.id = m.reply_to LEFT JOIN users pu ON pu.id = p.user_id";

/// From the database to what is sent.
pub(super) fn view(row: MessageRow) -> Result<Message, DbErr> {
    let reply = (row.reply_id, row.reply_user_id, row.reply_username, row.reply_name);
    let reply_to = match reply {
        (Some(id), Some(user_id), Some(username), Some(name)) => Some(Quote {
            id,
            user: Person { id: user_id, username, name },
            excerpt: text::excerpt(&row.reply_body.unwrap_or_default()),
        }),
        _ => None,
    };
    Ok(Message {
        id: row.id,
        room_id: RoomId::new(row.room_id).to_string(),
        offset: unsigned(row.offset),
        user: Person { id: row.user_id, username: row.username, name: row.name },
        body: row.body,
        reply_to,
        mentions: json(&row.mentions)?,
        reactions: json(&row.reactions)?,
        created_at: Timestamp::from_ms(row.created_at),
        edited_at: row.edited_at.map(Timestamp::from_ms),
        deleted_at: row.deleted_at.map(Timestamp::from_ms),
    })
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|e| DbErr::Json(e.to_string()))
}

/// One message of a room that is not deleted.
pub async fn find(conn: &impl ConnectionTrait, room: RoomId, id: Uuid) -> Result<Option<Message>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM chat_messages m {JOINS} \
         WHERE m.id = $1 AND m.room_id = $2 AND m.deleted_at IS NULL"
    );
    one(conn, &sql, [id.into(), room.uuid().into()]).await?.map(view).transpose()
}

/// The message that its author posted with this nonce.
pub async fn of_nonce(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
    nonce: &Nonce,
) -> Result<Option<Message>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM chat_messages m {JOINS} \
         WHERE m.room_id = $1 AND m.user_id = $2 AND m.nonce = $3"
    );
    one(conn, &sql, [room.uuid().into(), user.into(), nonce.as_str().into()]).await?.map(view).transpose()
}

/// Which part of a room's messages, between two offsets that do not belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Later than this one.
    pub after: u64,
    /// Earlier than this one.
    pub before: u64,
    /// From `before` backwards, instead of from `after` on.
    pub backwards: bool,
}

/// Messages of a room in the order of their offsets, deleted ones included: `limit` from the end that the span
/// starts at.
pub async fn page(
    conn: &impl ConnectionTrait,
    room: RoomId,
    span: Span,
    limit: u64,
) -> Result<Vec<Message>, DbErr> {
    let order = if span.backwards { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {COLUMNS} FROM chat_messages m {JOINS} \
         WHERE m.room_id = $1 AND m.offset > $2 AND m.offset < $3 ORDER BY m.offset {order} LIMIT $4"
    );
    let values: [Value; 4] =
        [room.uuid().into(), stored(span.after).into(), stored(span.before).into(), stored(limit).into()];
    let rows: Vec<MessageRow> = all(conn, &sql, values).await?;
    let mut messages = rows.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    if span.backwards {
        messages.reverse();
    }
    Ok(messages)
}

/// Adds a message.
pub async fn insert(
    conn: &impl ConnectionTrait,
    room: RoomId,
    message: &Message,
    nonce: Option<&Nonce>,
) -> Result<(), DbErr> {
    let sql = "INSERT INTO chat_messages \
               (id, room_id, offset, user_id, body, reply_to, mentions, reactions, nonce, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, '[]', $8, $9)";
    let values: [Value; 9] = [
        message.id.into(),
        room.uuid().into(),
        stored(message.offset).into(),
        message.user.id.into(),
        message.body.as_str().into(),
        message.reply_to.as_ref().map(|quote| quote.id).into(),
        to_json(&message.mentions).into(),
        nonce.map(Nonce::as_str).into(),
        message.created_at.ms().into(),
    ];
    run(conn, sql, values).await.map(drop)
}

/// Stores what an edit or a deletion changes of a message.
pub async fn update(conn: &impl ConnectionTrait, message: &Message) -> Result<(), DbErr> {
    let sql = "UPDATE chat_messages SET body = $2, mentions = $3, reactions = $4, edited_at = $5, \
               deleted_at = $6 WHERE id = $1";
    let values: [Value; 6] = [
        message.id.into(),
        message.body.as_str().into(),
        to_json(&message.mentions).into(),
        to_json(&message.reactions).into(),
        message.edited_at.map(Timestamp::ms).into(),
        message.deleted_at.map(Timestamp::ms).into(),
    ];
    run(conn, sql, values).await.map(drop)
}

/// Stores a message's reactions.
pub async fn react(conn: &impl ConnectionTrait, id: Uuid, reactions: &[Reaction]) -> Result<(), DbErr> {
    let sql = "UPDATE chat_messages SET reactions = $2 WHERE id = $1";
    run(conn, sql, [id.into(), to_json(reactions).into()]).await.map(drop)
}

/// A list of ids or reactions as it is stored.
pub(super) fn to_json<T: serde::Serialize + ?Sized>(list: &T) -> String {
    serde_json::to_string(list).expect("lists of plain values are JSON")
}

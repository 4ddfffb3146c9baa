//! Queries on what members have read, and on the mentions that they have not.

use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::rooms::Access;
use super::{places, run};
use crate::chat::model::RoomId;

/// The member has read everything up to its own new message at `offset`, the `messages`-th of the room. Its mentions up
/// to there no longer count; the next [`mentions_read`] removes them, so that posting need not.
pub async fn posted(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
    offset: i64,
    messages: i64,
) -> Result<(), DbErr> {
    let sql = "UPDATE chat_members SET read_offset = $3, seen = $4 WHERE room_id = $1 AND user_id = $2";
    run(conn, sql, [room.uuid().into(), user.into(), offset.into(), messages.into()]).await.map(drop)
}

/// Moves the member's read mark up to `offset`; false when it is there or beyond.
pub async fn advance(
    conn: &impl ConnectionTrait,
    access: &Access,
    user: Uuid,
    offset: i64,
) -> Result<bool, DbErr> {
    // Counts only what lies beyond the mark, which is mostly nothing.
    let sql = "UPDATE chat_members SET read_offset = $3, seen = $4 - (SELECT COUNT(*) FROM chat_messages \
               WHERE room_id = $1 AND offset > $3 AND deleted_at IS NULL) \
               WHERE room_id = $1 AND user_id = $2 AND read_offset < $3";
    let values = [access.id.uuid().into(), user.into(), offset.into(), access.messages.into()];
    Ok(run(conn, sql, values).await? > 0)
}

/// A message that is gone needs no reading by those who have not read it.
pub async fn discount(conn: &impl ConnectionTrait, room: RoomId, offset: i64) -> Result<(), DbErr> {
    let sql = "UPDATE chat_members SET seen = seen + 1 WHERE room_id = $1 AND read_offset < $2";
    run(conn, sql, [room.uuid().into(), offset.into()]).await.map(drop)
}

/// Notes that the message at `offset` mentions `users`, as far as they are members who have not read it.
pub async fn mention(
    conn: &impl ConnectionTrait,
    room: RoomId,
    offset: i64,
    users: &[Uuid],
) -> Result<(), DbErr> {
    if users.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO chat_unread_mentions (user_id, room_id, offset) \
         SELECT user_id, room_id, $2 FROM chat_members \
         WHERE room_id = $1 AND read_offset < $2 AND user_id IN ({}) ON CONFLICT DO NOTHING",
        places(3, users.len())
    );
    let values = [Value::from(room.uuid()), offset.into()];
    run(conn, &sql, values.into_iter().chain(users.iter().map(|id| Value::from(*id)))).await.map(drop)
}

/// Forgets the unread mentions of the message at `offset`, except those of `users`.
pub async fn unmention_except(
    conn: &impl ConnectionTrait,
    room: RoomId,
    offset: i64,
    users: &[Uuid],
) -> Result<(), DbErr> {
    let sql = format!(
        "DELETE FROM chat_unread_mentions WHERE room_id = $1 AND offset = $2 AND user_id NOT IN ({})",
        places(3, users.len())
    );
    let values = [Value::from(room.uuid()), offset.into()];
    run(conn, &sql, values.into_iter().chain(users.iter().map(|id| Value::from(*id)))).await.map(drop)
}

/// The member has read the mentions up to `offset`.
pub async fn mentions_read(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
    offset: i64,
) -> Result<(), DbErr> {
    let sql = "DELETE FROM chat_unread_mentions WHERE user_id = $1 AND room_id = $2 AND offset <= $3";
    run(conn, sql, [user.into(), room.uuid().into(), offset.into()]).await.map(drop)
}

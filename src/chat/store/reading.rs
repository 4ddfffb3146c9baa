//! Queries on what members have read, and on the mentions that they have not.

use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::{one, places, run};
use crate::chat::entity::MarkRow;
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

/// How a member's read mark is to move.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    from: i64,
    /// The new mark.
    pub to: i64,
    /// Messages in between that were not deleted when the room's newest event was `as_of`.
    passed: i64,
    as_of: i64,
}

/// The move of the member's read mark up to `offset` or the newest event; `None` when it is there or beyond. Counts what
/// lies between, which may be many.
pub async fn step(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
    offset: i64,
) -> Result<Option<Step>, DbErr> {
    // One statement, so that all of it is as of one moment.
    let sql = "SELECT m.read_offset, MIN($3, r.last_offset) AS target, r.last_offset, \
               (SELECT COUNT(*) FROM chat_messages x WHERE x.room_id = $1 AND x.offset > m.read_offset \
               AND x.offset <= MIN($3, r.last_offset) AND x.deleted_at IS NULL) AS passed \
               FROM chat_members m JOIN chat_rooms r ON r.id = m.room_id WHERE m.room_id = $1 AND m.user_id = $2";
    let row: Option<MarkRow> = one(conn, sql, [room.uuid().into(), user.into(), offset.into()]).await?;
    let step = row.map(|row| Step {
        from: row.read_offset,
        to: row.target,
        passed: row.passed,
        as_of: row.last_offset,
    });
    Ok(step.filter(|step| step.to > step.from))
}

/// Moves the member's read mark; false when it is no longer where the step begins.
pub async fn advance(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
    step: &Step,
) -> Result<bool, DbErr> {
    // What was deleted since it was counted was taken off by the deletion.
    let sql = "UPDATE chat_members SET read_offset = $4, seen = seen + $5 - (SELECT COUNT(*) FROM chat_events e \
               JOIN chat_messages x ON x.id = e.message_id WHERE e.room_id = $1 AND e.offset > $6 \
               AND e.kind = 'delete' AND x.offset > $3 AND x.offset <= $4) \
               WHERE room_id = $1 AND user_id = $2 AND read_offset = $3";
    let values: [Value; 6] = [
        room.uuid().into(),
        user.into(),
        step.from.into(),
        step.to.into(),
        step.passed.into(),
        step.as_of.into(),
    ];
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

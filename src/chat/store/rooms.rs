//! Queries on rooms.

use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::{all, corrupt, one, run, stored, unsigned};
use crate::chat::entity::{AccessRow, CountRow, IdRow, RoomRow};
use crate::chat::model::{RoomId, RoomKind, RoomRole};
use crate::chat::text::{RoomName, Topic};
use crate::chat::view::{Person, Room};
use crate::timestamp::Timestamp;

/// What one account may do in a room, and where its stream stands.
#[derive(Clone, Debug)]
pub struct Access {
    /// The room.
    pub id: RoomId,
    /// Its kind.
    pub kind: RoomKind,
    /// Its name; empty for a direct room.
    pub name: String,
    /// Its topic.
    pub topic: String,
    /// Offset of the newest event.
    pub last_offset: i64,
    /// Messages ever posted.
    pub messages: i64,
    /// The account's role; `None` when it is no member.
    pub role: Option<RoomRole>,
}

/// The room, if there is one, and the account's place in it. Says nothing about rights.
pub async fn access(conn: &impl ConnectionTrait, room: RoomId, user: Uuid) -> Result<Option<Access>, DbErr> {
    let sql = "SELECT r.kind, r.name, r.topic, r.last_offset, r.messages, m.role FROM chat_rooms r \
               LEFT JOIN chat_members m ON m.room_id = r.id AND m.user_id = $2 \
               WHERE r.id = $1 AND r.deleted_at IS NULL";
    let row: Option<AccessRow> = one(conn, sql, [room.uuid().into(), user.into()]).await?;
    row.map(|row| {
        Ok(Access {
            id: room,
            kind: kind(&row.kind)?,
            role: role(row.role.as_deref())?,
            name: row.name,
            topic: row.topic,
            last_offset: row.last_offset,
            messages: row.messages,
        })
    })
    .transpose()
}

fn kind(text: &str) -> Result<RoomKind, DbErr> {
    RoomKind::parse(text).ok_or_else(|| corrupt("kind of room", text))
}

fn role(text: Option<&str>) -> Result<Option<RoomRole>, DbErr> {
    text.map(|text| RoomRole::parse(text).ok_or_else(|| corrupt("role in a room", text))).transpose()
}

/// Rooms with everything that a list of them shows, in one query: no count over messages, and the `CASE` keeps it from
/// walking through the members of rooms that are not direct.
const SEEN: &str = "SELECT r.id, r.kind, r.name, r.topic, r.created_at, r.last_offset, r.messages, \
     r.last_message_at, m.role, m.read_offset, m.seen, \
     (SELECT COUNT(*) FROM chat_unread_mentions n WHERE n.user_id = $1 AND n.room_id = r.id \
      AND n.offset > m.read_offset) AS mentions, \
     p.id AS peer_id, p.username AS peer_username, p.name AS peer_name \
     FROM chat_rooms r \
     LEFT JOIN chat_members m ON m.room_id = r.id AND m.user_id = $1 \
     LEFT JOIN chat_members o ON o.room_id = CASE r.kind WHEN 'direct' THEN r.id END AND o.user_id <> $1 \
     LEFT JOIN users p ON p.id = o.user_id \
     WHERE r.deleted_at IS NULL AND (r.kind = 'public' OR m.user_id IS NOT NULL)";

/// The rooms that `user` may read, in the order of their making, from the one after `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    user: Uuid,
    member: Option<bool>,
    after: Option<RoomId>,
    limit: u64,
) -> Result<Vec<Room>, DbErr> {
    let only = match member {
        None => "",
        Some(true) => " AND m.user_id IS NOT NULL",
        Some(false) => " AND m.user_id IS NULL",
    };
    let mut values: Vec<Value> = vec![user.into(), stored(limit).into()];
    let from = match after {
        None => "",
        Some(after) => {
            values.push(after.uuid().into());
            " AND r.id > $3"
        }
    };
    let sql = format!("{SEEN}{only}{from} ORDER BY r.id LIMIT $2");
    all::<RoomRow>(conn, &sql, values).await?.into_iter().map(view).collect()
}

/// One room, if `user` may read it.
pub async fn find(conn: &impl ConnectionTrait, user: Uuid, room: RoomId) -> Result<Option<Room>, DbErr> {
    let sql = format!("{SEEN} AND r.id = $2");
    one::<RoomRow>(conn, &sql, [user.into(), room.uuid().into()]).await?.map(view).transpose()
}

fn view(row: RoomRow) -> Result<Room, DbErr> {
    let id = RoomId::new(row.id);
    let peer = match (row.peer_id, row.peer_username, row.peer_name) {
        (Some(id), Some(username), Some(name)) => Some(Person { id, username, name }),
        _ => None,
    };
    Ok(Room {
        id: id.to_string(),
        kind: kind(&row.kind)?,
        name: peer.as_ref().map_or(row.name, |peer| peer.name.clone()),
        topic: row.topic,
        channel: id.channel(),
        member: row.role.is_some(),
        role: role(row.role.as_deref())?,
        peer,
        created_at: Timestamp::from_ms(row.created_at),
        last_offset: unsigned(row.last_offset),
        last_message_at: row.last_message_at.map(Timestamp::from_ms),
        unread: row.seen.map_or(0, |seen| unsigned(row.messages - seen)),
        mentions: unsigned(row.mentions),
        read_offset: unsigned(row.read_offset.unwrap_or(0)),
    })
}

/// How many rooms count for `owner`, and how many there are: without direct and deleted ones.
pub async fn count(conn: &impl ConnectionTrait, owner: Uuid) -> Result<(u64, u64), DbErr> {
    let sql = "SELECT COUNT(*) AS count FROM chat_rooms WHERE deleted_at IS NULL AND kind <> 'direct'";
    let all: Option<CountRow> = one(conn, sql, []).await?;
    let own: Option<CountRow> = one(conn, &format!("{sql} AND made_by = $1"), [owner.into()]).await?;
    let number = |row: Option<CountRow>| row.map_or(0, |row| unsigned(row.count));
    Ok((number(own), number(all)))
}

/// Whether the room counts for `owner` already.
pub async fn counts_for(conn: &impl ConnectionTrait, room: RoomId, owner: Uuid) -> Result<bool, DbErr> {
    let sql = "SELECT COUNT(*) AS count FROM chat_rooms WHERE id = $1 AND made_by = $2";
    let row: Option<CountRow> = one(conn, sql, [room.uuid().into(), owner.into()]).await?;
    Ok(row.is_some_and(|row| row.count > 0))
}

/// A room to add.
pub struct NewRow<'a> {
    /// Its id.
    pub id: RoomId,
    /// Its kind.
    pub kind: RoomKind,
    /// Its name; empty for a direct one.
    pub name: &'a str,
    /// Its topic.
    pub topic: &'a str,
    /// Where it comes from.
    pub origin: Origin,
    /// Now.
    pub now_ms: i64,
}

/// Where a room comes from.
pub enum Origin {
    /// An account, whose quota it counts for.
    MadeBy(Uuid),
    /// Two accounts: the key of their direct room.
    Pair(Vec<u8>),
}

/// Adds a room without members.
pub async fn insert(conn: &impl ConnectionTrait, new: NewRow<'_>) -> Result<(), DbErr> {
    let sql = "INSERT INTO chat_rooms (id, kind, name, topic, pair, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (id, kind) = (new.id.uuid(), new.kind.as_str());
    let (made_by, pair) = match new.origin {
        Origin::MadeBy(owner) => (Some(owner), None),
        Origin::Pair(pair) => (None, Some(pair)),
    };
    let values: [Value; 7] = [
        id.into(),
        kind.into(),
        new.name.into(),
        new.topic.into(),
        pair.into(),
        made_by.into(),
        new.now_ms.into(),
    ];
    run(conn, sql, values).await.map(drop)
}

/// The direct room of a pair.
pub async fn of_pair(conn: &impl ConnectionTrait, pair: Vec<u8>) -> Result<Option<RoomId>, DbErr> {
    let row: Option<IdRow> = one(conn, "SELECT id FROM chat_rooms WHERE pair = $1", [pair.into()]).await?;
    Ok(row.map(|row| RoomId::new(row.id)))
}

/// Changes what is given.
pub async fn update(
    conn: &impl ConnectionTrait,
    room: RoomId,
    name: Option<&RoomName>,
    topic: Option<&Topic>,
) -> Result<(), DbErr> {
    let sql = "UPDATE chat_rooms SET name = COALESCE($2, name), topic = COALESCE($3, topic) WHERE id = $1";
    let (name, topic) = (name.map(RoomName::as_str), topic.map(Topic::as_str));
    run(conn, sql, [room.uuid().into(), name.into(), topic.into()]).await.map(drop)
}

/// Moves the stream on to `offset`; `posted_at` says that the event is a new message.
pub async fn advance(
    conn: &impl ConnectionTrait,
    room: RoomId,
    offset: i64,
    posted_at: Option<i64>,
) -> Result<(), DbErr> {
    let sql = "UPDATE chat_rooms SET last_offset = $2, messages = messages + ($3 IS NOT NULL), \
               last_message_at = COALESCE($3, last_message_at) WHERE id = $1";
    run(conn, sql, [room.uuid().into(), offset.into(), posted_at.into()]).await.map(drop)
}

/// Takes the room out of everybody's sight. Its messages are removed in steps by [`purge`].
pub async fn hide(conn: &impl ConnectionTrait, room: RoomId, now_ms: i64) -> Result<(), DbErr> {
    let id = room.uuid();
    run(conn, "UPDATE chat_rooms SET deleted_at = $2 WHERE id = $1", [id.into(), now_ms.into()]).await?;
    run(conn, "DELETE FROM chat_unread_mentions WHERE room_id = $1", [id.into()]).await?;
    run(conn, "DELETE FROM chat_members WHERE room_id = $1", [id.into()]).await.map(drop)
}

/// Rooms that are hidden but not yet removed.
pub async fn hidden(conn: &impl ConnectionTrait) -> Result<Vec<RoomId>, DbErr> {
    let rows: Vec<IdRow> = all(conn, "SELECT id FROM chat_rooms WHERE deleted_at IS NOT NULL", []).await?;
    Ok(rows.into_iter().map(|row| RoomId::new(row.id)).collect())
}

/// Removes up to `step` events and messages of a hidden room, and the room itself when none is left; true then.
pub async fn purge(conn: &impl ConnectionTrait, room: RoomId, step: i64) -> Result<bool, DbErr> {
    let values = || [room.uuid().into(), step.into()];
    let events = "DELETE FROM chat_events WHERE room_id = $1 AND offset IN \
                  (SELECT offset FROM chat_events WHERE room_id = $1 ORDER BY offset LIMIT $2)";
    let messages = "DELETE FROM chat_messages WHERE number IN \
                    (SELECT number FROM chat_messages WHERE room_id = $1 ORDER BY offset LIMIT $2)";
    if run(conn, events, values()).await? + run(conn, messages, values()).await? > 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM chat_rooms WHERE id = $1 AND deleted_at IS NOT NULL";
    run(conn, sql, [room.uuid().into()]).await.map(|_| true)
}

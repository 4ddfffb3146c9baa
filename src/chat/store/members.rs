//! Queries on members of rooms.

use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::{all, corrupt, one, places, run, stored, unsigned};
use crate::chat::entity::{IdRow, MemberRow, PersonRow, StandingRow};
use crate::chat::model::{RoomId, RoomRole};
use crate::chat::view::{Person, RoomMember};
use crate::timestamp::Timestamp;

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        Self { id: row.id, username: row.username, name: row.name }
    }
}

/// Members of a room by account id, from the one after `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    room: RoomId,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<RoomMember>, DbErr> {
    let mut values: Vec<Value> = vec![room.uuid().into(), stored(limit).into()];
    let from = match after {
        None => "",
        Some(after) => {
            values.push(after.into());
            " AND m.user_id > $3"
        }
    };
    let sql = format!(
        "SELECT u.id, u.username, u.name, m.role, m.joined_at, m.read_offset \
         FROM chat_members m JOIN users u ON u.id = m.user_id \
         WHERE m.room_id = $1{from} ORDER BY m.user_id LIMIT $2"
    );
    let view = |row: MemberRow| {
        Ok(RoomMember {
            role: RoomRole::parse(&row.role).ok_or_else(|| corrupt("role in a room", &row.role))?,
            joined_at: Timestamp::from_ms(row.joined_at),
            read_offset: unsigned(row.read_offset),
            user: Person { id: row.id, username: row.username, name: row.name },
        })
    };
    all(conn, &sql, values).await?.into_iter().map(view).collect()
}

/// Ids of all members.
pub async fn ids(conn: &impl ConnectionTrait, room: RoomId) -> Result<Vec<Uuid>, DbErr> {
    let sql = "SELECT user_id AS id FROM chat_members WHERE room_id = $1";
    let rows: Vec<IdRow> = all(conn, sql, [room.uuid().into()]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The accounts among `users` that exist, disabled ones too.
pub async fn people(conn: &impl ConnectionTrait, users: &[Uuid]) -> Result<Vec<Person>, DbErr> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT id, username, name FROM users WHERE id IN ({})", places(1, users.len()));
    let rows: Vec<PersonRow> = all(conn, &sql, users.iter().map(|id| Value::from(*id))).await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Ids of the members whose user name is among `names`, which are in lower case.
pub async fn named(
    conn: &impl ConnectionTrait,
    room: RoomId,
    names: Vec<String>,
) -> Result<Vec<Uuid>, DbErr> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT u.id FROM users u JOIN chat_members m ON m.room_id = $1 AND m.user_id = u.id \
         WHERE u.username_key IN ({}) ORDER BY u.id",
        places(2, names.len())
    );
    let values = std::iter::once(room.uuid().into()).chain(names.into_iter().map(Value::from));
    let rows: Vec<IdRow> = all(conn, &sql, values).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Adds a member, for whom everything said so far counts as read; false when it is one already.
pub async fn add(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
    role: RoomRole,
    now_ms: i64,
) -> Result<bool, DbErr> {
    let sql = "INSERT INTO chat_members (room_id, user_id, role, joined_at, read_offset, seen) \
               SELECT id, $2, $3, $4, last_offset, messages FROM chat_rooms WHERE id = $1 \
               ON CONFLICT DO NOTHING";
    let values: [Value; 4] = [room.uuid().into(), user.into(), role.as_str().into(), now_ms.into()];
    Ok(run(conn, sql, values).await? > 0)
}

/// Removes a member; false when it is none.
pub async fn remove(conn: &impl ConnectionTrait, room: RoomId, user: Uuid) -> Result<bool, DbErr> {
    let values = || [room.uuid().into(), user.into()];
    run(conn, "DELETE FROM chat_unread_mentions WHERE room_id = $1 AND user_id = $2", values()).await?;
    Ok(run(conn, "DELETE FROM chat_members WHERE room_id = $1 AND user_id = $2", values()).await? > 0)
}

/// The member of longest standing that a room without an owner goes to: one that may write and has fewer than `most`
/// rooms. `None` when there is an owner, or no such member.
pub async fn heir(conn: &impl ConnectionTrait, room: RoomId, most: u64) -> Result<Option<Uuid>, DbErr> {
    let sql = "SELECT m.user_id AS id FROM chat_members m JOIN users u ON u.id = m.user_id \
               WHERE m.room_id = $1 AND u.disabled = 0 AND u.role <> 'viewer' \
               AND NOT EXISTS (SELECT 1 FROM chat_members WHERE room_id = $1 AND role = 'owner') \
               AND (SELECT COUNT(*) FROM chat_rooms \
                    WHERE deleted_at IS NULL AND kind <> 'direct' AND made_by = m.user_id) < $2 \
               ORDER BY m.joined_at, m.user_id LIMIT 1";
    let row: Option<IdRow> = one(conn, sql, [room.uuid().into(), stored(most).into()]).await?;
    Ok(row.map(|row| row.id))
}

/// A member's role, and whether the account may write; `None` when it is no member.
pub async fn standing(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
) -> Result<Option<(RoomRole, bool)>, DbErr> {
    let sql = "SELECT m.role, u.disabled = 0 AND u.role <> 'viewer' AS writes FROM chat_members m \
               JOIN users u ON u.id = m.user_id WHERE m.room_id = $1 AND m.user_id = $2";
    let row: Option<StandingRow> = one(conn, sql, [room.uuid().into(), user.into()]).await?;
    let role = |row: StandingRow| {
        let role = RoomRole::parse(&row.role).ok_or_else(|| corrupt("role in a room", &row.role))?;
        Ok((role, row.writes))
    };
    row.map(role).transpose()
}

/// Makes a member the only owner, for whose number of rooms it counts from now on.
pub async fn hand_over(conn: &impl ConnectionTrait, room: RoomId, owner: Uuid) -> Result<(), DbErr> {
    let values = || [room.uuid().into(), owner.into()];
    let sql = "UPDATE chat_members SET role = CASE user_id WHEN $2 THEN 'owner' ELSE 'member' END \
               WHERE room_id = $1 AND (role = 'owner' OR user_id = $2)";
    run(conn, sql, values()).await?;
    run(conn, "UPDATE chat_rooms SET made_by = $2 WHERE id = $1", values()).await.map(drop)
}

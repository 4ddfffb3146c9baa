//! Rows as the queries of this slice read them.

use sea_orm::FromQueryResult;
use uuid::Uuid;

/// A room and one account's place in it.
#[derive(Debug, FromQueryResult)]
pub struct AccessRow {
    pub kind: String,
    pub name: String,
    pub topic: String,
    pub last_offset: i64,
    pub messages: i64,
    pub role: Option<String>,
}

/// A room as one account sees it.
#[derive(Debug, FromQueryResult)]
pub struct RoomRow {
    pub id: Uuid,
    pub kind: String,
    pub name: String,
    pub topic: String,
    pub created_at: i64,
    pub last_offset: i64,
    pub messages: i64,
    pub last_message_at: Option<i64>,
    pub role: Option<String>,
    pub read_offset: Option<i64>,
    pub seen: Option<i64>,
    pub mentions: i64,
    pub peer_id: Option<Uuid>,
    pub peer_username: Option<String>,
    pub peer_name: Option<String>,
}

/// An account.
#[derive(Debug, FromQueryResult)]
pub struct PersonRow {
    pub id: Uuid,
    pub username: String,
    pub name: String,
}

/// A member of a room.
#[derive(Debug, FromQueryResult)]
pub struct MemberRow {
    pub id: Uuid,
    pub username: String,
    pub name: String,
    pub role: String,
    pub joined_at: i64,
    pub read_offset: i64,
}

/// A message with its author and what it answers.
#[derive(Debug, FromQueryResult)]
pub struct MessageRow {
    pub number: i64,
    pub id: Uuid,
    pub room_id: Uuid,
    pub offset: i64,
    pub body: String,
    pub mentions: String,
    pub reactions: String,
    pub created_at: i64,
    pub edited_at: Option<i64>,
    pub deleted_at: Option<i64>,
    pub user_id: Uuid,
    pub username: String,
    pub name: String,
    pub reply_id: Option<Uuid>,
    pub reply_body: Option<String>,
    pub reply_user_id: Option<Uuid>,
    pub reply_username: Option<String>,
    pub reply_name: Option<String>,
}

/// One publication of a room's stream.
#[derive(Debug, FromQueryResult)]
pub struct EventRow {
    pub offset: i64,
    pub payload: String,
}

/// An id alone.
#[derive(Debug, FromQueryResult)]
pub struct IdRow {
    pub id: Uuid,
}

/// A number alone.
#[derive(Debug, FromQueryResult)]
pub struct CountRow {
    pub count: i64,
}

/// Where a member's read mark stands and may go.
#[derive(Debug, FromQueryResult)]
pub struct MarkRow {
    pub read_offset: i64,
    pub target: i64,
    pub last_offset: i64,
    pub passed: i64,
}

/// A message's number alone.
#[derive(Debug, FromQueryResult)]
pub struct NumberRow {
    pub number: i64,
}

/// A message whose quotes are being rewritten.
#[derive(Debug, FromQueryResult)]
pub struct BodyRow {
    pub before: i64,
    pub body: String,
}

/// What decides whether a member may be an owner.
#[derive(Debug, FromQueryResult)]
pub struct StandingRow {
    pub role: String,
    pub writes: bool,
}

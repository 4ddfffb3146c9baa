//! Rooms and messages as they leave the server: the same JSON in the API and in channels.

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{RoomKind, RoomRole};
use crate::timestamp::Timestamp;

/// An account, as far as it matters beside a message
#[derive(Clone, Debug, Object, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Id of the account
    pub id: Uuid,
    /// Login name, by which it is mentioned
    pub username: String,
    /// Name as shown to people
    pub name: String,
}

/// A room as one account sees it
#[derive(Clone, Debug, Object, PartialEq, Eq, Serialize)]
#[oai(example)]
pub struct Room {
    /// Id: a UUID, or `general`
    pub id: String,
    /// Who may find and read it
    pub kind: RoomKind,
    /// Name; of a direct room: the name of the other account
    pub name: String,
    /// What it is about
    pub topic: String,
    /// Channel of its events
    pub channel: String,
    /// Whether the caller is a member
    pub member: bool,
    /// The caller's role in it; null for others than members
    pub role: Option<RoomRole>,
    /// The other account of a direct room
    pub peer: Option<Person>,
    /// When it was made
    pub created_at: Timestamp,
    /// Offset of the newest event in its channel
    pub last_offset: u64,
    /// When the newest message was posted
    pub last_message_at: Option<Timestamp>,
    /// Messages that the caller has not read
    pub unread: u64,
    /// Unread messages that mention the caller
    pub mentions: u64,
    /// Offset up to which the caller has read
    pub read_offset: u64,
}

/// Beginning of a message that another one answers
#[derive(Clone, Debug, Object, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// Id of the message
    pub id: Uuid,
    /// Who wrote it
    pub user: Person,
    /// Its beginning; empty when it was deleted
    pub excerpt: String,
}

/// Everybody who reacted with one emoji
#[derive(Clone, Debug, Deserialize, Object, PartialEq, Eq, Serialize)]
pub struct Reaction {
    /// The emoji
    pub emoji: String,
    /// Who reacted with it, in order
    pub user_ids: Vec<Uuid>,
}

/// A message
#[derive(Clone, Debug, Object, PartialEq, Eq, Serialize)]
#[oai(example)]
pub struct Message {
    /// Id
    pub id: Uuid,
    /// Id of the room
    pub room_id: String,
    /// Its position in the room
    pub offset: u64,
    /// Who wrote it
    pub user: Person,
    /// Its text, exactly as written; empty when it was deleted
    pub body: String,
    /// The message that it answers
    pub reply_to: Option<Quote>,
    /// Ids of the members that it mentions
    pub mentions: Vec<Uuid>,
    /// Reactions, in the order of first use
    pub reactions: Vec<Reaction>,
    /// When it was posted
    pub created_at: Timestamp,
    /// When its text was last changed
    pub edited_at: Option<Timestamp>,
    /// When it was deleted
    pub deleted_at: Option<Timestamp>,
}

/// A member of a room
#[derive(Clone, Debug, Object, PartialEq, Eq)]
pub struct RoomMember {
    /// The account
    pub user: Person,
    /// What it may do in the room
    pub role: RoomRole,
    /// Since when it is a member
    pub joined_at: Timestamp,
    /// Offset up to which it has read
    pub read_offset: u64,
}

const ROOM: Uuid = Uuid::from_u128(0x019a_a9f1_4c00_7000_8000_0000_0000_0001);

impl Example for Person {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019a_a9f1_4c00_7000_8000_0000_0000_0002),
            username: "ann".to_owned(),
            name: "Ann Archer".to_owned(),
        }
    }
}

impl Example for Room {
    fn example() -> Self {
        Self {
            id: ROOM.to_string(),
            kind: RoomKind::Public,
            name: "Design".to_owned(),
            topic: "Colours and corners".to_owned(),
            channel: format!("chat:{ROOM}"),
            member: true,
            role: Some(RoomRole::Owner),
            peer: None,
            created_at: Timestamp::from_ms(1_795_341_600_000),
            last_offset: 42,
            last_message_at: Some(Timestamp::from_ms(1_795_341_660_000)),
            unread: 3,
            mentions: 1,
            read_offset: 38,
        }
    }
}

impl Example for Message {
    fn example() -> Self {
        let ann = Person::example();
        Self {
            id: Uuid::from_u128(0x019a_a9f1_4c00_7000_8000_0000_0000_0003),
            room_id: ROOM.to_string(),
            offset: 42,
            body: "@bob the new colours are in".to_owned(),
            reply_to: None,
            mentions: vec![Uuid::from_u128(0x019a_a9f1_4c00_7000_8000_0000_0000_0004)],
            reactions: vec![Reaction { emoji: "👍".to_owned(), user_ids: vec![ann.id] }],
            user: ann,
            created_at: Timestamp::from_ms(1_795_341_660_000),
            edited_at: None,
            deleted_at: None,
        }
    }
}

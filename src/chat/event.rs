//! What is published: in a room's channel, and to an account on its own.

use serde::Serialize;
use uuid::Uuid;

use super::model::RoomKind;
use super::view::{Message, Person, Room};
use crate::timestamp::Timestamp;

/// A stored change of a room: takes the next offset of its stream.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A new message.
    Message {
        message: &'a Message,
        /// What its author called it, to know it again.
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<&'a str>,
    },
    /// A message has a new text.
    Edit { message: &'a Message },
    /// A message is gone.
    Delete { id: Uuid, deleted_at: Timestamp },
    /// Somebody reacted to a message, or took it back.
    Reaction { id: Uuid, emoji: &'a str, user_id: Uuid, added: bool },
}

impl Event<'_> {
    /// The type as it is stored and sent.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::Reaction { .. } => "reaction",
        }
    }
}

/// Something in a room that matters only now: it is not stored and has no offset.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Passing<'a> {
    /// Somebody is writing.
    Typing { user: &'a Person },
    /// Somebody has read up to an offset.
    Read { user_id: Uuid, offset: u64 },
}

/// What an account is told about its rooms, whichever room it looks at.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum Notice<'a> {
    /// The account is now a member.
    #[serde(rename = "room.added")]
    Added { room: &'a Room },
    /// The account is no longer a member.
    #[serde(rename = "room.removed")]
    Removed { room_id: String, reason: Removal },
    /// The room or its members changed.
    #[serde(rename = "room.updated")]
    Updated { room: RoomName<'a>, added: Vec<Person>, removed: Vec<Uuid> },
    /// Somebody mentioned the account. It carries no text: what its author takes back must not stay here.
    #[serde(rename = "mention")]
    Mention { room: RoomName<'a>, message_id: Uuid, offset: u64, user: &'a Person, created_at: Timestamp },
}

/// Why an account is no longer a member.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// It left.
    Left,
    /// Somebody removed it.
    Removed,
    /// The room was deleted.
    Deleted,
}

/// What is the same of a room for all who see it.
#[derive(Clone, Debug, Serialize)]
pub struct RoomName<'a> {
    /// Id.
    pub id: String,
    /// Kind.
    pub kind: RoomKind,
    /// Name; empty for a direct room.
    pub name: &'a str,
    /// Topic.
    pub topic: &'a str,
}

//! What a room is: its name in the database and in channels, its kind, and the roles in it.

use std::fmt;

use poem_openapi::Enum;
use serde::Serialize;
use uuid::Uuid;

/// Name of the channels of rooms, before the colon.
pub const PREFIX: &str = "chat";

/// Which room. `general` for the one that everybody is in, otherwise a UUID in its usual form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(Uuid);

impl RoomId {
    /// The room that every account is a member of.
    pub const GENERAL: Self = Self(Uuid::nil());
    const GENERAL_NAME: &str = "general";

    /// From the database, or newly made.
    pub fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// Accepts only the one form that [`RoomId`] is written in, as it also names the channel.
    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::GENERAL_NAME {
            return Some(Self::GENERAL);
        }
        let id = Uuid::try_parse(text).ok().filter(|id| !id.is_nil())?;
        (id.to_string() == text).then_some(Self(id))
    }

    /// From the name of a channel.
    pub fn of_channel(channel: &str) -> Option<Self> {
        Self::parse(channel.strip_prefix(PREFIX)?.strip_prefix(':')?)
    }

    /// The channel in which the room's events are published.
    pub fn channel(self) -> String {
        format!("{PREFIX}:{self}")
    }

    /// As it is stored.
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// Whether it is the room that everybody is in.
    pub fn is_general(self) -> bool {
        self == Self::GENERAL
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_general() { f.write_str(Self::GENERAL_NAME) } else { self.0.fmt(f) }
    }
}

/// Who may find and read a room.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Everybody reads it and may join; members post
    Public,
    /// Only members know of it
    Private,
    /// Two accounts, for good
    Direct,
}

impl RoomKind {
    const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Direct];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }

    /// From the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// What a member may do in a room.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// Changes the room and its members, deletes others' messages
    Owner,
    /// Reads and posts
    Member,
}

impl RoomRole {
    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
        }
    }

    /// From the database.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Member].into_iter().find(|r| r.as_str() == text)
    }
}

/// The key under which a pair of accounts has its one direct room, whoever asks first.
pub fn pair(a: Uuid, b: Uuid) -> Vec<u8> {
    [a.min(b).into_bytes(), a.max(b).into_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_has_one_channel() {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00ab);
        assert_eq!(RoomId::parse(&id.to_string()), Some(RoomId::new(id)));
        assert_eq!(RoomId::of_channel(&RoomId::new(id).channel()), Some(RoomId::new(id)));
        assert_eq!(RoomId::of_channel("chat:general"), Some(RoomId::GENERAL));
        assert_eq!(RoomId::GENERAL.channel(), "chat:general");
        let upper = id.to_string().to_uppercase();
        let nil = Uuid::nil().to_string();
        let simple = id.simple().to_string();
        for other in [upper.as_str(), &nil, &simple, "General", "", " general", "lobby"] {
            assert_eq!(RoomId::parse(other), None, "{other}");
        }
        for channel in ["chat", "chat:", "chatgeneral", "user:general"] {
            assert_eq!(RoomId::of_channel(channel), None, "{channel}");
        }
    }

    #[test]
    fn a_pair_has_no_order() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(pair(a, b), pair(b, a));
        assert_ne!(pair(a, b), pair(a, a));
    }
}

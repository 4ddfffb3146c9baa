//! Operations on members of rooms, and on what they have read.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::fields::RoomParam;
use super::{Done, Group, cut};
use crate::auth::{Member, Viewer, scope};
use crate::chat::Chat;
use crate::chat::view::RoomMember;
use crate::error::ApiError;
use crate::page;

/// Operations on members.
pub struct MembersApi {
    pub chat: Chat,
}

/// A page of members
#[derive(Debug, Object)]
struct RoomMembers {
    /// The members, by account id
    items: Vec<RoomMember>,
    /// Where the next page starts; null on the last one
    next: Option<String>,
}

/// How far one has read
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct ReadMark {
    /// Offset of the last event that was read; more than there is means everything
    offset: u64,
}

impl Example for ReadMark {
    fn example() -> Self {
        Self { offset: 42 }
    }
}

#[OpenApi(prefix_path = "/chat", tag = "Group::Chat")]
impl MembersApi {
    /// List members of a room
    #[oai(path = "/rooms/:room_id/members", method = "get", operation_id = "list_room_members")]
    async fn list(
        &self,
        who: Viewer<scope::ChatRead>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Most members to return; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        cursor: Query<Option<String>>,
    ) -> Result<Json<RoomMembers>, ApiError> {
        let limit = page::limit(limit.0)?;
        let after = cursor.0.as_deref().map(page::decode::<Uuid>).transpose()?;
        let mut items = self.chat.members(&who, room_id.0.0, after, limit + 1).await?;
        let more = cut(&mut items, limit);
        let last = items.last().filter(|_| more);
        Ok(Json(RoomMembers { next: last.map(|member| page::encode(&member.user.id)), items }))
    }

    /// Add a member to a room
    ///
    /// With your own id, you join a public room. The owner and admins add others. Nobody joins a direct room: 409
    /// `direct_room`.
    #[oai(path = "/rooms/:room_id/members/:user_id", method = "put", operation_id = "add_room_member")]
    async fn add(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Id of the account
        user_id: Path<Uuid>,
    ) -> Result<Done, ApiError> {
        self.chat.join(&who, room_id.0.0, user_id.0).await?;
        Ok(Done::Done)
    }

    /// Remove a member from a room
    ///
    /// With your own id, you leave it. The owner and admins remove others. A room without an owner goes to the member
    /// of longest standing; a private room is deleted with its last member. Nobody leaves `general` (409 `general_room`) or
    /// a direct room (409 `direct_room`).
    #[oai(path = "/rooms/:room_id/members/:user_id", method = "delete", operation_id = "remove_room_member")]
    async fn remove(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Id of the account
        user_id: Path<Uuid>,
    ) -> Result<Done, ApiError> {
        self.chat.leave(&who, room_id.0.0, user_id.0).await?;
        Ok(Done::Done)
    }

    /// Mark a room as read
    ///
    /// Up to an offset; the mark never moves backwards. Viewers may do this too: it is part of reading.
    #[oai(path = "/rooms/:room_id/read", method = "put", operation_id = "mark_room_read")]
    async fn read(
        &self,
        who: Viewer<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        body: Json<ReadMark>,
    ) -> Result<Done, ApiError> {
        self.chat.read(&who, room_id.0.0, body.offset).await?;
        Ok(Done::Done)
    }
}

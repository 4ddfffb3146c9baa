//! Operations on rooms.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use uuid::Uuid;

use super::fields::{NameText, RoomParam, TopicText};
use super::{Done, Group, check, cut};
use crate::auth::{Member, Viewer, scope};
use crate::chat::Chat;
use crate::chat::model::RoomId;
use crate::chat::service::{NewRoom, RoomEdit};
use crate::chat::text::{RoomName, Topic};
use crate::chat::view::{Person, Room};
use crate::error::ApiError;
use crate::idempotency::IdempotencyKey;
use crate::page;

/// Operations on rooms.
pub struct RoomsApi {
    pub chat: Chat,
}

/// Kind of a room that one makes
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
enum NewRoomKind {
    /// Everybody reads it and may join; members post
    Public,
    /// Only members know of it
    Private,
}

/// A room to make
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct CreateRoom {
    /// Its name
    name: NameText,
    /// Who may find and read it
    kind: NewRoomKind,
    /// What it is about
    topic: Option<TopicText>,
    /// Ids of accounts that are members from the start, beside yourself
    #[oai(validator(max_items = 200))]
    members: Option<Vec<Uuid>>,
}

impl Example for CreateRoom {
    fn example() -> Self {
        Self {
            name: NameText("Design".to_owned()),
            kind: NewRoomKind::Public,
            topic: Some(TopicText("Colours and corners".to_owned())),
            members: None,
        }
    }
}

/// What to change of a room; what is left out stays
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct UpdateRoom {
    /// Its new name
    name: Option<NameText>,
    /// Its new topic
    topic: Option<TopicText>,
    /// Id of the member to hand the room to; the owner before stays a member
    owner_id: Option<Uuid>,
}

impl Example for UpdateRoom {
    fn example() -> Self {
        Self { owner_id: None, name: None, topic: Some(TopicText("Colours, corners and shadows".to_owned())) }
    }
}

/// With whom to talk
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct OpenDirect {
    /// Id of the other account
    user_id: Uuid,
}

impl Example for OpenDirect {
    fn example() -> Self {
        Self { user_id: Person::example().id }
    }
}

/// A page of rooms
#[derive(Debug, Object)]
struct Rooms {
    /// The rooms, in the order of their making
    items: Vec<Room>,
    /// Where the next page starts; null on the last one
    next: Option<String>,
}

/// A room was made
#[derive(ApiResponse)]
enum Made {
    /// The room
    #[oai(status = 201)]
    Room(Json<Room>),
}

#[OpenApi(prefix_path = "/chat", tag = "Group::Chat")]
impl RoomsApi {
    /// List rooms
    ///
    /// The rooms that you may read: public ones, and those you are a member of, each with what you have not read.
    #[oai(path = "/rooms", method = "get", operation_id = "list_rooms")]
    async fn list(
        &self,
        who: Viewer<scope::ChatRead>,
        /// Only rooms that you are (`true`) or are not (`false`) a member of
        member: Query<Option<bool>>,
        /// Most rooms to return; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        cursor: Query<Option<String>>,
    ) -> Result<Json<Rooms>, ApiError> {
        let limit = page::limit(limit.0)?;
        let after = cursor.0.as_deref().map(page::decode::<Uuid>).transpose()?.map(RoomId::new);
        let mut items = self.chat.rooms(&who, member.0, after, limit + 1).await?;
        let more = cut(&mut items, limit);
        let last = items.last().filter(|_| more).and_then(|room| RoomId::parse(&room.id));
        Ok(Json(Rooms { next: last.map(|id| page::encode(&id.uuid())), items }))
    }

    /// Make a room
    ///
    /// You become its owner. An account makes at most 200 rooms, direct ones and deleted ones not counted:
    /// 409 `limit_reached`.
    #[oai(path = "/rooms", method = "post", operation_id = "create_room")]
    async fn create(
        &self,
        who: Member<scope::ChatWrite>,
        /// Names this attempt for 24 hours: repeated with it, the same request makes nothing new
        #[oai(name = "Idempotency-Key")]
        key: IdempotencyKey,
        body: Json<CreateRoom>,
    ) -> Result<Made, ApiError> {
        let mut errors = Vec::new();
        let name = check(&mut errors, "name", RoomName::parse(&body.name.0));
        let topic = body.topic.as_ref().map_or("", |t| &t.0);
        let topic = check(&mut errors, "topic", Topic::parse(topic));
        let (Some(name), Some(topic)) = (name, topic) else { return Err(ApiError::fields(errors)) };
        let public = body.kind == NewRoomKind::Public;
        let new = NewRoom { name, topic, public, members: body.0.members.unwrap_or_default() };
        Ok(Made::Room(Json(self.chat.make(&who, new, key.0).await?)))
    }

    /// Open the direct room with an account
    ///
    /// It is the same room each time, whichever of the two opens it.
    #[oai(path = "/direct", method = "post", operation_id = "open_direct_room")]
    async fn direct(
        &self,
        who: Member<scope::ChatWrite>,
        body: Json<OpenDirect>,
    ) -> Result<Json<Room>, ApiError> {
        Ok(Json(self.chat.direct(&who, body.user_id).await?))
    }

    /// Get a room
    #[oai(path = "/rooms/:room_id", method = "get", operation_id = "get_room")]
    async fn get(
        &self,
        who: Viewer<scope::ChatRead>,
        /// Id of the room
        room_id: Path<RoomParam>,
    ) -> Result<Json<Room>, ApiError> {
        Ok(Json(self.chat.room(&who, room_id.0.0).await?))
    }

    /// Change a room
    ///
    /// For its owner and admins. A direct room cannot be changed (409 `direct_room`), and `general` not be handed over (409
    /// `general_room`). Handed over to another member, it counts for that one's number of rooms (409 `limit_reached`).
    #[oai(path = "/rooms/:room_id", method = "patch", operation_id = "update_room")]
    async fn update(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        body: Json<UpdateRoom>,
    ) -> Result<Json<Room>, ApiError> {
        let mut errors = Vec::new();
        let name = body.name.as_ref().and_then(|n| check(&mut errors, "name", RoomName::parse(&n.0)));
        let topic = body.topic.as_ref().and_then(|t| check(&mut errors, "topic", Topic::parse(&t.0)));
        if !errors.is_empty() {
            return Err(ApiError::fields(errors));
        }
        Ok(Json(self.chat.change(&who, room_id.0.0, RoomEdit { name, topic, owner: body.owner_id }).await?))
    }

    /// Delete a room
    ///
    /// With everything in it, for good. For its owner and admins; `general` (409 `general_room`) and direct rooms (409
    /// `direct_room`) stay.
    #[oai(path = "/rooms/:room_id", method = "delete", operation_id = "delete_room")]
    async fn delete(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
    ) -> Result<Done, ApiError> {
        self.chat.remove(&who, room_id.0.0).await?;
        Ok(Done::Done)
    }
}

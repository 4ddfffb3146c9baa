//! Operations on messages.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fields::{BodyText, NonceText, RoomParam};
use super::{Done, Group, check, cut};
use crate::auth::{Identity, Member, Viewer, scope};
use crate::chat::Chat;
use crate::chat::emoji::Emoji;
use crate::chat::model::RoomId;
use crate::chat::service::NewMessage;
use crate::chat::store::messages::Span;
use crate::chat::text::{Body, Nonce};
use crate::chat::view::Message;
use crate::error::ApiError;
use crate::idempotency::IdempotencyKey;
use crate::page;

/// Operations on messages.
pub struct MessagesApi {
    pub chat: Chat,
}

/// A message to post
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct PostMessage {
    /// Its text; `@username` mentions a member
    body: BodyText,
    /// Id of the message of this room that it answers
    reply_to: Option<Uuid>,
    /// Any text that names this message among yours: posted again with it, the message that is there is returned
    nonce: Option<NonceText>,
}

impl Example for PostMessage {
    fn example() -> Self {
        Self {
            body: BodyText("@bob the new colours are in".to_owned()),
            reply_to: None,
            nonce: Some(NonceText("7f9c24e8".to_owned())),
        }
    }
}

/// A message's new text
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct EditMessage {
    /// The text
    body: BodyText,
}

impl Example for EditMessage {
    fn example() -> Self {
        Self { body: BodyText("@bob the new colours are in, and the old ones out".to_owned()) }
    }
}

/// A page of messages
#[derive(Debug, Object)]
struct Messages {
    /// The messages, by offset, oldest first. Deleted ones are there, without text
    items: Vec<Message>,
    /// Where the next page in the same direction starts; null on the last one
    next: Option<String>,
}

/// A message was posted
#[derive(ApiResponse)]
enum Posted {
    /// The message
    #[oai(status = 201)]
    Message(Json<Message>),
}

/// Position in the messages of a room.
#[derive(Deserialize, Serialize)]
struct Cursor {
    after: u64,
    before: u64,
    backwards: bool,
}

#[OpenApi(prefix_path = "/chat", tag = "Group::Chat")]
impl MessagesApi {
    /// List messages of a room
    ///
    /// The newest ones, or those before or after an offset (that one not included). `next` goes on in the same
    /// direction.
    #[oai(path = "/rooms/:room_id/messages", method = "get", operation_id = "list_messages")]
    async fn list(
        &self,
        who: Viewer<scope::ChatRead>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Only messages before this offset, starting with the nearest
        before: Query<Option<u64>>,
        /// Only messages after this offset, starting with the nearest
        after: Query<Option<u64>>,
        /// Most messages to return; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before; `before` and `after` are then left out
        cursor: Query<Option<String>>,
    ) -> Result<Json<Messages>, ApiError> {
        let limit = page::limit(limit.0)?;
        let mut span = match cursor.0 {
            Some(cursor) => {
                let Cursor { after, before, backwards } = page::decode(&cursor)?;
                Span { after, before, backwards }
            }
            None => Span {
                after: after.0.unwrap_or(0),
                before: before.0.unwrap_or(u64::MAX),
                backwards: after.0.is_none(),
            },
        };
        let mut items = self.chat.messages(&who, room_id.0.0, span, limit + 1).await?;
        // The one too many is at the far end.
        let (more, edge) = if span.backwards {
            let more = items.len() as u64 > limit;
            items.drain(..usize::from(more));
            (more, items.first())
        } else {
            (cut(&mut items, limit), items.last())
        };
        let next = edge.filter(|_| more).map(|message| {
            if span.backwards {
                span.before = message.offset;
            } else {
                span.after = message.offset;
            }
            page::encode(&Cursor { after: span.after, before: span.before, backwards: span.backwards })
        });
        Ok(Json(Messages { items, next }))
    }

    /// Post a message
    ///
    /// For members of the room. It is stored when this is answered, and counts as read by you, like everything before.
    #[oai(path = "/rooms/:room_id/messages", method = "post", operation_id = "post_message")]
    async fn post(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Names this attempt for 24 hours: repeated with it, the same request makes nothing new
        #[oai(name = "Idempotency-Key")]
        key: IdempotencyKey,
        body: Json<PostMessage>,
    ) -> Result<Posted, ApiError> {
        let mut errors = Vec::new();
        let text = check(&mut errors, "body", Body::parse(&body.body.0));
        let nonce = body.nonce.as_ref().and_then(|n| check(&mut errors, "nonce", Nonce::parse(&n.0)));
        let Some(text) = text.filter(|_| errors.is_empty()) else { return Err(ApiError::fields(errors)) };
        let new = NewMessage { body: text, reply_to: body.reply_to, nonce };
        Ok(Posted::Message(Json(self.chat.post(&who, room_id.0.0, new, key.0).await?)))
    }

    /// Edit a message
    ///
    /// For its author, 100 times at most (409 `too_many_edits`). The text before is kept nowhere.
    #[oai(path = "/rooms/:room_id/messages/:message_id", method = "patch", operation_id = "edit_message")]
    async fn edit(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Id of the message
        message_id: Path<Uuid>,
        body: Json<EditMessage>,
    ) -> Result<Json<Message>, ApiError> {
        let text = Body::parse(&body.body.0).map_err(|why| ApiError::field("body", why))?;
        Ok(Json(self.chat.edit(&who, room_id.0.0, message_id.0, text).await?))
    }

    /// Delete a message
    ///
    /// For its author, the owner of the room and admins. Its text is gone for good; its place stays.
    #[oai(path = "/rooms/:room_id/messages/:message_id", method = "delete", operation_id = "delete_message")]
    async fn delete(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Id of the message
        message_id: Path<Uuid>,
    ) -> Result<Done, ApiError> {
        self.chat.delete(&who, room_id.0.0, message_id.0).await?;
        Ok(Done::Done)
    }

    /// React to a message
    ///
    /// With one emoji. A message has at most 20 different ones: 409 `too_many_reactions`.
    #[oai(
        path = "/rooms/:room_id/messages/:message_id/reactions/:emoji",
        method = "put",
        operation_id = "add_reaction"
    )]
    async fn react(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Id of the message
        message_id: Path<Uuid>,
        /// The emoji, percent-encoded
        #[oai(validator(min_length = 1, max_length = 64))]
        emoji: Path<String>,
    ) -> Result<Done, ApiError> {
        self.set_reaction(&who, room_id.0.0, message_id.0, &emoji, true).await
    }

    /// Take a reaction back
    #[oai(
        path = "/rooms/:room_id/messages/:message_id/reactions/:emoji",
        method = "delete",
        operation_id = "remove_reaction"
    )]
    async fn take_back(
        &self,
        who: Member<scope::ChatWrite>,
        /// Id of the room
        room_id: Path<RoomParam>,
        /// Id of the message
        message_id: Path<Uuid>,
        /// The emoji, percent-encoded
        #[oai(validator(min_length = 1, max_length = 64))]
        emoji: Path<String>,
    ) -> Result<Done, ApiError> {
        self.set_reaction(&who, room_id.0.0, message_id.0, &emoji, false).await
    }
}

impl MessagesApi {
    async fn set_reaction(
        &self,
        who: &Identity,
        room: RoomId,
        message: Uuid,
        emoji: &str,
        added: bool,
    ) -> Result<Done, ApiError> {
        let emoji = Emoji::parse(emoji).ok_or_else(|| ApiError::field("emoji", "must be one emoji"))?;
        self.chat.react(who, room, message, emoji, added).await?;
        Ok(Done::Done)
    }
}

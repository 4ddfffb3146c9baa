//! Posting, editing and deleting messages.

use uuid::Uuid;

use super::{Chat, joined, readable};
use crate::auth::Identity;
use crate::chat::error::ChatError;
use crate::chat::event::{Event, Notice};
use crate::chat::model::RoomId;
use crate::chat::store::messages::{self, Span};
use crate::chat::store::rooms::Access;
use crate::chat::store::{events, members, reading, stored, unsigned};
use crate::chat::text::{self, Body, Nonce};
use crate::chat::view::{Message, Person, Quote};
use crate::db::Tx;
use crate::id;
use crate::idempotency::{self, Key, KeyError};
use crate::timestamp::Timestamp;

/// Edits of a message in its room's stream: each one rewrites those before it.
const MOST_EDITS: u64 = 100;

/// A message to post.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its text.
    pub body: Body,
    /// The message of the same room that it answers.
    pub reply_to: Option<Uuid>,
    /// What its author calls it: posting it again is the same message.
    pub nonce: Option<Nonce>,
}

impl Chat {
    /// Messages of a room in order, deleted ones (without text) included.
    ///
    /// # Errors
    /// When the caller may not read the room.
    pub async fn messages(
        &self,
        who: &Identity,
        room: RoomId,
        span: Span,
        limit: u64,
    ) -> Result<Vec<Message>, ChatError> {
        readable(self.db.read(), room, who.user_id).await?;
        Ok(messages::page(self.db.read(), room, span, limit).await?)
    }

    /// Posts a message, or gives the one posted before under the same nonce or key.
    ///
    /// # Errors
    /// When the caller is not a member of the room, or what it answers is not there.
    pub async fn post(
        &self,
        who: &Identity,
        room: RoomId,
        new: NewMessage,
        key: Option<Key>,
    ) -> Result<Message, ChatError> {
        let (chat, author) = (self.clone(), Person::from(who));
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let now_ms = chat.clock.now_ms();
                    if let Some(id) = idempotency::made(tx, key.as_ref(), now_ms).await? {
                        readable(tx.conn(), room, author.id).await?;
                        return Ok(messages::find(tx.conn(), room, id).await?.ok_or(KeyError::Spent)?);
                    }
                    let posted = chat.post_now(tx, author, room, new).await?;
                    idempotency::keep(tx, key.as_ref(), 201, posted.id, now_ms).await?;
                    Ok(posted)
                })
            })
            .await
    }

    async fn post_now(
        &self,
        tx: &Tx,
        author: Person,
        room: RoomId,
        new: NewMessage,
    ) -> Result<Message, ChatError> {
        let conn = tx.conn();
        let access = joined(conn, room, author.id).await?;
        // No other job runs beside this one: whoever posts second sees the first.
        if let Some(nonce) = &new.nonce
            && let Some(posted) = messages::of_nonce(conn, room, author.id, nonce).await?
        {
            return Ok(posted);
        }
        let reply_to = match new.reply_to {
            None => None,
            Some(id) => {
                let answered = messages::find(conn, room, id).await?;
                let answered =
                    answered.ok_or(ChatError::Missing("reply_to", "is no message of this room"))?;
                Some(Quote { id, user: answered.user, excerpt: text::excerpt(&answered.body) })
            }
        };
        let mentions = members::named(conn, room, new.body.mentioned()).await?;
        let now = self.clock.now_ms();
        let offset = access.last_offset + 1;
        let message = Message {
            id: id::new(&self.clock),
            room_id: room.to_string(),
            offset: unsigned(offset),
            user: author,
            body: new.body.as_str().to_owned(),
            reply_to,
            mentions,
            reactions: Vec::new(),
            created_at: Timestamp::from_ms(now),
            edited_at: None,
            deleted_at: None,
        };
        messages::insert(conn, room, &message, new.nonce.as_ref()).await?;
        let event = Event::Message { message: &message, nonce: new.nonce.as_ref().map(Nonce::as_str) };
        self.record(tx, &access, message.id, &event, Some(now)).await?;
        reading::posted(conn, room, message.user.id, offset, access.messages + 1).await?;
        self.mention(tx, &access, &message, &message.mentions).await?;
        Ok(message)
    }

    /// Tells `users`, except the author, that `message` mentions them.
    async fn mention(
        &self,
        tx: &Tx,
        access: &Access,
        message: &Message,
        users: &[Uuid],
    ) -> Result<(), ChatError> {
        let users: Vec<Uuid> = users.iter().copied().filter(|id| *id != message.user.id).collect();
        if users.is_empty() {
            return Ok(());
        }
        reading::mention(tx.conn(), access.id, stored(message.offset), &users).await?;
        let notice = Notice::Mention {
            room: access.name(),
            message_id: message.id,
            offset: message.offset,
            user: &message.user,
            created_at: message.created_at,
        };
        Ok(self.inbox.push(tx, &users, &notice).await?)
    }

    /// Gives one's own message a new text.
    ///
    /// # Errors
    /// When there is no such message, it is somebody else's, or it was edited too often.
    pub async fn edit(
        &self,
        who: &Identity,
        room: RoomId,
        id: Uuid,
        body: Body,
    ) -> Result<Message, ChatError> {
        let (chat, user) = (self.clone(), who.user_id);
        self.db.write(move |tx| Box::pin(async move { chat.edit_now(tx, user, room, id, body).await })).await
    }

    async fn edit_now(
        &self,
        tx: &Tx,
        user: Uuid,
        room: RoomId,
        id: Uuid,
        body: Body,
    ) -> Result<Message, ChatError> {
        let conn = tx.conn();
        let access = joined(conn, room, user).await?;
        let mut message = messages::find(conn, room, id).await?.ok_or(ChatError::NotFound)?;
        if message.user.id != user {
            return Err(ChatError::Forbidden("Only its author may edit a message."));
        }
        if message.body == body.as_str() {
            return Ok(message);
        }
        if events::edits(conn, id).await? >= MOST_EDITS {
            let why = format!("A message is edited {MOST_EDITS} times at most: write another one.");
            return Err(ChatError::Limit("too_many_edits", why));
        }
        let mentions = members::named(conn, room, body.mentioned()).await?;
        let added: Vec<Uuid> = mentions.iter().copied().filter(|id| !message.mentions.contains(id)).collect();
        let former = std::mem::replace(&mut message.body, body.as_str().to_owned());
        message.mentions = mentions;
        message.edited_at = Some(Timestamp::from_ms(self.clock.now_ms()));
        messages::update(conn, &message).await?;
        events::rewrite(conn, &message).await?;
        self.requote(tx, id, &former, &message.body).await?;
        self.record(tx, &access, id, &Event::Edit { message: &message }, None).await?;
        reading::unmention_except(conn, room, stored(message.offset), &message.mentions).await?;
        self.mention(tx, &access, &message, &added).await?;
        Ok(message)
    }

    /// Deletes one's own message, or, as owner of the room or admin, anybody's. Its text is gone for good.
    ///
    /// # Errors
    /// When there is no such message, or it is somebody else's.
    pub async fn delete(&self, who: &Identity, room: RoomId, id: Uuid) -> Result<(), ChatError> {
        let (chat, user, role) = (self.clone(), who.user_id, who.role);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let conn = tx.conn();
                    let access = readable(conn, room, user).await?;
                    let mut message = messages::find(conn, room, id).await?.ok_or(ChatError::NotFound)?;
                    let own = message.user.id == user && access.role.is_some();
                    if !own && !access.moderates(role) {
                        return Err(ChatError::Forbidden(
                            "Only its author, the room's owner or an admin may delete a message.",
                        ));
                    }
                    let deleted_at = Timestamp::from_ms(chat.clock.now_ms());
                    let former = std::mem::take(&mut message.body);
                    message.mentions.clear();
                    message.reactions.clear();
                    message.deleted_at = Some(deleted_at);
                    messages::update(conn, &message).await?;
                    events::rewrite(conn, &message).await?;
                    chat.requote(tx, id, &former, "").await?;
                    let offset = stored(message.offset);
                    reading::discount(conn, room, offset).await?;
                    reading::unmention_except(conn, room, offset, &[]).await?;
                    chat.record(tx, &access, id, &Event::Delete { id, deleted_at }, None).await
                })
            })
            .await
    }
}

//! Joining and leaving rooms.

use uuid::Uuid;

use super::rooms::{OWN_ROOMS, general};
use super::{Chat, readable};
use crate::auth::{Identity, Role};
use crate::chat::error::ChatError;
use crate::chat::event::{Notice, Removal};
use crate::chat::model::{RoomId, RoomKind, RoomRole};
use crate::chat::store::members;
use crate::chat::store::rooms::{self, Access};
use crate::chat::view::{Person, RoomMember};
use crate::db::Tx;
use crate::inbox;
use crate::realtime::Publication;

impl Chat {
    /// Members of a room, by account id.
    ///
    /// # Errors
    /// When the caller may not read the room.
    pub async fn members(
        &self,
        who: &Identity,
        room: RoomId,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<RoomMember>, ChatError> {
        readable(self.db.read(), room, who.user_id).await?;
        Ok(members::list(self.db.read(), room, after, limit).await?)
    }

    /// Makes `user` a member: oneself in a public room, anybody as its owner or admin.
    ///
    /// # Errors
    /// When the caller may not, or there is no such account.
    pub async fn join(&self, who: &Identity, room: RoomId, user: Uuid) -> Result<(), ChatError> {
        let (chat, caller, role) = (self.clone(), who.user_id, who.role);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let conn = tx.conn();
                    let access = readable(conn, room, caller).await?;
                    access.not_direct()?;
                    if user != caller && !access.moderates(role) {
                        return Err(ChatError::Forbidden(
                            "Only the room's owner or an admin may add somebody else.",
                        ));
                    }
                    let person = members::people(conn, &[user]).await?.pop().ok_or(ChatError::NotFound)?;
                    if chat.admit(tx, room, user, RoomRole::Member).await? {
                        chat.tell_others(tx, &access, vec![person], vec![user]).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Ends a membership: one's own, or anybody's as owner of the room or admin. A room without an owner goes to the
    /// member of longest standing who may write and own another room, for whose number it counts from then on; while there
    /// is none it has no owner, and counts for the one before. A private room without members is deleted.
    ///
    /// # Errors
    /// When the caller may not, the account is no member, or the room is one that nobody leaves.
    pub async fn leave(&self, who: &Identity, room: RoomId, user: Uuid) -> Result<(), ChatError> {
        let (chat, caller, role) = (self.clone(), who.user_id, who.role);
        let deserted = self
            .db
            .write(move |tx| Box::pin(async move { chat.leave_now(tx, room, user, caller, role).await }))
            .await?;
        if deserted {
            self.purge_later(room);
        }
        Ok(())
    }

    async fn leave_now(
        &self,
        tx: &Tx,
        room: RoomId,
        user: Uuid,
        caller: Uuid,
        role: Role,
    ) -> Result<bool, ChatError> {
        let conn = tx.conn();
        let access = readable(conn, room, caller).await?;
        access.not_direct()?;
        if user != caller && !access.moderates(role) {
            return Err(ChatError::Forbidden("Only the room's owner or an admin may remove somebody else."));
        }
        if room.is_general() {
            return Err(general("Everybody is a member of `general`, for good."));
        }
        if !members::remove(conn, room, user).await? {
            return Err(ChatError::NotFound);
        }
        let reason = if user == caller { Removal::Left } else { Removal::Removed };
        self.inbox.push(tx, &[user], &Notice::Removed { room_id: room.to_string(), reason }).await?;
        let hub = self.hub.clone();
        tx.after_commit(move || hub.unsubscribe_user(user, &room.channel()));
        if access.kind == RoomKind::Private && members::ids(conn, room).await?.is_empty() {
            self.hide(tx, room).await?;
            return Ok(true);
        }
        if let Some(heir) = members::heir(conn, room, OWN_ROOMS).await? {
            members::hand_over(conn, room, heir).await?;
        }
        self.tell_others(tx, &access, Vec::new(), vec![user]).await?;
        Ok(false)
    }

    /// Adds a member and tells the account; false when it is one already.
    pub(super) async fn admit(
        &self,
        tx: &Tx,
        room: RoomId,
        user: Uuid,
        role: RoomRole,
    ) -> Result<bool, ChatError> {
        let added = members::add(tx.conn(), room, user, role, self.clock.now_ms()).await?;
        if added {
            self.tell_added(tx, room, user).await?;
        }
        Ok(added)
    }

    /// Tells an account that it is now a member.
    pub(super) async fn tell_added(&self, tx: &Tx, room: RoomId, user: Uuid) -> Result<(), ChatError> {
        let room = rooms::find(tx.conn(), user, room).await?.ok_or(ChatError::NotFound)?;
        Ok(self.inbox.push(tx, &[user], &Notice::Added { room: &room }).await?)
    }

    /// Tells the members that others came (`added`) or, when that is empty, went. `who` are those others.
    ///
    /// It is told only to who is there and not stored: a large room would otherwise write a row for each member
    /// whenever somebody joins.
    async fn tell_others(
        &self,
        tx: &Tx,
        access: &Access,
        added: Vec<Person>,
        who: Vec<Uuid>,
    ) -> Result<(), ChatError> {
        let mut others = members::ids(tx.conn(), access.id).await?;
        others.retain(|id| !who.contains(id));
        let removed = if added.is_empty() { who } else { Vec::new() };
        let notice = Publication::transient(&Notice::Updated { room: access.name(), added, removed });
        let hub = self.hub.clone();
        tx.after_commit(move || {
            for user in others {
                hub.publish(&inbox::channel(user), notice.clone());
            }
        });
        Ok(())
    }
}

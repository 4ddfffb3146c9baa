//! Making, changing and deleting rooms.

use uuid::Uuid;

use super::{Chat, readable};
use crate::auth::Identity;
use crate::chat::error::ChatError;
use crate::chat::event::{Notice, Removal};
use crate::chat::model::{RoomId, RoomKind, RoomRole, pair};
use crate::chat::store::members;
use crate::chat::store::rooms::{self, Access, NewRow, Origin};
use crate::chat::text::{RoomName, Topic};
use crate::chat::view::Room;
use crate::db::Tx;
use crate::id;
use crate::idempotency::{self, Key, KeyError};

/// Most rooms of a server that are neither deleted nor direct: a list of them is read in a few tens of milliseconds.
const ROOMS: u64 = 10_000;
/// Most of them that one account made or was handed: fifty accounts can fill a server on purpose, one cannot.
pub(super) const OWN_ROOMS: u64 = 200;

/// A room to make.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its name.
    pub name: RoomName,
    /// What it is about.
    pub topic: Topic,
    /// Whether everybody may find, read and join it.
    pub public: bool,
    /// Accounts that are members from the start, beside its maker.
    pub members: Vec<Uuid>,
}

/// What to change of a room.
#[derive(Clone, Debug)]
pub struct RoomEdit {
    /// Its new name.
    pub name: Option<RoomName>,
    /// Its new topic.
    pub topic: Option<Topic>,
    /// The member whose it becomes.
    pub owner: Option<Uuid>,
}

impl Chat {
    /// The rooms that the caller may read, in the order of their making; only those where the caller is (not) a
    /// member, if `member` says so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rooms(
        &self,
        who: &Identity,
        member: Option<bool>,
        after: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<Room>, ChatError> {
        Ok(rooms::list(self.db.read(), who.user_id, member, after, limit).await?)
    }

    /// One room.
    ///
    /// # Errors
    /// When the caller may not read it.
    pub async fn room(&self, who: &Identity, room: RoomId) -> Result<Room, ChatError> {
        rooms::find(self.db.read(), who.user_id, room).await?.ok_or(ChatError::NotFound)
    }

    /// Makes a room that the caller owns. The same key again gives the room that it made.
    ///
    /// # Errors
    /// When an account is not there, or there are too many rooms.
    pub async fn make(&self, who: &Identity, new: NewRoom, key: Option<Key>) -> Result<Room, ChatError> {
        let (chat, owner) = (self.clone(), who.user_id);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let now_ms = chat.clock.now_ms();
                    if let Some(id) = idempotency::made(tx, key.as_ref(), now_ms).await? {
                        let room = rooms::find(tx.conn(), owner, RoomId::new(id)).await?;
                        return Ok(room.ok_or(KeyError::Spent)?);
                    }
                    let mut others = new.members;
                    others.retain(|id| *id != owner);
                    others.sort_unstable();
                    others.dedup();
                    if members::people(tx.conn(), &others).await?.len() < others.len() {
                        return Err(ChatError::Missing("members", "names an account that does not exist"));
                    }
                    let kind = if new.public { RoomKind::Public } else { RoomKind::Private };
                    chat.check_bounds(tx, owner, true).await?;
                    let (name, topic) = (new.name.as_str(), new.topic.as_str());
                    let id = chat.add(tx, kind, name, topic, Origin::MadeBy(owner)).await?;
                    idempotency::keep(tx, key.as_ref(), 201, id.uuid(), now_ms).await?;
                    chat.admit(tx, id, owner, RoomRole::Owner).await?;
                    for user in others {
                        chat.admit(tx, id, user, RoomRole::Member).await?;
                    }
                    rooms::find(tx.conn(), owner, id).await?.ok_or(ChatError::NotFound)
                })
            })
            .await
    }

    /// The direct room of the caller and another account, made when there is none yet.
    ///
    /// # Errors
    /// When there is no such account, or it is the caller.
    pub async fn direct(&self, who: &Identity, other: Uuid) -> Result<Room, ChatError> {
        let (chat, user) = (self.clone(), who.user_id);
        if user == other {
            return Err(ChatError::field("user_id", "must be another account than your own"));
        }
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let conn = tx.conn();
                    let key = pair(user, other);
                    let id = match rooms::of_pair(conn, key.clone()).await? {
                        Some(id) => id,
                        None => {
                            if members::people(conn, &[other]).await?.is_empty() {
                                return Err(ChatError::Missing("user_id", "is no account"));
                            }
                            let id = chat.add(tx, RoomKind::Direct, "", "", Origin::Pair(key)).await?;
                            // Both must be in before either is told, as each is told about the other.
                            let now = chat.clock.now_ms();
                            for member in [user, other] {
                                members::add(conn, id, member, RoomRole::Member, now).await?;
                            }
                            for member in [user, other] {
                                chat.tell_added(tx, id, member).await?;
                            }
                            id
                        }
                    };
                    rooms::find(conn, user, id).await?.ok_or(ChatError::NotFound)
                })
            })
            .await
    }

    async fn add(
        &self,
        tx: &Tx,
        kind: RoomKind,
        name: &str,
        topic: &str,
        origin: Origin,
    ) -> Result<RoomId, ChatError> {
        let id = RoomId::new(id::new(&self.clock));
        let now_ms = self.clock.now_ms();
        rooms::insert(tx.conn(), NewRow { id, kind, name, topic, origin, now_ms }).await?;
        Ok(id)
    }

    /// Refuses what would be a room too many for `owner`, or, when `new`, for the server.
    async fn check_bounds(&self, tx: &Tx, owner: Uuid, new: bool) -> Result<(), ChatError> {
        let (own, all) = rooms::count(tx.conn(), owner).await?;
        let why = if own >= OWN_ROOMS {
            format!(
                "An account has {OWN_ROOMS} rooms at most: delete one that nobody needs, or hand one over."
            )
        } else if new && all >= ROOMS {
            format!("There are {ROOMS} rooms already: delete one that nobody needs.")
        } else {
            return Ok(());
        };
        Err(ChatError::Limit("limit_reached", why))
    }

    /// Changes name, topic or owner.
    ///
    /// # Errors
    /// When the caller does not decide about the room, it is a direct one, or the new owner cannot be.
    pub async fn change(&self, who: &Identity, room: RoomId, edit: RoomEdit) -> Result<Room, ChatError> {
        let (chat, user, role) = (self.clone(), who.user_id, who.role);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let conn = tx.conn();
                    let access = readable(conn, room, user).await?;
                    access.not_direct()?;
                    if !access.moderates(role) {
                        return Err(ChatError::Forbidden("Only the room's owner or an admin may change it."));
                    }
                    rooms::update(conn, room, edit.name.as_ref(), edit.topic.as_ref()).await?;
                    let handed_over = match edit.owner {
                        Some(owner) => chat.hand_over(tx, room, owner).await?,
                        None => false,
                    };
                    let after = rooms::access(conn, room, user).await?.ok_or(ChatError::NotFound)?;
                    if handed_over || (&after.name, &after.topic) != (&access.name, &access.topic) {
                        let everybody = members::ids(conn, room).await?;
                        let notice =
                            Notice::Updated { room: after.name(), added: Vec::new(), removed: Vec::new() };
                        chat.inbox.push(tx, &everybody, &notice).await?;
                    }
                    rooms::find(conn, user, room).await?.ok_or(ChatError::NotFound)
                })
            })
            .await
    }

    /// Makes a member the owner; false when it is already.
    async fn hand_over(&self, tx: &Tx, room: RoomId, owner: Uuid) -> Result<bool, ChatError> {
        if room.is_general() {
            return Err(general("The room `general` belongs to nobody: everybody is in it."));
        }
        match members::standing(tx.conn(), room, owner).await? {
            None => return Err(ChatError::Missing("owner_id", "is no member of this room")),
            Some((RoomRole::Owner, _)) => return Ok(false),
            Some((RoomRole::Member, false)) => {
                return Err(ChatError::field("owner_id", "must be an account that may write"));
            }
            Some((RoomRole::Member, true)) => {}
        }
        if !rooms::counts_for(tx.conn(), room, owner).await? {
            self.check_bounds(tx, owner, false).await?;
        }
        members::hand_over(tx.conn(), room, owner).await?;
        Ok(true)
    }

    /// Deletes a room with everything in it.
    ///
    /// # Errors
    /// When the caller does not decide about the room, or it is `general` or a direct one.
    pub async fn remove(&self, who: &Identity, room: RoomId) -> Result<(), ChatError> {
        let (chat, user, role) = (self.clone(), who.user_id, who.role);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let access = readable(tx.conn(), room, user).await?;
                    access.not_direct()?;
                    if !access.moderates(role) {
                        return Err(ChatError::Forbidden("Only the room's owner or an admin may delete it."));
                    }
                    if room.is_general() {
                        return Err(general("The room `general` cannot be deleted: everybody is in it."));
                    }
                    chat.hide(tx, room).await
                })
            })
            .await?;
        self.purge_later(room);
        Ok(())
    }

    /// Takes a room out of sight: nobody is a member any more.
    pub(super) async fn hide(&self, tx: &Tx, room: RoomId) -> Result<(), ChatError> {
        let everybody = members::ids(tx.conn(), room).await?;
        rooms::hide(tx.conn(), room, self.clock.now_ms()).await?;
        let notice = Notice::Removed { room_id: room.to_string(), reason: Removal::Deleted };
        self.inbox.push(tx, &everybody, &notice).await?;
        let hub = self.hub.clone();
        // Not only members listen to a public room.
        tx.after_commit(move || hub.unsubscribe_all(&room.channel()));
        Ok(())
    }
}

impl Access {
    /// Refuses for direct rooms, which are what they are.
    pub(super) fn not_direct(&self) -> Result<(), ChatError> {
        if self.kind == RoomKind::Direct {
            return Err(ChatError::Conflict("direct_room", "A direct room cannot be changed.".to_owned()));
        }
        Ok(())
    }
}

/// Refusal of what `general` is not for.
pub(super) fn general(why: &str) -> ChatError {
    ChatError::Conflict("general_room", why.to_owned())
}

//! The rules of the chat: who may do what, and what follows from it.

mod marks;
mod members;
mod messages;
mod purge;
mod quotes;
mod reactions;
mod reading;
mod rooms;
mod search;
mod typing;

use std::sync::Arc;

use sea_orm::ConnectionTrait;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use marks::Marks;
pub use messages::NewMessage;
pub use rooms::{NewRoom, RoomEdit};
use typing::Typing;

use super::error::ChatError;
use super::event::{Event, RoomName};
use super::model::{RoomId, RoomKind, RoomRole};
use super::store::rooms::Access;
use super::store::{events, rooms as rows, unsigned};
use super::view::Person;
use crate::auth::{Identity, Role};
use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::inbox::Inbox;
use crate::realtime::{Hub, Publication};

/// Events kept in a room's stream, at about 500 bytes each. Who was away for longer reads the messages instead, which
/// are kept for good.
const STREAM: i64 = 10_000;
/// The stream is trimmed once in so many events, to keep that out of most write jobs.
const TRIM_EVERY: i64 = 100;

/// The chat. Clones share everything.
#[derive(Clone)]
pub struct Chat {
    pub(super) db: Db,
    pub(super) hub: Hub,
    inbox: Inbox,
    clock: Clock,
    tasks: TaskTracker,
    stop: CancellationToken,
    typing: Arc<Typing>,
    marks: Arc<Marks>,
    searches: Arc<Semaphore>,
}

impl Chat {
    /// A chat over these.
    pub fn new(
        db: &Db,
        clock: &Clock,
        hub: &Hub,
        inbox: &Inbox,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            db: db.clone(),
            hub: hub.clone(),
            inbox: inbox.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            stop: stop.clone(),
            typing: Arc::default(),
            marks: Arc::default(),
            searches: Arc::new(Semaphore::new(search::AT_ONCE)),
        }
    }

    /// Stores `event` under the next offset of the room's stream, and publishes it after the commit. `posted_at` is
    /// the time of a new message. `access` must have been read in the same write job.
    async fn record(
        &self,
        tx: &Tx,
        access: &Access,
        message: Uuid,
        event: &Event<'_>,
        posted_at: Option<i64>,
    ) -> Result<(), ChatError> {
        let offset = access.last_offset + 1;
        let publication = Publication::stored(unsigned(offset), event);
        events::append(tx.conn(), access.id, offset, message, event.kind(), publication.data.get()).await?;
        rows::advance(tx.conn(), access.id, offset, posted_at).await?;
        if offset % TRIM_EVERY == 0 && offset > STREAM {
            events::trim(tx.conn(), access.id, offset - STREAM).await?;
        }
        let (hub, channel) = (self.hub.clone(), access.id.channel());
        tx.after_commit(move || hub.publish(&channel, publication));
        Ok(())
    }
}

impl From<&Identity> for Person {
    fn from(who: &Identity) -> Self {
        Self { id: who.user_id, username: who.username.clone(), name: who.name.clone() }
    }
}

impl Access {
    /// Whether the account may read the room.
    fn may_read(&self) -> bool {
        self.kind == RoomKind::Public || self.role.is_some()
    }

    /// Whether the account decides about the room: its owner, and any admin who sees it.
    fn moderates(&self, role: Role) -> bool {
        self.role == Some(RoomRole::Owner) || role == Role::Admin
    }

    /// The room as everybody sees it.
    fn name(&self) -> RoomName<'_> {
        RoomName { id: self.id.to_string(), kind: self.kind, name: &self.name, topic: &self.topic }
    }
}

/// The room, if `user` may read it.
pub(super) async fn readable(
    conn: &impl ConnectionTrait,
    room: RoomId,
    user: Uuid,
) -> Result<Access, ChatError> {
    rows::access(conn, room, user).await?.filter(Access::may_read).ok_or(ChatError::NotFound)
}

/// The room, if `user` is a member of it.
async fn joined(conn: &impl ConnectionTrait, room: RoomId, user: Uuid) -> Result<Access, ChatError> {
    let access = readable(conn, room, user).await?;
    if access.role.is_some() { Ok(access) } else { Err(ChatError::NotAMember) }
}

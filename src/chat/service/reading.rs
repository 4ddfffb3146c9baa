//! What members have read, and that they are writing.

use super::{Chat, joined};
use crate::auth::Identity;
use crate::chat::error::ChatError;
use crate::chat::event::Passing;
use crate::chat::model::RoomId;
use crate::chat::store::{reading, stored, unsigned};
use crate::chat::view::Person;
use crate::realtime::Publication;

impl Chat {
    /// Moves the caller's read mark up to `offset`, or to the newest event when that is further back. It never moves
    /// backwards.
    ///
    /// # Errors
    /// When the caller is not a member of the room.
    pub async fn read(&self, who: &Identity, room: RoomId, offset: u64) -> Result<(), ChatError> {
        let (hub, user_id) = (self.hub.clone(), who.user_id);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let conn = tx.conn();
                    let access = joined(conn, room, user_id).await?;
                    let offset = stored(offset).min(access.last_offset);
                    if reading::advance(conn, &access, user_id, offset).await? {
                        reading::mentions_read(conn, room, user_id, offset).await?;
                        let read = Passing::Read { user_id, offset: unsigned(offset) };
                        let publication = Publication::transient(&read);
                        tx.after_commit(move || hub.publish(&room.channel(), publication));
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Tells the room that the caller is writing.
    ///
    /// # Errors
    /// When the caller is not a member of the room.
    pub async fn typing(&self, who: &Identity, room: RoomId) -> Result<(), ChatError> {
        joined(self.db.read(), room, who.user_id).await?;
        let typing = Passing::Typing { user: &Person::from(who) };
        self.hub.publish(&room.channel(), Publication::transient(&typing));
        Ok(())
    }
}

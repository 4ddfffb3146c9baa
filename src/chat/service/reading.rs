//! What members have read.

use super::{Chat, joined};
use crate::auth::Identity;
use crate::chat::error::ChatError;
use crate::chat::model::RoomId;
use crate::chat::store::{reading, stored, unsigned};

impl Chat {
    /// Moves the caller's read mark up to `offset`, or to the newest event when that is further back. It never moves
    /// backwards.
    ///
    /// What lies between is counted outside the writer, which everybody waits for; there only what was deleted since is
    /// looked at.
    ///
    /// # Errors
    /// When the caller is not a member of the room.
    pub async fn read(&self, who: &Identity, room: RoomId, offset: u64) -> Result<(), ChatError> {
        let user_id = who.user_id;
        loop {
            joined(self.db.read(), room, user_id).await?;
            let Some(step) = reading::step(self.db.read(), room, user_id, stored(offset)).await? else {
                return Ok(());
            };
            let (chat, here) = (self.clone(), tokio::runtime::Handle::current());
            let moved = self.db.write(move |tx| {
                Box::pin(async move {
                    let conn = tx.conn();
                    joined(conn, room, user_id).await?;
                    if !reading::advance(conn, room, user_id, &step).await? {
                        return Ok(false);
                    }
                    reading::mentions_read(conn, room, user_id, step.to).await?;
                    tx.after_commit(move || chat.tell_read(room, user_id, unsigned(step.to), &here));
                    Ok::<_, ChatError>(true)
                })
            });
            // Another call moved the mark meanwhile, or the member posted: it is further on now, and comes nearer to
            // the newest event each time.
            if moved.await? {
                return Ok(());
            }
        }
    }
}

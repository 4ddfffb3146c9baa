//! Removing what is left of deleted rooms, in steps that keep no other write waiting.

use sea_orm::DbErr;

use super::Chat;
use crate::chat::model::RoomId;
use crate::chat::store::{quotes, rooms};

/// Messages removed in one write job: a few milliseconds.
const STEP: i64 = 200;

impl Chat {
    /// Finishes what earlier runs of the server left to do of deleted rooms and changed messages, beside everything else.
    pub fn start(&self) {
        let chat = self.clone();
        self.tasks.spawn(async move {
            match rooms::hidden(chat.db.read()).await {
                Ok(hidden) => {
                    for room in hidden {
                        chat.purge(room).await;
                    }
                }
                Err(e) => tracing::warn!(error = %e, "Could not look for deleted rooms"),
            }
            match quotes::unfinished(chat.db.read()).await {
                Ok(messages) => {
                    for message in messages {
                        chat.requote_rest(message).await;
                    }
                }
                Err(e) => tracing::warn!(error = %e, "Could not look for quotes to rewrite"),
            }
        });
    }

    /// Removes what is left of a hidden room, beside everything else.
    pub(super) fn purge_later(&self, room: RoomId) {
        let chat = self.clone();
        self.tasks.spawn(async move { chat.purge(room).await });
    }

    async fn purge(&self, room: RoomId) {
        while !self.stop.is_cancelled() {
            let step =
                self.db.write(move |tx| Box::pin(async move { rooms::purge(tx.conn(), room, STEP).await }));
            let whole: Result<bool, DbErr> = step.await;
            match whole {
                Ok(false) => {}
                Ok(true) => return,
                Err(e) => {
                    tracing::warn!(error = %e, "Could not remove a deleted room; the next start tries again");
                    return;
                }
            }
        }
    }
}

//! Finding messages by their words.

use std::time::Duration;

use super::{Chat, readable};
use crate::auth::Identity;
use crate::chat::error::ChatError;
use crate::chat::model::RoomId;
use crate::chat::store::search;
use crate::chat::view::Message;
use crate::db::Words;

/// Searches at once: half of the readers, so that slow ones leave the others to everybody else.
pub const AT_ONCE: usize = 2;
/// How long a search waits for its turn before the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(2);

impl Chat {
    /// Messages that have all the words, newest first, from the rooms that the caller may read.
    ///
    /// # Errors
    /// When the caller may not read `room`, or too many others search.
    pub async fn search(
        &self,
        who: &Identity,
        text: &str,
        room: Option<RoomId>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<(i64, Message)>, ChatError> {
        if let Some(room) = room {
            readable(self.db.read(), room, who.user_id).await?;
        }
        let Some(words) = Words::parse(text) else { return Ok(Vec::new()) };
        let turn = tokio::time::timeout(PATIENCE, self.searches.acquire()).await;
        let _turn = turn.ok().and_then(Result::ok).ok_or(ChatError::Busy)?;
        Ok(search::find(self.db.read(), who.user_id, &words, room, before, limit).await?)
    }
}

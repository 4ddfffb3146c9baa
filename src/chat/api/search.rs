//! Search over messages.

use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::fields::{QueryText, RoomParam};
use super::{Group, cut};
use crate::auth::{Viewer, scope};
use crate::chat::Chat;
use crate::chat::view::Message;
use crate::error::ApiError;
use crate::page;

/// Most characters of a search.
const QUERY_MAX: usize = 200;

/// Search.
pub struct SearchApi {
    pub chat: Chat,
}

/// A page of messages that were found
#[derive(Debug, Object)]
struct Found {
    /// The messages, newest first
    items: Vec<Message>,
    /// Where the next page starts; null on the last one
    next: Option<String>,
}

#[OpenApi(prefix_path = "/chat", tag = "Group::Chat")]
impl SearchApi {
    /// Search messages
    ///
    /// Finds messages with all the words, whatever their case and accents, in every room that you may read. The last
    /// word also finds longer ones, unless a space or sign follows. Nothing else in the text has a meaning. Two searches run
    /// at once: one that would wait for more than two seconds is answered with 503.
    #[oai(path = "/search", method = "get", operation_id = "search_messages")]
    async fn search(
        &self,
        who: Viewer<scope::ChatRead>,
        /// The words
        q: Query<QueryText>,
        /// Only in this room
        room_id: Query<Option<RoomParam>>,
        /// Most messages to return; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        cursor: Query<Option<String>>,
    ) -> Result<Json<Found>, ApiError> {
        if q.0.0.chars().count() > QUERY_MAX {
            return Err(ApiError::field("q", format!("must have at most {QUERY_MAX} characters")));
        }
        let limit = page::limit(limit.0)?;
        let before = cursor.0.as_deref().map(page::decode::<i64>).transpose()?;
        let room = room_id.0.map(|room| room.0);
        let mut found = self.chat.search(&who, &q.0.0, room, before, limit + 1).await?;
        let more = cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|(number, _)| page::encode(number));
        Ok(Json(Found { items: found.into_iter().map(|(_, message)| message).collect(), next }))
    }
}

//! Who is writing, told at most once a second for each account and room.

use std::collections::HashMap;
use std::sync::Mutex;

use uuid::Uuid;

use super::{Chat, joined};
use crate::auth::Identity;
use crate::chat::error::ChatError;
use crate::chat::event::Passing;
use crate::chat::model::RoomId;
use crate::chat::view::Person;
use crate::realtime::Publication;

/// Clients show it for some seconds: more often is only noise for everybody in the room.
const PAUSE_MS: i64 = 1000;
/// Pairs remembered: as many people as write at once in the largest of teams, in some 200 KB.
const MOST: usize = 4096;

/// When each account was last told to be writing in a room.
#[derive(Debug, Default)]
pub struct Typing {
    told: Mutex<HashMap<(RoomId, Uuid), i64>>,
}

impl Typing {
    /// Whether it was told less than a second ago.
    fn is_recent(&self, room: RoomId, user: Uuid, now_ms: i64) -> bool {
        let told = self.told.lock().expect("no panic while held");
        told.get(&(room, user)).is_some_and(|at| now_ms - at < PAUSE_MS)
    }

    /// Notes that it is told now; false when it was meanwhile, or when too many write at once.
    fn tell(&self, room: RoomId, user: Uuid, now_ms: i64) -> bool {
        let mut told = self.told.lock().expect("no panic while held");
        if told.len() >= MOST {
            told.retain(|_, at| now_ms - *at < PAUSE_MS);
        }
        if told.len() >= MOST || told.get(&(room, user)).is_some_and(|at| now_ms - at < PAUSE_MS) {
            return false;
        }
        told.insert((room, user), now_ms);
        true
    }
}

impl Chat {
    /// Tells the room that the caller is writing. More than once a second is passed over in silence: the next one comes
    /// soon.
    ///
    /// # Errors
    /// When the caller is not a member of the room.
    pub async fn typing(&self, who: &Identity, room: RoomId) -> Result<(), ChatError> {
        let now_ms = self.clock.now_ms();
        if self.typing.is_recent(room, who.user_id, now_ms) {
            return Ok(());
        }
        joined(self.db.read(), room, who.user_id).await?;
        if self.typing.tell(room, who.user_id, now_ms) {
            let typing = Passing::Typing { user: &Person::from(who) };
            self.hub.publish(&room.channel(), Publication::transient(&typing));
        }
        Ok(())
    }
}

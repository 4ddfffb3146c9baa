//! What of the read marks is told: at most one a second for each account and room, and always the last.
//!
//! Every member who looks at a room moves their mark with each message, and each mark goes to every member.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use uuid::Uuid;

use super::Chat;
use crate::chat::event::Passing;
use crate::chat::model::RoomId;
use crate::realtime::Publication;

/// Time between two publications.
const PAUSE: Duration = Duration::from_secs(1);

/// Accounts whose mark in a room was told less than a pause ago, with the mark to be told at its end, if it moved since.
#[derive(Debug, Default)]
pub struct Marks {
    told: Mutex<HashMap<(RoomId, Uuid), Option<u64>>>,
}

impl Marks {
    /// Notes a mark; true when it is to be told now, with a pause to begin.
    fn moved(&self, room: RoomId, user: Uuid, offset: u64) -> bool {
        let mut told = self.told.lock().expect("no panic while held");
        match told.get_mut(&(room, user)) {
            Some(waiting) => {
                *waiting = (*waiting).max(Some(offset));
                false
            }
            None => told.insert((room, user), None).is_none(),
        }
    }

    /// What is to be told at the end of a pause, which begins another; `None` when nothing moved, and it is forgotten.
    fn rested(&self, room: RoomId, user: Uuid) -> Option<u64> {
        let mut told = self.told.lock().expect("no panic while held");
        let waiting = told.get_mut(&(room, user)).and_then(Option::take);
        if waiting.is_none() {
            told.remove(&(room, user));
        }
        waiting
    }
}

impl Chat {
    /// Tells the room how far an account has read. Called after the commit, on any thread.
    pub(super) fn tell_read(&self, room: RoomId, user_id: Uuid, offset: u64, on: &tokio::runtime::Handle) {
        if !self.marks.moved(room, user_id, offset) {
            return;
        }
        self.publish_read(room, user_id, offset);
        let chat = self.clone();
        let pauses = async move {
            loop {
                tokio::select! {
                    // Who connects to the next server reads the marks anew.
                    () = chat.stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
                let Some(offset) = chat.marks.rested(room, user_id) else { return };
                chat.publish_read(room, user_id, offset);
            }
        };
        self.tasks.spawn_on(pauses, on);
    }

    fn publish_read(&self, room: RoomId, user_id: Uuid, offset: u64) {
        self.hub.publish(&room.channel(), Publication::transient(&Passing::Read { user_id, offset }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_of_the_others_the_last() {
        let (marks, user) = (Marks::default(), Uuid::from_u128(1));
        let room = RoomId::new(Uuid::from_u128(2));
        assert!(marks.moved(room, user, 1));
        assert!(marks.moved(room, Uuid::from_u128(3), 1), "each for itself");
        for offset in [2, 5, 4] {
            assert!(!marks.moved(room, user, offset));
        }
        assert_eq!(marks.rested(room, user), Some(5));
        assert!(!marks.moved(room, user, 6), "that was told just now");
        assert_eq!((marks.rested(room, user), marks.rested(room, user)), (Some(6), None));
        assert!(marks.moved(room, user, 7));
    }
}

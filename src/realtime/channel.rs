//! One channel: who listens, and the order in which each of them gets what.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::connection::Connection;
use super::protocol::{self, Event};
use super::{Disconnect, Publication};

/// Publications held back for a subscriber that is still catching up: seconds of a busy room, while the read that
/// it waits for takes milliseconds. Beyond that it starts again.
const HELD: usize = 4096;

/// A channel; it exists as long as somebody listens.
pub struct Channel {
    pub name: Arc<str>,
    presence: AtomicBool,
    members: Mutex<HashMap<String, Subscriber>>,
}

/// One connection in one channel.
pub struct Subscriber {
    pub connection: Arc<Connection>,
    /// Whether it wants to be told who comes and goes.
    join_leave: bool,
    /// What was published while it is still catching up; `None` once it is live.
    held: Option<Vec<(u64, Utf8Bytes)>>,
}

impl Subscriber {
    /// A subscriber whose publications are held back until [`Channel::go_live`].
    pub fn catching_up(connection: Arc<Connection>, join_leave: bool) -> Self {
        Self { connection, join_leave, held: Some(Vec::new()) }
    }

    /// Whether it has caught up.
    pub fn is_live(&self) -> bool {
        self.held.is_none()
    }
}

impl Channel {
    pub fn new(name: Arc<str>) -> Self {
        Self { name, presence: AtomicBool::new(false), members: Mutex::default() }
    }

    /// Subscribers by client id.
    pub fn members(&self) -> MutexGuard<'_, HashMap<String, Subscriber>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether subscribers may know of each other.
    pub fn shows_presence(&self) -> bool {
        self.presence.load(Ordering::Relaxed)
    }

    /// Queues `publication`, encoded once, for every subscriber.
    pub fn publish(&self, publication: &Publication) {
        let frame = protocol::push(&self.name, &Event::Pub(publication));
        for subscriber in self.members().values_mut() {
            match &mut subscriber.held {
                None => subscriber.connection.push(frame.clone()),
                Some(held) if held.len() < HELD => held.push((publication.offset, frame.clone())),
                Some(_) => {
                    subscriber.connection.close(Disconnect::INSUFFICIENT_STATE);
                }
            }
        }
    }

    /// Queues `answer` for a subscriber, then what was held back beyond the offset `seen`; false when it left.
    ///
    /// All of it under the channel's lock, so that no later publication overtakes.
    pub fn go_live(
        &self,
        connection: &Connection,
        answer: Utf8Bytes,
        seen: Option<u64>,
        presence: bool,
    ) -> bool {
        self.presence.store(presence, Ordering::Relaxed);
        let mut members = self.members();
        connection.push(answer);
        let Some(subscriber) = members.get_mut(&connection.id) else { return false };
        for (offset, frame) in subscriber.held.take().unwrap_or_default() {
            if offset == 0 || seen.is_none_or(|seen| offset > seen) {
                connection.push(frame);
            }
        }
        true
    }

    /// Tells those who want to know that somebody came or went.
    pub fn tell(&self, event: &Event<'_>, about: &str) {
        if !self.shows_presence() {
            return;
        }
        let members = self.members();
        let mut listeners = members.values().filter(|s| s.join_leave && s.connection.id != about).peekable();
        if listeners.peek().is_some() {
            let frame = protocol::push(&self.name, event);
            listeners.for_each(|s| s.connection.push(frame.clone()));
        }
    }
}

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
    /// What it read from the database reaches to here. What is committed can be read before it is published.
    seen: u64,
}

impl Subscriber {
    /// A subscriber whose publications are held back until [`Channel::go_live`].
    pub fn catching_up(connection: Arc<Connection>, join_leave: bool) -> Self {
        Self { connection, join_leave, held: Some(Vec::new()), seen: 0 }
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

    /// Subscribers that have caught up.
    pub fn listeners(&self) -> Vec<Arc<Connection>> {
        self.members().values().filter(|s| s.is_live()).map(|s| s.connection.clone()).collect()
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
                None if publication.offset != 0 && publication.offset <= subscriber.seen => {}
                None => subscriber.connection.push(frame.clone()),
                Some(held) if held.len() < HELD => held.push((publication.offset, frame.clone())),
                Some(_) => {
                    subscriber.connection.close(Disconnect::INSUFFICIENT_STATE);
                }
            }
        }
    }

    /// Queues `answer` for a subscriber, then what was held back beyond the offset `seen`.
    ///
    /// All of it under the channel's lock, so that no later publication overtakes.
    ///
    /// # Errors
    /// The answer, unsent, when the subscriber was sent away meanwhile.
    pub fn go_live(
        &self,
        connection: &Connection,
        answer: Utf8Bytes,
        seen: Option<u64>,
        presence: bool,
    ) -> Result<(), Utf8Bytes> {
        self.presence.store(presence, Ordering::Relaxed);
        let mut members = self.members();
        let Some(subscriber) = members.get_mut(&connection.id) else { return Err(answer) };
        connection.push(answer);
        subscriber.seen = seen.unwrap_or(0);
        for (offset, frame) in subscriber.held.take().unwrap_or_default() {
            if offset == 0 || offset > subscriber.seen {
                connection.push(frame);
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::auth::{Credential, Identity, Role, SessionKind};
    use crate::realtime::connection::{AppInfo, Described};

    fn connection(name: &str) -> Arc<Connection> {
        let id = uuid::Uuid::nil();
        let identity = Identity {
            user_id: id,
            username: "ann".to_owned(),
            name: "Ann".to_owned(),
            role: Role::Member,
            credential: Credential::Session { id, kind: SessionKind::Token },
        };
        Arc::new(Connection::new(Described {
            id: name.to_owned(),
            identity: Arc::new(identity),
            address: Ipv4Addr::LOCALHOST.into(),
            sdk_name: String::new(),
            sdk_version: String::new(),
            app: AppInfo::default(),
            installation: uuid::Uuid::nil(),
            connected_at: chrono::DateTime::default(),
        }))
    }

    #[test]
    fn what_was_read_from_the_database_is_not_published_again() {
        let connection = connection("client");
        let channel = Channel::new("chat:general".into());
        let subscriber = Subscriber::catching_up(connection.clone(), false);
        channel.members().insert(connection.id.clone(), subscriber);
        let publish = |offset| channel.publish(&Publication::stored(offset, &offset));
        // 3 is published while the subscriber reads up to 4, and 4 only after it went live.
        publish(3);
        assert_eq!(channel.listeners().len(), 0, "what is published now it may read instead of being told");
        channel.go_live(&connection, "answer up to 4".into(), Some(4), true).unwrap();
        assert_eq!(channel.listeners().len(), 1);
        publish(4);
        publish(0);
        publish(5);
        let mut frames = VecDeque::new();
        assert!(connection.outbox.try_take(&mut frames));
        let offsets: Vec<_> = frames
            .iter()
            .map(|frame| ["answer", "\"data\":0", "\"offset\":5"].map(|part| frame.contains(part)))
            .collect();
        assert_eq!(offsets, [[true, false, false], [false, true, false], [false, false, true]]);
    }

    #[test]
    fn subscribers_share_what_was_encoded_once() {
        let channel = Channel::new("chat:general".into());
        let connections = ["a", "b", "c"].map(connection);
        for connection in &connections {
            let subscriber = Subscriber::catching_up(connection.clone(), false);
            channel.members().insert(connection.id.clone(), subscriber);
        }
        let [a, b, late] = &connections;
        for live in [a, b] {
            channel.go_live(live, "answer".into(), None, false).unwrap();
        }
        channel.publish(&Publication::stored(1, &"hello"));
        channel.go_live(late, "answer".into(), None, false).unwrap();
        let buffers = connections.map(|connection| {
            let mut frames = VecDeque::new();
            connection.outbox.try_take(&mut frames);
            let frame = frames.pop_back().unwrap();
            assert!(frame.contains("hello"));
            frame.as_ptr()
        });
        assert!(buffers.iter().all(|buffer| *buffer == buffers[0]), "{buffers:?}");
    }
}

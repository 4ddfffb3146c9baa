//! Who is connected, and who listens to what.
//!
//! The hub only passes on: what is true stands in the database. Nothing in here waits; every lock is held for
//! a few instructions a subscriber and never across an await.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Instant;

use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::channel::{Channel, Subscriber};
use super::connection::{Carried, Connection};
use super::protocol::{self, Event};
use super::{ClientInfo, Disconnect, Error, Namespace, Publication};
use crate::auth::Credential;
use crate::clock::Clock;
use crate::observe::metrics;

/// Channels that one connection may listen to.
pub const CHANNELS_PER_CONNECTION: usize = 128;
/// Longest channel name in bytes.
pub const CHANNEL_NAME: usize = 255;
/// Code of the unsubscribe push: ended by the server, and subscribing again will not help.
pub const UNSUBSCRIBED_BY_SERVER: u32 = 2000;

/// Channels and connections of this server. Clones share it.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    connections: RwLock<HashMap<String, Arc<Connection>>>,
    /// What connections that are gone have carried.
    ended: Mutex<Carried>,
    channels: RwLock<HashMap<Arc<str>, Arc<Channel>>>,
    namespaces: RwLock<Vec<Arc<dyn Namespace>>>,
    stopping: CancellationToken,
}

/// Sizes of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubStats {
    /// Connected clients.
    pub connections: usize,
    /// Accounts with at least one of them.
    pub users: usize,
    /// Channels with a subscriber.
    pub channels: usize,
    /// Subscriptions in all channels.
    pub subscriptions: usize,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hub").field(&self.stats()).finish()
    }
}

impl Hub {
    /// A hub without connections.
    pub fn new(clock: Clock) -> Self {
        let inner = Inner {
            clock,
            connections: RwLock::default(),
            ended: Mutex::default(),
            channels: RwLock::default(),
            namespaces: RwLock::default(),
            stopping: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Adds a kind of channel.
    pub fn register(&self, namespace: Arc<dyn Namespace>) {
        self.inner.namespaces.write().expect("no panic while held").push(namespace);
    }

    /// The kind of `name`: what stands before its first `separator`.
    pub(super) fn namespace(&self, name: &str, separator: char) -> Option<Arc<dyn Namespace>> {
        let prefix = name.split_once(separator).map_or(name, |(prefix, _)| prefix);
        let namespaces = self.inner.namespaces.read().expect("no panic while held");
        namespaces.iter().find(|n| n.prefix() == prefix).cloned()
    }

    /// Sends `publication` to every subscriber of `channel`, encoded once. Never blocks: who cannot keep up is
    /// disconnected and recovers from the database.
    ///
    /// Publications of one channel must be published in the order of their offsets.
    pub fn publish(&self, channel: &str, publication: Publication) {
        let Some(channel) = self.channel(channel) else { return };
        let start = Instant::now();
        channel.publish(&publication);
        metrics::fanout_seconds(start.elapsed());
    }

    /// Sends `publication` to one connection, as if published in `channel`; false when there is none of that id.
    pub fn publish_to_client(&self, client: &str, channel: &str, publication: &Publication) -> bool {
        let connection = self.connection(client);
        if let Some(connection) = &connection {
            connection.push(protocol::push(channel, &Event::Pub(publication)));
        }
        connection.is_some()
    }

    /// Ends every connection of an account.
    pub fn disconnect_user(&self, user: Uuid, why: Disconnect) {
        self.close_where(why, |c| c.identity.user_id == user);
    }

    /// Ends every connection of a session or API token.
    pub fn disconnect_credential(&self, id: Uuid, why: Disconnect) {
        self.close_where(why, |c| match &c.identity.credential {
            Credential::Session { id: session, .. } => *session == id,
            Credential::ApiToken { id: token, .. } => *token == id,
        });
    }

    /// Ends one connection; false when there is none of that id.
    pub fn disconnect_client(&self, client: &str, why: Disconnect) -> bool {
        self.connection(client).map(|c| c.close(why)).is_some()
    }

    /// Ends an account's subscriptions to `channel` with a push that says so.
    pub fn unsubscribe_user(&self, user: Uuid, channel: &str) {
        self.unsubscribe_where(channel, |c| c.identity.user_id == user);
    }

    /// Ends every subscription to a channel that is no more.
    pub fn unsubscribe_all(&self, channel: &str) {
        self.unsubscribe_where(channel, |_| true);
    }

    fn unsubscribe_where(&self, channel: &str, which: impl Fn(&Connection) -> bool) {
        let Some(found) = self.channel(channel) else { return };
        let gone: Vec<Arc<Connection>> =
            found.members().values().map(|s| &s.connection).filter(|c| which(c)).cloned().collect();
        let event = Event::Unsubscribe { code: UNSUBSCRIBED_BY_SERVER, reason: "server unsubscribe" };
        for connection in gone {
            self.unsubscribe(&connection, channel);
            connection.push(protocol::push(channel, &event));
        }
    }

    /// Every connection, in no order.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        self.inner.connections.read().expect("no panic while held").values().cloned().collect()
    }

    /// One connection.
    pub fn connection(&self, client: &str) -> Option<Arc<Connection>> {
        self.inner.connections.read().expect("no panic while held").get(client).cloned()
    }

    /// How many listen to `channel`.
    pub fn subscribers(&self, channel: &str) -> usize {
        self.channel(channel).map_or(0, |c| c.members().len())
    }

    /// Who listens to `channel` and has caught up: what is published from now on is sent to them.
    pub fn listeners(&self, channel: &str) -> Vec<Arc<Connection>> {
        self.channel(channel).map_or_else(Vec::new, |channel| channel.listeners())
    }

    /// Sizes of the hub, counted now.
    pub fn stats(&self) -> HubStats {
        let (connections, users) = {
            let connections = self.inner.connections.read().expect("no panic while held");
            let users: HashSet<Uuid> = connections.values().map(|c| c.identity.user_id).collect();
            (connections.len(), users.len())
        };
        let channels = self.inner.channels.read().expect("no panic while held");
        let subscriptions = channels.values().map(|c| c.members().len()).sum();
        HubStats { connections, users, channels: channels.len(), subscriptions }
    }

    /// What all connections, open and ended, have carried since the start.
    pub fn carried(&self) -> Carried {
        let connections = self.inner.connections.read().expect("no panic while held");
        let ended = *self.inner.ended.lock().expect("no panic while held");
        connections.values().fold(ended, |sum, c| sum.plus(c.traffic.read()))
    }

    /// Closes every connection with [`Disconnect::SHUTDOWN`] and takes no new ones. What their clients have asked for
    /// already is still answered.
    pub fn shutdown(&self) {
        self.inner.stopping.cancel();
        self.close_where(Disconnect::SHUTDOWN, |_| true);
    }

    /// Lets go of all kinds of channels once no connection is left: they hold this hub, which could not be freed.
    pub fn release(&self) {
        self.inner.namespaces.write().expect("no panic while held").clear();
    }

    /// Waits until the server stops.
    pub(super) async fn stopping(&self) {
        self.inner.stopping.cancelled().await;
    }

    /// Addresses of all channels and names of all rpc methods, in order.
    pub fn surface(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let namespaces = self.inner.namespaces.read().expect("no panic while held");
        let mut channels: Vec<_> = namespaces.iter().flat_map(|n| n.channels()).copied().collect();
        let mut methods: Vec<_> = namespaces.iter().flat_map(|n| n.methods()).copied().collect();
        channels.sort_unstable();
        methods.sort_unstable();
        (channels, methods)
    }

    /// The time by the server's clock.
    pub(super) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Adds a connection.
    ///
    /// # Errors
    /// When the server is stopping.
    pub(super) fn enter(&self, connection: &Arc<Connection>) -> Result<(), Disconnect> {
        self.inner
            .connections
            .write()
            .expect("no panic while held")
            .insert(connection.id.clone(), connection.clone());
        // Looked at after the insert: either this sees the flag, or `shutdown` sees the connection.
        if self.inner.stopping.is_cancelled() { Err(Disconnect::SHUTDOWN) } else { Ok(()) }
    }

    /// Removes a connection and its subscriptions.
    pub(super) fn leave(&self, connection: &Arc<Connection>) {
        for channel in connection.channels() {
            self.unsubscribe(connection, &channel);
        }
        let mut connections = self.inner.connections.write().expect("no panic while held");
        if connections.remove(&connection.id).is_some() {
            // Under the same lock as the removal: whoever sums up sees the connection or its counts here.
            let mut ended = self.inner.ended.lock().expect("no panic while held");
            *ended = ended.plus(connection.traffic.read());
        }
    }

    /// Begins a subscription: from now on what is published is held back for it.
    ///
    /// # Errors
    /// 105 when it listens already, 106 with too many channels.
    pub(super) fn subscribe(
        &self,
        connection: &Arc<Connection>,
        channel: &str,
        join_leave: bool,
    ) -> Result<(), Error> {
        let mut channels = self.inner.channels.write().expect("no panic while held");
        let entry = match channels.get(channel) {
            Some(entry) => entry.clone(),
            None => {
                let name: Arc<str> = channel.into();
                let entry = Arc::new(Channel::new(name.clone()));
                channels.insert(name, entry.clone());
                entry
            }
        };
        let mut own = connection.channel_set().lock().expect("no panic while held");
        if own.len() >= CHANNELS_PER_CONNECTION {
            drop(own);
            Self::remove_if_empty(&mut channels, &entry);
            return Err(Error::LIMIT_EXCEEDED);
        }
        if !own.insert(entry.name.clone()) {
            return Err(Error::ALREADY_SUBSCRIBED);
        }
        entry
            .members()
            .insert(connection.id.clone(), Subscriber::catching_up(connection.clone(), join_leave));
        Ok(())
    }

    /// Ends the catching up: sends `answer`, then what was held back beyond `seen`, and is live from here on.
    ///
    /// # Errors
    /// The answer, unsent, when the subscription was ended meanwhile.
    pub(super) fn go_live(
        &self,
        connection: &Arc<Connection>,
        channel: &str,
        answer: Utf8Bytes,
        seen: Option<u64>,
        presence: bool,
    ) -> Result<(), Utf8Bytes> {
        let Some(channel) = self.channel(channel) else { return Err(answer) };
        channel.go_live(connection, answer, seen, presence)?;
        channel.tell(&Event::Join { info: &connection.info() }, &connection.id);
        Ok(())
    }

    /// Ends a subscription; false when there was none.
    pub(super) fn unsubscribe(&self, connection: &Arc<Connection>, channel: &str) -> bool {
        let mut channels = self.inner.channels.write().expect("no panic while held");
        let Some(entry) = channels.get(channel).cloned() else { return false };
        connection.channel_set().lock().expect("no panic while held").remove(channel);
        let Some(subscriber) = entry.members().remove(&connection.id) else { return false };
        Self::remove_if_empty(&mut channels, &entry);
        drop(channels);
        // One that never went live was never announced.
        if subscriber.is_live() {
            entry.tell(&Event::Leave { info: &connection.info() }, &connection.id);
        }
        true
    }

    /// Everybody in a channel that shows presence.
    ///
    /// # Errors
    /// 103 for who does not listen to it, 108 for a channel without presence.
    pub(super) fn presence(&self, connection: &Connection, channel: &str) -> Result<Vec<ClientInfo>, Error> {
        let channel = self.channel(channel).ok_or(Error::PERMISSION_DENIED)?;
        let members = channel.members();
        if !members.contains_key(&connection.id) {
            return Err(Error::PERMISSION_DENIED);
        }
        if !channel.shows_presence() {
            return Err(Error::NOT_AVAILABLE);
        }
        Ok(members.values().filter(|s| s.is_live()).map(|s| s.connection.info()).collect())
    }

    fn channel(&self, name: &str) -> Option<Arc<Channel>> {
        self.inner.channels.read().expect("no panic while held").get(name).cloned()
    }

    fn close_where(&self, why: Disconnect, which: impl Fn(&Connection) -> bool) {
        for connection in self.connections().iter().filter(|c| which(c)) {
            connection.close(why);
        }
    }

    fn remove_if_empty(channels: &mut HashMap<Arc<str>, Arc<Channel>>, entry: &Channel) {
        if entry.members().is_empty() {
            channels.remove(&entry.name);
        }
    }
}

//! Who listens to what.

use uuid::Uuid;

use super::{Disconnect, Publication};
use crate::clock::Clock;

/// Channels and connections of this server. Clones share it.
#[derive(Clone, Debug)]
pub struct Hub {
    _clock: Clock,
}

impl Hub {
    /// A hub without connections.
    pub fn new(clock: Clock) -> Self {
        Self { _clock: clock }
    }

    /// Sends `publication` to every subscriber of `channel`. Never blocks: who cannot keep up is disconnected.
    pub fn publish(&self, channel: &str, publication: Publication) {
        let _ = (channel, publication);
    }

    /// Ends every connection of an account.
    pub fn disconnect_user(&self, user: Uuid, why: Disconnect) {
        let _ = (user, why);
    }

    /// Ends every connection of a session or API token.
    pub fn disconnect_credential(&self, id: Uuid, why: Disconnect) {
        let _ = (id, why);
    }

    /// Ends one connection; false when there is none of that id.
    pub fn disconnect_client(&self, client: &str, why: Disconnect) -> bool {
        let _ = (client, why);
        false
    }

    /// Ends an account's subscriptions to `channel` with a push that says why.
    pub fn unsubscribe_user(&self, user: Uuid, channel: &str) {
        let _ = (user, channel);
    }

    /// Whether the account has a connection now.
    pub fn is_online(&self, user: Uuid) -> bool {
        let _ = user;
        false
    }

    /// Closes every connection with [`Disconnect::SHUTDOWN`] and takes no new ones.
    pub fn shutdown(&self) {}
}

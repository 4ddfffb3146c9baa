//! What an admin does to clients by name, without HTTP: for the console.

use chrono::TimeDelta;
use sea_orm::DbErr;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

use super::api::notice::{Notice, NoticeLevel};
use super::fleet::Fleet;
use super::orders::{ActiveSettings, LogLevel};
use super::store::list;
use crate::auth::Identity;
use crate::inbox;
use crate::realtime::{Connection, Disconnect};
use crate::timestamp::Timestamp;

/// Who gets a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// Everybody who is connected.
    All,
    /// A connection, or all connections of an installation.
    Named(Uuid),
    /// All connections of an account.
    User(Uuid),
}

impl Fleet {
    /// The connection of this id, or those of the installation of this id.
    fn named(&self, id: Uuid) -> Vec<Arc<Connection>> {
        match self.inner.hub.connection(&id.to_string()) {
            Some(connection) => vec![connection],
            None => self.clients_of(id),
        }
    }

    /// Disconnects a connection, or all of an installation; gives how many there were.
    pub fn kick(&self, who: &Identity, id: Uuid) -> u64 {
        let mut closed = 0;
        for connection in self.named(id) {
            if connection.close(Disconnect::FORCE_NO_RECONNECT) {
                closed += 1;
                let user = Some(connection.identity.user_id);
                let detail = json!({"client": connection.id, "reason": null});
                self.note_admin(who, connection.installation, user, "disconnect", detail);
            }
        }
        closed
    }

    /// Sends a notice of one line; gives how many connections it reached.
    pub fn notify(&self, who: &Identity, to: Recipients, title: &str) -> u64 {
        let connections = match to {
            Recipients::Named(id) => self.named(id),
            Recipients::All => self.inner.hub.connections(),
            Recipients::User(user) => {
                let mut connections = self.inner.hub.connections();
                connections.retain(|c| c.identity.user_id == user);
                connections
            }
        };
        let notice = Notice { title: title.into(), body: "".into(), level: NoticeLevel::Info };
        let publication = notice.publication(&self.inner.clock);
        let mut reached = 0;
        for connection in connections {
            let user = connection.identity.user_id;
            if self.inner.hub.publish_to_client(&connection.id, &inbox::channel(user), &publication) {
                reached += 1;
                let detail = json!({"client": connection.id, "title": title, "level": NoticeLevel::Info});
                self.note_admin(who, connection.installation, Some(user), "notice", detail);
            }
        }
        reached
    }

    /// Sets how much an installation logs, for so many minutes; what was set of its sampling stays. `None` when there is
    /// no such installation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_log_level(
        &self,
        who: &Identity,
        id: Uuid,
        level: LogLevel,
        minutes: u16,
    ) -> Result<Option<ActiveSettings>, DbErr> {
        self.settle().await;
        let now = self.inner.clock.now();
        let Some(row) = list::one(self.inner.db.read(), id, now.timestamp_millis()).await? else {
            return Ok(None);
        };
        let settings = ActiveSettings {
            log_level: Some(level),
            sampling: self.settings_of(id).and_then(|settings| settings.sampling),
            // In whole milliseconds, as they are stored.
            until: Timestamp::from_ms((now + TimeDelta::minutes(minutes.into())).timestamp_millis()),
            set_by: who.username.clone(),
            set_at: Timestamp::from_ms(now.timestamp_millis()),
        };
        self.set(id, settings.clone()).await?;
        let detail = json!({"log_level": level, "sampling": settings.sampling, "minutes": minutes});
        self.note_admin(who, id, row.user_id, "set_settings", detail);
        Ok(Some(settings))
    }
}

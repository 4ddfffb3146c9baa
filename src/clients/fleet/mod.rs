//! The handle of the fleet: what is seen goes into memory at once, and from there to the database in batches.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::DbErr;
use tokio::sync::Notify;
use uuid::Uuid;

use super::journal::{self, Journal};
use super::orders::Standing;
use super::sessions::Sessions;
use super::sighting::{FleetUser, Identified, Known, Pending, Sighting, Waiting, installation_id};
use super::store::installations;
use crate::auth::Identity;
use crate::clock::Clock;
use crate::db::Db;
use crate::observe::metrics;
use crate::realtime::{AppInfo, Connection, Hub};

/// Time between two flushes. A crash forgets the sightings of this long, no more.
const FLUSH: Duration = Duration::from_secs(5);
/// Sightings after which the next flush comes at once.
const FLUSH_AT: usize = 2_000;
/// Installations in one write job: some ten milliseconds.
const CHUNK: usize = 200;

/// How much is kept. Tests take less.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Installations in the database: at about 1 KB each with what hangs on them, 100 MB.
    pub installations: usize,
    /// Installations in memory that wait to be written.
    pub waiting: usize,
    /// Logins whose installation is known, in each of two generations.
    pub sessions: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { installations: 100_000, waiting: 20_000, sessions: 50_000 }
    }
}

/// Every installation of a client application. Clones share everything.
#[derive(Clone)]
pub struct Fleet {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub db: Db,
    pub clock: Clock,
    pub hub: Hub,
    pub bounds: Bounds,
    pub journal: Journal,
    pub standing: Standing,
    waiting: Mutex<Waiting>,
    sessions: Mutex<Sessions>,
    /// One flush at a time: who waits for it reads what was seen before.
    flushing: tokio::sync::Mutex<()>,
    many: Notify,
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fleet")
    }
}

impl Fleet {
    /// A fleet over these, which knows nobody yet.
    pub fn new(db: &Db, clock: &Clock, hub: &Hub) -> Self {
        Self::bounded(db, clock, hub, Bounds::default())
    }

    /// As [`Fleet::new`], with other bounds.
    pub fn bounded(db: &Db, clock: &Clock, hub: &Hub, bounds: Bounds) -> Self {
        let inner = Inner {
            db: db.clone(),
            clock: clock.clone(),
            hub: hub.clone(),
            bounds,
            journal: Journal::default(),
            standing: Standing::default(),
            waiting: Mutex::default(),
            sessions: Mutex::new(Sessions::new(bounds.sessions)),
            flushing: tokio::sync::Mutex::default(),
            many: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Notes that an installation was seen now. Cheap, and never waits: it is written within seconds.
    pub fn seen(&self, sighting: Sighting) {
        let (now_ms, most) = (self.inner.clock.now_ms(), self.inner.bounds.waiting);
        let (kept, waiting) = {
            let mut waiting = self.inner.waiting.lock().expect("no panic while held");
            (waiting.add(sighting, now_ms, most), waiting.len())
        };
        if !kept {
            metrics::sighting_dropped();
        }
        if waiting >= FLUSH_AT {
            self.inner.many.notify_one();
        }
    }

    /// Notes that requests of this login come from that installation.
    pub fn learn_session(&self, session: Uuid, installation: Uuid) {
        self.inner.sessions.lock().expect("no panic while held").learn(session, installation);
    }

    /// The installation behind a login, as far as it is known.
    pub fn of_session(&self, session: Uuid) -> Option<Uuid> {
        self.inner.sessions.lock().expect("no panic while held").installation(session)
    }

    /// The installation behind a WebSocket, by what its client says of itself.
    pub fn installation_of(who: &Identity, app: &AppInfo) -> Uuid {
        installation_id(&app.app, &key(who, app).0)
    }

    /// Notes a new connection.
    pub fn connected(&self, connection: &Connection) {
        if let Some(session) = connection.identity.session_id() {
            self.learn_session(session, connection.installation);
        }
        self.seen(sighting(connection));
        self.note_connected(connection);
    }

    /// Notes the end of a connection, with the code and reason of its close frame.
    pub fn disconnected(&self, connection: &Connection, code: u16, reason: &str) {
        self.seen(sighting(connection));
        self.note_disconnected(connection, code, reason);
    }

    /// Installations that are connected now, each once.
    pub fn connected_ids(&self) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = self.inner.hub.connections().iter().map(|c| c.installation).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Writes what was seen. Whoever reads next finds it.
    ///
    /// # Errors
    /// When the database fails; what was seen waits for the next time.
    pub async fn flush(&self) -> Result<(), DbErr> {
        let _one = self.inner.flushing.lock().await;
        let mut seen = self.inner.waiting.lock().expect("no panic while held").take();
        while !seen.is_empty() {
            let chunk: Arc<[(Uuid, Pending)]> = seen.split_off(seen.len().saturating_sub(CHUNK)).into();
            let job = chunk.clone();
            let written: Result<(), DbErr> = self
                .inner
                .db
                .write(move |tx| Box::pin(async move { installations::note(tx.conn(), &job).await }))
                .await;
            if let Err(e) = written {
                seen.extend(chunk.iter().cloned());
                self.inner.waiting.lock().expect("no panic while held").put_back(seen);
                return Err(e);
            }
        }
        Ok(())
    }

    /// As [`Fleet::flush`], with the journal, before a read: a database that cannot be written can still be read.
    pub(super) async fn settle(&self) {
        self.flush_journal().await;
        if let Err(e) = self.flush().await {
            tracing::warn!(error = %e, "Could not write down who was seen; trying again");
        }
    }

    pub(super) async fn flush_journal(&self) {
        if let Err(e) = self.write_journal().await {
            tracing::warn!(error = %e, "Could not write the journal of the fleet; trying again");
        }
    }

    /// Forgets what is in memory of installations that are removed, and of an account.
    pub(super) fn forget(&self, installations: &[Uuid], user: Option<Uuid>) {
        self.inner.sessions.lock().expect("no panic while held").forget(installations);
        self.inner.journal.forget(installations, user);
        self.forget_orders(installations);
    }

    /// Waits until the journal is to be written.
    pub(super) async fn journal_due(&self) {
        tokio::time::sleep(journal::EVERY).await;
    }

    /// Waits until a flush is due.
    pub(super) async fn flush_due(&self) {
        tokio::select! {
            () = tokio::time::sleep(FLUSH) => {}
            () = self.inner.many.notified() => {}
        }
    }
}

fn key(who: &Identity, app: &AppInfo) -> (String, Identified) {
    let known = Known {
        installation: &app.installation_id,
        account: Some(who.user_id),
        system: &app.os,
        ..Known::default()
    };
    known.key().expect("an account is enough for a key")
}

fn sighting(connection: &Connection) -> Sighting {
    let (who, app) = (&connection.identity, &connection.app);
    let (key, identified) = key(who, app);
    Sighting {
        app: app.app.clone(),
        key,
        identified,
        user: Some(FleetUser { id: Some(who.user_id), name: who.username.clone() }),
        app_version: app.app_version.clone(),
        os: app.os.clone(),
        os_version: app.os_version.clone(),
        hostname: app.hostname.clone(),
        locale: app.locale.clone(),
        address: Some(connection.address),
        signals: 0,
        errors: 0,
        last_error: None,
    }
}

#[cfg(test)]
mod tests;

//! What an installation is told to do: settings for a while, and reports that it is asked for.
//!
//! Memory knows all of it, so that a connecting client is told without a query. The database is the truth: memory is
//! loaded from it at the start, and changed after each commit.

mod told;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DbErr;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use told::{ActiveSettings, LogLevel, Orders};
use told::{Told, request_publication, settings_publication};

use super::fleet::Fleet;
use super::store::orders;
use crate::inbox;
use crate::realtime::{Connection, Publication};

/// What memory knows.
#[derive(Debug, Default)]
pub struct Standing {
    settings: RwLock<HashMap<Uuid, ActiveSettings>>,
    requests: RwLock<HashMap<Uuid, Vec<Uuid>>>,
    /// Settings came that may end before the others.
    changed: Notify,
    /// One change of settings after the other is told, in the order of commits.
    telling: Mutex<()>,
}

impl Fleet {
    /// Loads what memory must know.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(&self) -> Result<(), DbErr> {
        let settings = orders::settings(self.inner.db.read()).await?;
        *self.inner.standing.settings.write().expect("no panic while held") = settings.into_iter().collect();
        self.load_requests().await
    }

    /// Loads the reports that are asked for.
    pub(super) async fn load_requests(&self) -> Result<(), DbErr> {
        let mut requests: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for (installation, id) in orders::requests(self.inner.db.read()).await? {
            requests.entry(installation).or_default().push(id);
        }
        *self.inner.standing.requests.write().expect("no panic while held") = requests;
        Ok(())
    }

    /// What an installation is told now.
    pub fn orders(&self, installation: Uuid) -> Orders {
        let settings = self.settings_of(installation);
        let requests = self.inner.standing.requests.read().expect("no panic while held");
        Orders {
            settings: settings.as_ref().map(Told::from),
            diagnostics: requests.get(&installation).cloned().unwrap_or_default(),
        }
    }

    /// Tells a client that has just been greeted with `told` what changed meanwhile: publications before the greeting
    /// mean nothing to it.
    pub fn greeted(&self, connection: &Connection, told: &Orders) {
        let now = self.orders(connection.installation);
        if now.settings != told.settings {
            self.tell(connection, &settings_publication(now.settings.as_ref()));
        }
        for id in now.diagnostics.into_iter().filter(|id| !told.diagnostics.contains(id)) {
            self.tell(connection, &request_publication(id));
        }
    }

    /// What is set for an installation.
    pub(super) fn settings_of(&self, installation: Uuid) -> Option<ActiveSettings> {
        let now = self.inner.clock.now();
        let settings = self.inner.standing.settings.read().expect("no panic while held");
        settings.get(&installation).filter(|s| s.until.utc() > now).cloned()
    }

    /// Sets what holds for an installation from now on, and tells its clients.
    pub(super) async fn set(&self, installation: Uuid, settings: ActiveSettings) -> Result<(), DbErr> {
        let fleet = self.clone();
        let set = self.inner.db.write(move |tx| {
            Box::pin(async move {
                orders::set(tx.conn(), installation, &settings).await?;
                tx.after_commit(move || fleet.now_set(installation, Some(settings)));
                Ok(())
            })
        });
        set.await
    }

    /// Ends what holds for an installation; false when nothing did.
    pub(super) async fn unset(&self, installation: Uuid) -> Result<bool, DbErr> {
        let fleet = self.clone();
        let unset = self.inner.db.write(move |tx| {
            Box::pin(async move {
                let was = orders::unset(tx.conn(), &[installation]).await? > 0;
                if was {
                    tx.after_commit(move || fleet.now_set(installation, None));
                }
                Ok(was)
            })
        });
        unset.await
    }

    /// Memory and clients learn what the database holds.
    fn now_set(&self, installation: Uuid, settings: Option<ActiveSettings>) {
        let standing = &self.inner.standing;
        let _one = standing.telling.lock().expect("no panic while held");
        let told = settings.as_ref().map(Told::from);
        let mut known = standing.settings.write().expect("no panic while held");
        match settings {
            Some(settings) => drop(known.insert(installation, settings)),
            None => drop(known.remove(&installation)),
        }
        drop(known);
        standing.changed.notify_one();
        self.tell_all(installation, &settings_publication(told.as_ref()));
    }

    /// Ends settings in time, until `stop`.
    pub(super) async fn expire(&self, stop: CancellationToken) {
        loop {
            let clock = &self.inner.clock;
            let first = {
                let settings = self.inner.standing.settings.read().expect("no panic while held");
                settings.values().map(|s| s.until.utc()).min()
            };
            // Without settings there is nothing to wait for but the first ones.
            let due: DateTime<Utc> = first.unwrap_or_else(|| clock.now() + TimeDelta::days(1));
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inner.standing.changed.notified() => continue,
                () = clock.sleep_until(due) => {}
            }
            let now = clock.now();
            let over: Vec<Uuid> = {
                let settings = self.inner.standing.settings.read().expect("no panic while held");
                settings.iter().filter(|(_, s)| s.until.utc() <= now).map(|(id, _)| *id).collect()
            };
            for installation in over {
                if let Err(e) = self.end(installation, now).await {
                    tracing::warn!(error = %e, "Could not end the settings of the installation `{installation}`; trying again");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Ends settings that are over; others may have taken their place meanwhile.
    async fn end(&self, installation: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
        let fleet = self.clone();
        let ended = self.inner.db.write(move |tx| {
            Box::pin(async move {
                if orders::unset_before(tx.conn(), installation, now.timestamp_millis()).await? {
                    tx.after_commit(move || fleet.now_set(installation, None));
                }
                Ok(())
            })
        });
        ended.await
    }

    /// Memory learns which reports are asked for; clients are told of a new one.
    pub(super) fn now_requested(&self, installation: Uuid, pending: Vec<Uuid>, new: Option<Uuid>) {
        let mut requests = self.inner.standing.requests.write().expect("no panic while held");
        if pending.is_empty() {
            requests.remove(&installation);
        } else {
            requests.insert(installation, pending);
        }
        drop(requests);
        if let Some(id) = new {
            self.tell_all(installation, &request_publication(id));
        }
    }

    /// Forgets what removed installations are told.
    pub(super) fn forget_orders(&self, installations: &[Uuid]) {
        let standing = &self.inner.standing;
        let mut settings = standing.settings.write().expect("no panic while held");
        let mut requests = standing.requests.write().expect("no panic while held");
        for id in installations {
            settings.remove(id);
            requests.remove(id);
        }
    }

    /// Sends every client of an installation a publication in its account's channel; gives how many there are.
    pub(super) fn tell_all(&self, installation: Uuid, publication: &Publication) -> u64 {
        let clients = self.clients_of(installation);
        clients.iter().for_each(|c| self.tell(c, publication));
        clients.len() as u64
    }

    fn tell(&self, connection: &Connection, publication: &Publication) {
        let channel = inbox::channel(connection.identity.user_id);
        self.inner.hub.publish_to_client(&connection.id, &channel, publication);
    }

    /// Connections of an installation now.
    pub(super) fn clients_of(&self, installation: Uuid) -> Vec<Arc<Connection>> {
        let mut clients = self.inner.hub.connections();
        clients.retain(|c| c.installation == installation);
        clients
    }
}

//! Application keys: what an application shows to send telemetry without a login.
//!
//! A key stands in a web page for everybody to read, so it allows little: to send, for one application, from the
//! origins named, at a rate. Keys are found in memory; the database is the truth.

mod api;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use sea_orm::DbErr;
use uuid::Uuid;

pub use api::AppKeysApi;

use crate::clock::Clock;
use crate::db::Db;
use crate::idempotency::{self, Key};

/// Requests a second of a key that was made without a rate: some two hundred clients that report all the time.
pub const DEFAULT_RATE: u32 = 1_000;
/// Keys that are not revoked, at most: one for each application and environment, many times over.
pub const MAX_KEYS: usize = 1_000;

/// An application key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppKey {
    /// Its id, which stays secretless in logs.
    pub id: Uuid,
    /// The application that it sends for.
    pub app: String,
    /// What people call it.
    pub name: String,
    /// The key itself.
    pub key: String,
    /// Origins of pages that may use it; empty for the server's configured ones.
    pub origins: Vec<String>,
    /// Requests a second.
    pub rate: u32,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// Who made it.
    pub created_by: Uuid,
}

/// What a change of a key says.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// See [`AppKey::name`].
    pub name: String,
    /// See [`AppKey::origins`].
    pub origins: Vec<String>,
    /// See [`AppKey::rate`].
    pub rate: u32,
}

/// Why a key was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none with this id, or it is revoked.
    #[error("no such key")]
    Unknown,
    /// There are too many.
    #[error("too many keys")]
    TooMany,
    /// The `Idempotency-Key` of the call.
    #[error(transparent)]
    Repeated(#[from] idempotency::KeyError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Every key that is good. Clones share it.
#[derive(Clone, Debug)]
pub struct AppKeys {
    db: Db,
    clock: Clock,
    by_key: Arc<RwLock<HashMap<String, Arc<AppKey>>>>,
}

impl AppKeys {
    /// No keys yet.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, by_key: Arc::default() }
    }

    /// Loads the keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(&self) -> Result<(), DbErr> {
        let keys = store::all(self.db.read()).await?;
        let mut by_key = self.by_key.write().expect("no panic while held");
        *by_key = keys.into_iter().map(|key| (key.key.clone(), Arc::new(key))).collect();
        Ok(())
    }

    /// The key, if it is good.
    pub fn find(&self, key: &str) -> Option<Arc<AppKey>> {
        self.by_key.read().expect("no panic while held").get(key).cloned()
    }

    /// Whether some key allows pages of this origin. For preflights, which show no key.
    pub fn some_allows(&self, origin: &str) -> bool {
        self.by_key.read().expect("no panic while held").values().any(|key| key.names(origin))
    }

    /// Whether keys exist for an application of this name: only such names become labels of metrics.
    pub fn is_registered(&self, app: &str) -> bool {
        self.by_key.read().expect("no panic while held").values().any(|key| key.app == app)
    }

    /// Every good key, the newest first.
    pub fn all(&self) -> Vec<Arc<AppKey>> {
        let mut keys: Vec<_> = self.by_key.read().expect("no panic while held").values().cloned().collect();
        keys.sort_unstable_by_key(|key| std::cmp::Reverse(key.id));
        keys
    }

    /// Makes a key for `app`. The same `attempt` again gives the key that it made.
    ///
    /// # Errors
    /// When there are too many, or the database fails.
    pub async fn create(
        &self,
        app: String,
        wanted: Wanted,
        by: Uuid,
        attempt: Option<Key>,
    ) -> Result<Arc<AppKey>, KeyError> {
        let key = Arc::new(AppKey {
            id: crate::id::new(&self.clock),
            app,
            name: wanted.name,
            key: new_key(),
            origins: wanted.origins,
            rate: wanted.rate,
            created_at: self.clock.now_ms(),
            created_by: by,
        });
        let all = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(id) = idempotency::made(tx, attempt.as_ref(), key.created_at).await? {
                        return Ok(store::find(tx.conn(), id)
                            .await?
                            .map(Arc::new)
                            .ok_or(idempotency::KeyError::Spent)?);
                    }
                    if all.all().len() >= MAX_KEYS {
                        return Err(KeyError::TooMany);
                    }
                    store::insert(tx.conn(), &key).await?;
                    idempotency::keep(tx, attempt.as_ref(), 201, key.id, key.created_at).await?;
                    let made = key.clone();
                    tx.after_commit(move || {
                        all.by_key.write().expect("no panic while held").insert(made.key.clone(), made);
                    });
                    Ok(key)
                })
            })
            .await
    }

    /// Changes name, origins and rate of a key.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn change(&self, id: Uuid, change: impl FnOnce(&mut Wanted)) -> Result<Arc<AppKey>, KeyError> {
        let key = self.of_id(id)?;
        let mut wanted = Wanted { name: key.name.clone(), origins: key.origins.clone(), rate: key.rate };
        change(&mut wanted);
        let changed = Arc::new(AppKey {
            name: wanted.name,
            origins: wanted.origins,
            rate: wanted.rate,
            ..(*key).clone()
        });
        let (stored, keys) = (changed.clone(), self.by_key.clone());
        self.db
            .write(|tx| {
                Box::pin(async move {
                    if !store::update(tx.conn(), &stored).await? {
                        return Err(KeyError::Unknown);
                    }
                    tx.after_commit(move || {
                        keys.write().expect("no panic while held").insert(stored.key.clone(), stored);
                    });
                    Ok(())
                })
            })
            .await?;
        Ok(changed)
    }

    /// Revokes a key: what shows it is refused from now on.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn revoke(&self, id: Uuid) -> Result<Arc<AppKey>, KeyError> {
        let key = self.of_id(id)?;
        let (revoked, keys, now) = (key.key.clone(), self.by_key.clone(), self.clock.now_ms());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !store::revoke(tx.conn(), id, now).await? {
                        return Err(KeyError::Unknown);
                    }
                    tx.after_commit(move || {
                        keys.write().expect("no panic while held").remove(&revoked);
                    });
                    Ok(())
                })
            })
            .await?;
        Ok(key)
    }

    fn of_id(&self, id: Uuid) -> Result<Arc<AppKey>, KeyError> {
        let keys = self.by_key.read().expect("no panic while held");
        keys.values().find(|key| key.id == id).cloned().ok_or(KeyError::Unknown)
    }
}

impl AppKey {
    /// Whether `origin` is among the key's own origins.
    pub fn names(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed == "*" || allowed == origin)
    }
}

/// 128 random bits in the characters that the SDK takes for a part of the collector's path: without a hyphen.
fn new_key() -> String {
    let digest = crate::id::digest(&crate::id::secret());
    let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("wsk_{hex}")
}

//! The one handle of authentication: from a credential to an identity, without a query.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DbErr;
use uuid::Uuid;

use super::confirm::Confirmed;
use super::directory::{Directory, Session, touch};
use super::keys::{Keys, Refusal};
use super::limiter::Limiter;
use super::password::Passwords;
use super::{AuthError, Credential, Identity, NewPassword, store};
use crate::clock::{Clock, from_ms};
use crate::config::{Config, ConfigError, Secret, Settings};
use crate::db::{Db, Tx};
use crate::error::ApiError;
use crate::realtime::{Disconnect, Hub};
use crate::users::{self, Account};

/// How an API token begins, so that it is told from a JWT, and found by scanners for leaked secrets.
pub const API_TOKEN_PREFIX: &str = "wst_";

/// Knows every account, session and API token. Clones share it.
#[derive(Clone)]
pub struct Auth {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub db: Db,
    pub clock: Clock,
    pub hub: Hub,
    pub keys: Keys,
    pub passwords: Passwords,
    pub limiter: Limiter,
    pub directory: Directory,
    pub confirmed: Confirmed,
    /// Made anew at each start; good as long as there is no admin.
    pub setup_token: String,
    pub access_ttl: Duration,
    pub session_ttl: Duration,
    /// `Path` of the session cookie.
    pub cookie_path: String,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth")
    }
}

impl Auth {
    /// Loads accounts, sessions and keys; makes the configured first admin on an empty database.
    ///
    /// # Errors
    /// One line that names the setting at fault.
    pub async fn open(config: &Config, db: &Db, clock: &Clock, hub: &Hub) -> Result<Self, ConfigError> {
        let auth = Self::new(config, db.clone(), clock.clone(), hub.clone(), Keys::open(config)?);
        auth.load().await.map_err(|e| {
            ConfigError::new(
                "DATABASE_PATH",
                format!("the accounts in `{}` cannot be read ({e})", config.database.display()),
                "restore a backup or report this line",
            )
        })?;
        if let Some(admin) = &config.first_admin {
            super::setup::first_admin(&auth, admin).await?;
        }
        Ok(auth)
    }

    /// A handle that knows nobody.
    pub fn for_document() -> Self {
        let config = Config::from_settings(&Settings::default()).expect("the defaults are valid");
        let keys = Keys::new(&[Secret::new(crate::id::secret())]);
        let (clock, db) = (Clock::system(), Db::disconnected());
        Self::new(&config, db, clock.clone(), Hub::new(clock), keys)
    }

    fn new(config: &Config, db: Db, clock: Clock, hub: Hub, keys: Keys) -> Self {
        let cookie_path = if config.base_path.is_empty() { "/".to_owned() } else { config.base_path.clone() };
        let inner = Inner {
            db,
            limiter: Limiter::new(clock.clone()),
            clock,
            hub,
            keys,
            passwords: Passwords::new(),
            directory: Directory::default(),
            confirmed: Confirmed::default(),
            setup_token: crate::id::secret(),
            access_ttl: config.access_token_ttl,
            session_ttl: config.session_ttl,
            cookie_path,
        };
        Self { inner: Arc::new(inner) }
    }

    async fn load(&self) -> Result<(), DbErr> {
        let db = self.inner.db.read();
        let (accounts, sessions, tokens) =
            (users::store::all(db).await?, store::sessions(db).await?, store::tokens(db).await?);
        let mut state = self.inner.directory.write();
        accounts.into_iter().for_each(|a| state.put_account(a));
        sessions.into_iter().for_each(|s| state.put_session(s));
        tokens.into_iter().for_each(|t| state.put_token(Arc::new(t)));
        Ok(())
    }

    /// The identity behind an access token or API token, and when it expires.
    ///
    /// # Errors
    /// 401 with the code `token_expired` or `unauthorized`.
    pub fn bearer(&self, token: &str) -> Result<(Arc<Identity>, Option<DateTime<Utc>>), ApiError> {
        let invalid = || ApiError::unauthorized("unauthorized", "The token is not valid, or was revoked.");
        let expired = || ApiError::unauthorized("token_expired", "The token expired: get a new one.");
        let now = self.inner.clock.now();
        if token.starts_with(API_TOKEN_PREFIX) {
            let state = self.inner.directory.read();
            let held = state.token_by_digest(&crate::id::digest(token)).ok_or_else(invalid)?;
            let active = state.account(held.record.user_id).is_some_and(|a| !a.disabled);
            let expires = from_ms(held.record.expires_ms);
            if !active {
                return Err(invalid());
            }
            if expires <= now {
                return Err(expired());
            }
            touch(&held.record.used_ms, now.timestamp_millis());
            return Ok((held.identity.clone(), Some(expires)));
        }
        let (claims, expires) = self.inner.keys.verify(token, now).map_err(|refusal| match refusal {
            Refusal::Expired => expired(),
            Refusal::Invalid => invalid(),
        })?;
        let state = self.inner.directory.read();
        let held =
            state.session(claims.sid).filter(|h| h.record.user_id == claims.sub).ok_or_else(invalid)?;
        if self.inner.session_expires(&held.record) <= now {
            return Err(expired());
        }
        touch(&held.record.used_ms, now.timestamp_millis());
        Ok((held.identity.clone(), Some(expires)))
    }

    /// The identity behind a session cookie, and the session's CSRF token.
    ///
    /// # Errors
    /// 401 when the session is unknown or over.
    pub fn cookie(&self, value: &str) -> Result<(Arc<Identity>, String), ApiError> {
        let over = || ApiError::unauthorized("unauthorized", "The session is over: log in.");
        let now = self.inner.clock.now();
        let state = self.inner.directory.read();
        let held = state.session_by_digest(&crate::id::digest(value)).ok_or_else(over)?;
        if self.inner.session_expires(&held.record) <= now {
            return Err(over());
        }
        touch(&held.record.used_ms, now.timestamp_millis());
        Ok((held.identity.clone(), csrf_token(value)))
    }

    /// An account, disabled or not.
    pub fn account(&self, id: Uuid) -> Option<Arc<Account>> {
        self.inner.directory.read().account(id).cloned()
    }

    /// The account with this user name, in any case.
    pub fn account_named(&self, username: &str) -> Option<Arc<Account>> {
        self.inner.directory.read().account_named(&users::key(username)).cloned()
    }

    /// Every account by user name, disabled ones included.
    pub fn accounts(&self) -> Vec<Arc<Account>> {
        self.accounts_after(None)
    }

    /// As [`Auth::accounts`], after a user name in the form of [`users::key`].
    pub fn accounts_after(&self, key: Option<&str>) -> Vec<Arc<Account>> {
        self.inner.directory.read().accounts_after(key).cloned().collect()
    }

    /// The one-time token of the set-up link, as long as there is no admin.
    pub fn setup_token(&self) -> Option<String> {
        (!self.inner.directory.read().has_admin()).then(|| self.inner.setup_token.clone())
    }

    /// Hashes verified since the start: what logins have cost.
    pub fn password_checks(&self) -> u64 {
        self.inner.passwords.verified()
    }

    /// The hash to keep of a new password.
    pub(crate) async fn hash(&self, password: NewPassword) -> Result<String, AuthError> {
        self.inner.passwords.hash(password).await
    }

    /// Learns of a new or renamed account when `tx` is durable.
    pub(crate) fn account_changed(&self, tx: &Tx, account: Account) {
        let auth = self.clone();
        tx.after_commit(move || auth.inner.directory.write().put_account(account));
    }

    /// As [`Auth::account_changed`], and ends what an account may no longer have: all sessions and sockets when
    /// it is disabled, its sockets when its role or names change, so that they come back with the new ones.
    pub(crate) async fn account_edited(
        &self,
        tx: &Tx,
        before: &Account,
        after: Account,
    ) -> Result<(), DbErr> {
        let (id, disabled) = (after.id, after.disabled);
        let identity = |a: &Account| (a.role, a.username.clone(), a.name.clone());
        let new_identity = identity(before) != identity(&after);
        self.account_changed(tx, after);
        if disabled {
            self.end_all_sessions(tx, id).await?;
        } else if new_identity {
            let hub = self.inner.hub.clone();
            tx.after_commit(move || hub.disconnect_user(id, Disconnect::FORCE_RECONNECT));
        }
        Ok(())
    }

    /// Ends every session and socket of an account when `tx` is durable.
    pub(crate) async fn end_all_sessions(&self, tx: &Tx, user: Uuid) -> Result<(), DbErr> {
        let ended = store::end_sessions(tx.conn(), user, None, None).await?;
        let auth = self.clone();
        tx.after_commit(move || {
            auth.inner.forget_sessions(&ended);
            // Sockets of its API tokens, too: they know the account as it was.
            auth.inner.hub.disconnect_user(user, Disconnect::FORCE_NO_RECONNECT);
        });
        Ok(())
    }
}

impl Inner {
    /// When a session ends unless it is used.
    pub fn session_expires(&self, session: &Session) -> DateTime<Utc> {
        let used = from_ms(session.used_ms.load(std::sync::atomic::Ordering::Relaxed));
        used + TimeDelta::from_std(self.session_ttl).unwrap_or(TimeDelta::MAX)
    }

    /// Drops sessions from memory and ends their sockets.
    pub fn forget_sessions(&self, ids: &[Uuid]) {
        let mut state = self.directory.write();
        ids.iter().for_each(|id| state.drop_session(*id));
        drop(state);
        for id in ids {
            self.hub.disconnect_credential(*id, Disconnect::INVALID_TOKEN);
        }
    }
}

/// The CSRF token of a cookie session: derived from the cookie, so that it is bound to the session and needs no
/// place of its own, and tells nothing about the cookie.
pub fn csrf_token(cookie: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    URL_SAFE_NO_PAD.encode(crate::id::digest(&format!("csrf\0{cookie}")))
}

/// Id of the session or token behind an identity, as the hub knows it.
pub fn credential_id(identity: &Identity) -> Uuid {
    match identity.credential {
        Credential::Session { id, .. } | Credential::ApiToken { id, .. } => id,
    }
}

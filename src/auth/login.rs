//! Logging in, and what follows from a password.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chrono::TimeDelta;
use tracing::{info, warn};
use uuid::Uuid;

use super::directory::Session;
use super::limiter::{Attempt, Refused};
use super::service::{Auth, Inner, csrf_token};
use super::{AuthError, Identity, NewPassword, SessionKind, store};
use crate::config::Secret;
use crate::db::Tx;
use crate::observe::{LoginFailure, metrics};
use crate::realtime::Disconnect;
use crate::users::{self, Account};

/// Sessions of an account at once: a person's devices, and some programs that log in anew each time. The least
/// recently used one ends when there are more.
const MOST_SESSIONS: u64 = 100;

/// Where a login comes from, as its owner sees it in the list of sessions.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The sender's address.
    pub address: IpAddr,
    /// What the sender calls itself; at most 200 characters.
    pub device: String,
}

/// What a program gets.
pub struct Tokens {
    /// JWT for the header `Authorization`.
    pub access_token: String,
    /// Opaque, good once.
    pub refresh_token: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// Who logged in.
    pub account: Arc<Account>,
}

/// What a browser gets.
pub struct CookieLogin {
    /// Value of the cookie.
    pub cookie: String,
    /// What the page sends along with every change.
    pub csrf_token: String,
    /// Who logged in.
    pub account: Arc<Account>,
}

impl Auth {
    /// Logs a program in.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`], [`AuthError::Limited`], [`AuthError::Busy`].
    pub async fn login(&self, username: &str, password: Secret, from: Origin) -> Result<Tokens, AuthError> {
        let session = crate::id::new(&self.inner.clock);
        let refresh_token = super::refresh::new_token(&self.inner.keys, session);
        let secret = (SessionKind::Token, refresh_token.as_str());
        let account = self.begin_session(username, password, from, session, secret).await?;
        Ok(self.inner.tokens(account, session, refresh_token))
    }

    /// Logs a browser in.
    ///
    /// # Errors
    /// As [`Auth::login`].
    pub async fn login_cookie(
        &self,
        username: &str,
        password: Secret,
        from: Origin,
    ) -> Result<CookieLogin, AuthError> {
        let cookie = crate::id::secret();
        let (session, secret) = (crate::id::new(&self.inner.clock), (SessionKind::Cookie, cookie.as_str()));
        let account = self.begin_session(username, password, from, session, secret).await?;
        Ok(CookieLogin { csrf_token: csrf_token(&cookie), cookie, account })
    }

    /// Changes the caller's own password; every other session ends, and all their sockets.
    ///
    /// # Errors
    /// [`AuthError::WrongPassword`], [`AuthError::Limited`], [`AuthError::Busy`].
    pub async fn change_password(
        &self,
        who: &Identity,
        current: Secret,
        new: NewPassword,
        address: IpAddr,
    ) -> Result<(), AuthError> {
        let (_, former) = self.check(&who.username, current, address).await.map_err(|e| match e {
            AuthError::InvalidCredentials => AuthError::WrongPassword,
            other => other,
        })?;
        let hash = self.hash(new).await?;
        let (auth, user, here, at_ms) =
            (self.clone(), who.user_id, who.session_id(), self.inner.clock.now_ms());
        self.inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    // Only if it still is the one that was checked: two changes at once cannot both win.
                    if !users::store::set_password(tx.conn(), user, Some(&former), hash, at_ms).await? {
                        return Err(AuthError::WrongPassword);
                    }
                    let ended = store::end_sessions(tx.conn(), user, None, here).await?;
                    tx.after_commit(move || {
                        auth.inner.forget_sessions(&ended);
                        auth.inner.confirmed.changed(here);
                        // What is left belongs to this session and to API tokens: it may connect anew.
                        auth.inner.hub.disconnect_user(user, Disconnect::FORCE_RECONNECT);
                    });
                    Ok(())
                })
            })
            .await?;
        info!(user.id = %user, "Password of `{user}` changed by its owner");
        Ok(())
    }

    async fn begin_session(
        &self,
        username: &str,
        password: Secret,
        from: Origin,
        id: Uuid,
        secret: (SessionKind, &str),
    ) -> Result<Arc<Account>, AuthError> {
        let (user, hash) = self.check(username, password, from.address).await?;
        let session = self.inner.new_session(id, user, secret, &from);
        let auth = self.clone();
        self.inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    // The account may have been disabled, or its password changed, since it was read.
                    if !users::store::may_log_in(tx.conn(), user, &hash).await? {
                        return Err(AuthError::InvalidCredentials);
                    }
                    auth.store_session(tx, session).await
                })
            })
            .await?;
        let account = self.account(user).ok_or(AuthError::InvalidCredentials)?;
        info!(user.id = %user, session.id = %id, peer.address = %from.address, "`{}` logged in", account.username);
        metrics::login_succeeded();
        Ok(account)
    }

    /// Checks a password within the limits. Gives the account's id and the hash that matched.
    pub(super) async fn check(
        &self,
        username: &str,
        password: Secret,
        address: IpAddr,
    ) -> Result<(Uuid, String), AuthError> {
        let key = users::key(username);
        let attempt =
            self.inner.limiter.begin(key.clone(), address).map_err(|Refused { retry_after, reason }| {
                report(username, address, reason);
                AuthError::Limited { retry_after }
            })?;
        match self.compare(&key, password).await {
            Ok(Ok(found)) => {
                self.inner.limiter.succeeded(attempt);
                Ok(found)
            }
            Ok(Err(reason)) => {
                report(username, address, reason);
                Err(AuthError::InvalidCredentials)
            }
            Err(fault) => {
                if matches!(fault, AuthError::Busy) {
                    report(username, address, LoginFailure::Busy);
                }
                self.undecided(attempt);
                Err(fault)
            }
        }
    }

    fn undecided(&self, attempt: Attempt) {
        self.inner.limiter.undecided(attempt);
    }

    /// One query and one hash for every name, so that time does not tell which names exist.
    async fn compare(
        &self,
        key: &str,
        password: Secret,
    ) -> Result<Result<(Uuid, String), LoginFailure>, AuthError> {
        let found = users::store::password_of(self.inner.db.read(), key).await?;
        let hash = found.as_ref().map(|(_, hash)| hash.clone());
        let right = self.inner.passwords.verify(password, hash).await?;
        let Some((id, hash)) = found else {
            return Ok(Err(LoginFailure::Credentials));
        };
        if !right {
            return Ok(Err(LoginFailure::Credentials));
        }
        if self.account(id).is_none_or(|a| a.disabled) {
            return Ok(Err(LoginFailure::Disabled));
        }
        Ok(Ok((id, hash)))
    }

    /// Stores a session in `tx`, and ends those that are too many.
    pub(super) async fn store_session(&self, tx: &Tx, session: Session) -> Result<(), AuthError> {
        let expires_ms = self.inner.session_expires(&session).timestamp_millis();
        store::insert_session(tx.conn(), &session, expires_ms).await?;
        let surplus = store::surplus(tx.conn(), session.user_id, MOST_SESSIONS).await?;
        store::delete_sessions(tx.conn(), &surplus).await?;
        let auth = self.clone();
        tx.after_commit(move || {
            auth.inner.directory.write().put_session(session);
            auth.inner.forget_sessions(&surplus);
        });
        Ok(())
    }
}

impl Inner {
    pub(super) fn new_session(
        &self,
        id: Uuid,
        user: Uuid,
        (kind, secret): (SessionKind, &str),
        from: &Origin,
    ) -> Session {
        let now = self.clock.now_ms();
        Session {
            id,
            user_id: user,
            kind,
            digest: crate::id::digest(secret),
            device: from.device.clone(),
            address: from.address.to_string(),
            created_ms: now,
            used_ms: AtomicI64::new(now),
        }
    }

    pub(super) fn tokens(&self, account: Arc<Account>, session: Uuid, refresh_token: String) -> Tokens {
        let now = self.clock.now();
        let expires = now + TimeDelta::from_std(self.access_ttl).unwrap_or(TimeDelta::zero());
        let access_token = self.keys.sign(account.id, session, now, expires);
        Tokens { access_token, refresh_token, expires_in: self.access_ttl.as_secs(), account }
    }
}

fn report(username: &str, address: IpAddr, reason: LoginFailure) {
    metrics::login_failed(reason);
    let reason = reason.label();
    // The name is the sender's text: quoted, so that it cannot forge a line.
    warn!(user.name = username, peer.address = %address, reason, "Login of {username:?} from {address} failed: {reason}");
}

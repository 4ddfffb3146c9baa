//! Refresh tokens: good once, and what a second use means.
//!
//! A token names its session and carries a signature, `wsr.<session>.<nonce>.<signature>`, so that any token that
//! this server ever made for a session is known as such without keeping a list; only the digest of the one that is
//! good now is stored. A token that is ours but not good any more was used before: two parties have it, and the
//! session ends for both.
//!
//! An honest client whose answer was lost would look the same. It sends an `Idempotency-Key` with each refresh and
//! repeats it when it repeats the request: as long as the new token has not been used, the same key gets the same
//! new token again, however late. Without a key there is no second chance. To make that possible without keeping a
//! token in clear, the nonce of the new one is derived from the old one and the key with the signing secret.

use std::sync::atomic::AtomicI64;

use sea_orm::DbErr;
use subtle::ConstantTimeEq;
use tracing::warn;
use uuid::Uuid;

use super::directory::Session;
use super::entity::session::Model;
use super::keys::Keys;
use super::login::{Origin, Tokens};
use super::service::Auth;
use super::{AuthError, store};
use crate::db::Tx;

/// How a refresh token begins.
const PREFIX: &str = "wsr";

/// A new refresh token of `session`.
pub fn new_token(keys: &Keys, session: Uuid) -> String {
    sign(keys, session, &crate::id::secret()).next().unwrap_or_default()
}

/// The token with this nonce, signed by each key, the present one first.
fn sign(keys: &Keys, session: Uuid, nonce: &str) -> impl Iterator<Item = String> {
    let body = format!("{PREFIX}.{}.{nonce}", session.simple());
    keys.derive(&body).map(move |signature| format!("{body}.{signature}"))
}

/// The tokens that a refresh of `token` with this idempotency key may have given or may give, by each signing key.
fn successors(keys: &Keys, session: Uuid, token: &str, key: Option<&str>) -> Vec<String> {
    match key {
        None => vec![new_token(keys, session)],
        Some(key) => {
            let nonces: Vec<String> = keys.derive(&format!("next\0{token}\0{key}")).collect();
            let by_key = nonces.iter().enumerate();
            by_key.filter_map(|(n, nonce)| sign(keys, session, nonce).nth(n)).collect()
        }
    }
}

/// The session that a token names, whoever made it.
fn named_session(token: &str) -> Option<Uuid> {
    let mut parts = token.split('.');
    let session = (parts.next()? == PREFIX).then(|| parts.next())??;
    (parts.count() == 2).then(|| Uuid::try_parse(session).ok())?
}

/// Whether one of our keys signed the token.
fn is_ours(keys: &Keys, token: &str) -> bool {
    token.rsplit_once('.').is_some_and(|(body, shown)| {
        keys.derive(body).any(|signature| signature.as_bytes().ct_eq(shown.as_bytes()).into())
    })
}

/// What a refresh came to.
enum Turn {
    /// The session goes on; the new token is this one of the successors.
    Refreshed {
        user: Uuid,
        successor: usize,
    },
    Reused {
        user: Uuid,
    },
    Unknown,
}

impl Auth {
    /// Exchanges a refresh token for new tokens. `key` is the sender's `Idempotency-Key`.
    ///
    /// # Errors
    /// [`AuthError::InvalidRefreshToken`].
    pub async fn refresh(&self, token: &str, key: Option<&str>, from: Origin) -> Result<Tokens, AuthError> {
        let session = named_session(token).ok_or(AuthError::InvalidRefreshToken)?;
        // Without a session of that name there is nothing to look up, and no reason to trouble the writer.
        if self.inner.directory.read().session(session).is_none() {
            return Err(AuthError::InvalidRefreshToken);
        }
        let mut successors = successors(&self.inner.keys, session, token, key);
        let shown = Shown {
            digest: crate::id::digest(token),
            ours: is_ours(&self.inner.keys, token),
            successors: successors.iter().map(|t| crate::id::digest(t)).collect(),
            address: from.address.to_string(),
        };
        let auth = self.clone();
        let turn = self
            .inner
            .db
            .write(move |tx| Box::pin(async move { auth.turn(tx, session, shown).await }))
            .await?;
        match turn {
            Turn::Refreshed { user, successor } => {
                let account = self.account(user).ok_or(AuthError::InvalidRefreshToken)?;
                Ok(self.inner.tokens(account, session, successors.swap_remove(successor)))
            }
            Turn::Reused { user } => {
                warn!(
                    user.id = %user, session.id = %session, peer.address = %from.address,
                    "A refresh token of session `{session}` was used twice: the session was ended"
                );
                Err(AuthError::InvalidRefreshToken)
            }
            Turn::Unknown => Err(AuthError::InvalidRefreshToken),
        }
    }

    async fn turn(&self, tx: &Tx, session: Uuid, shown: Shown) -> Result<Turn, DbErr> {
        let row = store::token_session(tx.conn(), session).await?;
        let Some(row) = row.filter(|row| !self.is_over(row)) else {
            return Ok(Turn::Unknown);
        };
        let user = row.user_id;
        if row.secret_digest == shown.digest {
            let mut renewed = Session::try_from(row)?;
            renewed.digest = shown.successors[0];
            renewed.address = shown.address;
            renewed.used_ms = AtomicI64::new(self.inner.clock.now_ms());
            let expires_ms = self.inner.session_expires(&renewed).timestamp_millis();
            store::rotate(tx.conn(), &renewed, &shown.digest, expires_ms).await?;
            let auth = self.clone();
            tx.after_commit(move || auth.inner.directory.write().put_session(renewed));
            return Ok(Turn::Refreshed { user, successor: 0 });
        }
        if row.former_digest.as_deref() == Some(&shown.digest)
            && let Some(successor) = shown.successors.iter().position(|d| row.secret_digest == d)
        {
            return Ok(Turn::Refreshed { user, successor });
        }
        if !shown.ours {
            return Ok(Turn::Unknown);
        }
        store::delete_sessions(tx.conn(), &[session]).await?;
        let auth = self.clone();
        tx.after_commit(move || auth.inner.forget_sessions(&[session]));
        Ok(Turn::Reused { user })
    }

    /// Whether nobody used the session for too long, as memory knows it: the row may be a minute behind.
    fn is_over(&self, row: &Model) -> bool {
        let (state, now) = (self.inner.directory.read(), self.inner.clock.now());
        state.session(row.id).is_none_or(|held| self.inner.session_expires(&held.record) <= now)
    }
}

/// A refresh token as it was shown, in digests.
struct Shown {
    digest: [u8; 32],
    ours: bool,
    successors: Vec<[u8; 32]>,
    address: String,
}

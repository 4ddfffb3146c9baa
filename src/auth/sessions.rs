//! Sessions after the login: refresh with rotation, list, revoke.
//!
//! A refresh token is good once. Its second use means that two parties have it, so the session ends for both.
//! An honest client whose answer was lost would look the same; it sends an `Idempotency-Key` with each refresh,
//! and repeats it when it repeats the request: as long as the new token has not been used, the same key gets the
//! same new token again, however late. Without a key there is no second chance. To make that possible without
//! keeping a token in clear, the new one is derived from the old one and the key with the server's signing secret.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use tracing::{info, warn};
use uuid::Uuid;

use super::directory::{Digest, Session};
use super::entity::session::Model;
use super::login::{Origin, Tokens};
use super::service::Auth;
use super::{AuthError, Identity, store};

/// What a refresh came to inside the transaction.
enum Turn {
    Refreshed { user: Uuid, session: Uuid },
    Reused { user: Uuid, session: Uuid },
    Unknown,
}

impl Auth {
    /// Exchanges a refresh token for new tokens. `key` is the sender's `Idempotency-Key`.
    ///
    /// # Errors
    /// [`AuthError::InvalidRefreshToken`].
    pub async fn refresh(
        &self,
        refresh_token: &str,
        key: Option<&str>,
        from: Origin,
    ) -> Result<Tokens, AuthError> {
        let shown = crate::id::digest(refresh_token);
        // Candidates for the next token: with a key, one for each signing secret, the present one first.
        let candidates: Vec<String> = match key {
            Some(key) => self.inner.keys.derive(&format!("{refresh_token}\0{key}")).collect(),
            None => vec![crate::id::secret()],
        };
        let digests: Vec<Digest> = candidates.iter().map(|c| crate::id::digest(c)).collect();
        let next = digests[0];
        let auth = self.clone();
        let (turn, repeated) = self
            .inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let Some((row, former)) = store::by_refresh_token(tx.conn(), &shown).await? else {
                        return Ok::<_, AuthError>((Turn::Unknown, None));
                    };
                    let (user, session) = (row.user_id, row.id);
                    if former {
                        let repeated = digests.iter().position(|d| d.as_slice() == row.secret_digest);
                        if repeated.is_some() {
                            return Ok((Turn::Refreshed { user, session }, repeated));
                        }
                        store::delete_sessions(tx.conn(), &[session]).await?;
                        tx.after_commit(move || auth.inner.forget_sessions(&[session]));
                        return Ok((Turn::Reused { user, session }, None));
                    }
                    if auth.is_over(&row) {
                        return Ok((Turn::Unknown, None));
                    }
                    let mut renewed = Session::try_from(row)?;
                    renewed.digest = next;
                    renewed.address = from.address.to_string();
                    renewed.used_ms = AtomicI64::new(auth.inner.clock.now_ms());
                    let expires_ms = auth.inner.session_expires(&renewed).timestamp_millis();
                    store::rotate(tx.conn(), &renewed, &shown, expires_ms).await?;
                    tx.after_commit(move || auth.inner.directory.write().put_session(renewed));
                    Ok((Turn::Refreshed { user, session }, None))
                })
            })
            .await?;
        match turn {
            Turn::Refreshed { user, session } => {
                let account = self.account(user).ok_or(AuthError::InvalidRefreshToken)?;
                let token = candidates.into_iter().nth(repeated.unwrap_or(0)).unwrap_or_default();
                Ok(self.inner.tokens(account, session, token))
            }
            Turn::Reused { user, session } => {
                warn!(
                    user.id = %user, session.id = %session, peer.address = %from.address,
                    "A refresh token of session `{session}` was used twice: the session was ended"
                );
                Err(AuthError::InvalidRefreshToken)
            }
            Turn::Unknown => Err(AuthError::InvalidRefreshToken),
        }
    }

    /// Whether nobody used the session for too long, as memory knows it: the row may be a minute behind.
    fn is_over(&self, row: &Model) -> bool {
        let state = self.inner.directory.read();
        state
            .session(row.id)
            .is_none_or(|held| self.inner.session_expires(&held.record) <= self.inner.clock.now())
    }

    /// Sessions of an account that are not over, the most recently used first.
    pub fn sessions_of(&self, user: Uuid) -> Vec<Arc<Session>> {
        use std::sync::atomic::Ordering::Relaxed;
        let now = self.inner.clock.now();
        let state = self.inner.directory.read();
        let mine = state.sessions().filter(|s| s.user_id == user && self.inner.session_expires(s) > now);
        let mut sessions: Vec<_> = mine.cloned().collect();
        drop(state);
        sessions.sort_by_key(|s| std::cmp::Reverse((s.used_ms.load(Relaxed), s.id)));
        sessions
    }

    /// Ends one of an account's sessions, and its sockets.
    ///
    /// # Errors
    /// [`AuthError::NotFound`] when it is not the account's.
    pub async fn end_session(&self, user: Uuid, session: Uuid) -> Result<(), AuthError> {
        let auth = self.clone();
        self.inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let ended = store::end_sessions(tx.conn(), user, Some(session), None).await?;
                    if ended.is_empty() {
                        return Err(AuthError::NotFound);
                    }
                    tx.after_commit(move || auth.inner.forget_sessions(&ended));
                    Ok(())
                })
            })
            .await?;
        info!(user.id = %user, session.id = %session, "Session `{session}` of `{user}` was ended");
        Ok(())
    }

    /// Ends the caller's own session.
    ///
    /// # Errors
    /// [`AuthError::NotFound`] when it has been ended meanwhile, or the caller is an API token.
    pub async fn logout(&self, who: &Identity) -> Result<(), AuthError> {
        let session = who.session_id().ok_or(AuthError::NotFound)?;
        self.end_session(who.user_id, session).await
    }
}

//! Sessions after the login: list and revoke.

use std::sync::Arc;

use tracing::info;
use uuid::Uuid;

use super::directory::Session;
use super::service::Auth;
use super::{AuthError, Identity, store};

impl Auth {
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

    /// Sessions of all accounts that are not over.
    pub fn every_session(&self) -> Vec<Arc<Session>> {
        let now = self.inner.clock.now();
        let state = self.inner.directory.read();
        state.sessions().filter(|s| self.inner.session_expires(s) > now).cloned().collect()
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

    /// Ends all sessions of the caller's account but the caller's own, and their sockets; gives how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_other_sessions(&self, who: &Identity) -> Result<u64, AuthError> {
        let (auth, user, own) = (self.clone(), who.user_id, who.session_id());
        let job = self.inner.db.write(move |tx| {
            Box::pin(async move {
                let ended = store::end_sessions(tx.conn(), user, None, own).await?;
                let count = ended.len() as u64;
                tx.after_commit(move || auth.inner.forget_sessions(&ended));
                Ok::<_, AuthError>(count)
            })
        });
        let count = job.await?;
        info!(user.id = %user, sessions = count, "`{}` ended all their other sessions", who.username);
        Ok(count)
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

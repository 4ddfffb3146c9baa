//! API tokens: long-lived credentials of programs, with scopes.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chrono::TimeDelta;
use tracing::info;
use uuid::Uuid;

use super::directory::{ApiToken, Digest};
use super::service::{API_TOKEN_PREFIX, Auth};
use super::{AuthError, Identity, Scope, store};
use crate::db::Tx;
use crate::idempotency::{self, Key};
use crate::realtime::Disconnect;

/// API tokens of an account at once: far more than programs that one person runs.
const MOST_TOKENS: u64 = 100;

impl Auth {
    /// Makes a token; gives it in clear, the only time that it can be had, and its record. The same `attempt` again is
    /// for a caller who did not get the answer: it gives the same token a new secret, as the first is not kept.
    ///
    /// # Errors
    /// [`AuthError::ScopeTooWide`], [`AuthError::TooManyTokens`].
    pub async fn create_token(
        &self,
        who: &Identity,
        name: String,
        mut scopes: Vec<Scope>,
        life: TimeDelta,
        attempt: Option<Key>,
    ) -> Result<(String, Arc<ApiToken>), AuthError> {
        scopes.sort_unstable();
        scopes.dedup();
        // Calls check the owner's role anyway; a token that could never be used should not be handed out.
        if let Some(wide) = scopes.iter().find(|s| s.least_role() > who.role) {
            return Err(AuthError::ScopeTooWide(wide.as_str(), wide.least_role().as_str()));
        }
        let clear = format!("{API_TOKEN_PREFIX}{}", crate::id::secret());
        let now = self.inner.clock.now();
        let user = who.user_id;
        let token = ApiToken {
            id: crate::id::new(&self.inner.clock),
            user_id: user,
            name,
            digest: crate::id::digest(&clear),
            scopes,
            created_ms: now.timestamp_millis(),
            used_ms: AtomicI64::new(0),
            expires_ms: (now + life).timestamp_millis(),
        };
        let auth = self.clone();
        let token = self
            .inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(id) = idempotency::made(tx, attempt.as_ref(), token.created_ms).await? {
                        return auth.renew_token(tx, id, token.digest).await;
                    }
                    if store::count_tokens(tx.conn(), user).await? >= MOST_TOKENS {
                        return Err(AuthError::TooManyTokens(MOST_TOKENS));
                    }
                    store::insert_token(tx.conn(), &token).await?;
                    idempotency::keep(tx, attempt.as_ref(), 201, token.id, token.created_ms).await?;
                    let token = Arc::new(token);
                    let stored = token.clone();
                    tx.after_commit(move || auth.inner.directory.write().put_token(stored));
                    Ok(token)
                })
            })
            .await?;
        info!(user.id = %user, token.id = %token.id, "API token `{}` made", token.id);
        Ok((clear, token))
    }

    /// Gives the token `id` the secret of `digest` instead of its own.
    async fn renew_token(&self, tx: &Tx, id: Uuid, digest: Digest) -> Result<Arc<ApiToken>, AuthError> {
        let renewed = store::renew_token(tx.conn(), id, &digest).await?;
        let token = Arc::new(renewed.ok_or(idempotency::KeyError::Spent)?);
        let (auth, stored) = (self.clone(), token.clone());
        tx.after_commit(move || {
            let mut directory = auth.inner.directory.write();
            directory.drop_token(id);
            directory.put_token(stored);
            drop(directory);
            // Whoever has the former secret is not to go on with it.
            auth.inner.hub.disconnect_credential(id, Disconnect::INVALID_TOKEN);
        });
        Ok(token)
    }

    /// Tokens of an account, expired ones included, the newest first.
    pub fn tokens_of(&self, user: Uuid) -> Vec<Arc<ApiToken>> {
        let state = self.inner.directory.read();
        let mut tokens: Vec<_> = state.tokens().filter(|t| t.user_id == user).cloned().collect();
        drop(state);
        tokens.sort_by_key(|t| std::cmp::Reverse(t.id));
        tokens
    }

    /// Revokes one of an account's tokens, and ends its sockets.
    ///
    /// # Errors
    /// [`AuthError::NotFound`] when it is not the account's.
    pub async fn revoke_token(&self, user: Uuid, token: Uuid) -> Result<(), AuthError> {
        let auth = self.clone();
        self.inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    if !store::delete_token(tx.conn(), user, token).await? {
                        return Err(AuthError::NotFound);
                    }
                    tx.after_commit(move || {
                        auth.inner.directory.write().drop_token(token);
                        auth.inner.hub.disconnect_credential(token, Disconnect::INVALID_TOKEN);
                    });
                    Ok(())
                })
            })
            .await?;
        info!(user.id = %user, token.id = %token, "API token `{token}` revoked");
        Ok(())
    }
}

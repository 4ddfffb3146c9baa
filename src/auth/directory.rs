//! What memory knows: every account, session and API token, so that no request needs a query to be identified.
//!
//! The database is the truth. This is loaded from it at the start and changed only in hooks that run after a
//! commit, in the order of commits.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use super::{Credential, Identity, Role, Scope, SessionKind};
use crate::users::Account;

/// SHA-256 of a secret.
pub type Digest = [u8; 32];

/// A login.
#[derive(Debug)]
pub struct Session {
    pub id: Uuid,
    pub user_id: Uuid,
    pub kind: SessionKind,
    /// Of the cookie, or of the refresh token that is good now.
    pub digest: Digest,
    pub device: String,
    pub address: String,
    pub created_ms: i64,
    pub used_ms: AtomicI64,
}

/// An API token.
#[derive(Debug)]
pub struct ApiToken {
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    pub digest: Digest,
    pub scopes: Vec<Scope>,
    pub created_ms: i64,
    /// 0 before its first use.
    pub used_ms: AtomicI64,
    pub expires_ms: i64,
}

/// A credential with the identity that it proves; the identity is made anew when the account changes.
#[derive(Clone, Debug)]
pub struct Held<T> {
    pub record: Arc<T>,
    pub identity: Arc<Identity>,
}

#[derive(Debug, Default)]
pub struct State {
    accounts: HashMap<Uuid, Arc<Account>>,
    /// Ids by user name without case.
    names: BTreeMap<String, Uuid>,
    sessions: HashMap<Uuid, Held<Session>>,
    tokens: HashMap<Uuid, Held<ApiToken>>,
    /// Cookies and API tokens.
    digests: HashMap<Digest, Uuid>,
}

/// The directory. Readers never wait for the database.
#[derive(Debug, Default)]
pub struct Directory {
    state: RwLock<State>,
}

impl Directory {
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("no panic while held")
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().expect("no panic while held")
    }
}

impl State {
    pub fn account(&self, id: Uuid) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    pub fn account_named(&self, key: &str) -> Option<&Arc<Account>> {
        self.names.get(key).and_then(|id| self.accounts.get(id))
    }

    /// Every account, by user name, after the name `after` where given.
    pub fn accounts_after<'a>(&'a self, after: Option<&str>) -> impl Iterator<Item = &'a Arc<Account>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, |name| Excluded(name.to_owned()));
        self.names.range((from, Unbounded)).filter_map(|(_, id)| self.accounts.get(id))
    }

    pub fn has_admin(&self) -> bool {
        self.accounts.values().any(|a| a.role == Role::Admin)
    }

    pub fn session(&self, id: Uuid) -> Option<&Held<Session>> {
        self.sessions.get(&id)
    }

    pub fn session_by_digest(&self, digest: &Digest) -> Option<&Held<Session>> {
        self.digests.get(digest).and_then(|id| self.sessions.get(id))
    }

    pub fn token_by_digest(&self, digest: &Digest) -> Option<&Held<ApiToken>> {
        self.digests.get(digest).and_then(|id| self.tokens.get(id))
    }

    pub fn sessions(&self) -> impl Iterator<Item = &Arc<Session>> {
        self.sessions.values().map(|held| &held.record)
    }

    pub fn tokens(&self) -> impl Iterator<Item = &Arc<ApiToken>> {
        self.tokens.values().map(|held| &held.record)
    }

    /// Adds or replaces an account; its credentials prove the new identity from now on.
    pub fn put_account(&mut self, account: Account) {
        let account = Arc::new(account);
        if let Some(former) = self.accounts.insert(account.id, account.clone()) {
            self.names.remove(&crate::users::key(&former.username));
        }
        self.names.insert(crate::users::key(&account.username), account.id);
        for held in self.sessions.values_mut().filter(|h| h.record.user_id == account.id) {
            held.identity = of_session(&account, &held.record);
        }
        for held in self.tokens.values_mut().filter(|h| h.record.user_id == account.id) {
            held.identity = of_token(&account, &held.record);
        }
    }

    /// Adds or replaces a session of a known account.
    pub fn put_session(&mut self, session: Session) {
        self.drop_session(session.id);
        let Some(account) = self.accounts.get(&session.user_id) else {
            return;
        };
        if session.kind == SessionKind::Cookie {
            self.digests.insert(session.digest, session.id);
        }
        let identity = of_session(account, &session);
        self.sessions.insert(session.id, Held { record: Arc::new(session), identity });
    }

    pub fn drop_session(&mut self, id: Uuid) {
        if let Some(held) = self.sessions.remove(&id) {
            self.digests.remove(&held.record.digest);
        }
    }

    /// Adds a token of a known account.
    pub fn put_token(&mut self, token: Arc<ApiToken>) {
        let Some(account) = self.accounts.get(&token.user_id) else {
            return;
        };
        self.digests.insert(token.digest, token.id);
        let identity = of_token(account, &token);
        self.tokens.insert(token.id, Held { record: token, identity });
    }

    pub fn drop_token(&mut self, id: Uuid) {
        if let Some(held) = self.tokens.remove(&id) {
            self.digests.remove(&held.record.digest);
        }
    }
}

/// Notes a use, at most once a second: the field is shared by every core.
pub fn touch(used_ms: &AtomicI64, now_ms: i64) {
    if now_ms - used_ms.load(Ordering::Relaxed) >= 1000 {
        used_ms.fetch_max(now_ms, Ordering::Relaxed);
    }
}

fn of_session(account: &Account, session: &Session) -> Arc<Identity> {
    identity(account, Credential::Session { id: session.id, kind: session.kind })
}

fn of_token(account: &Account, token: &ApiToken) -> Arc<Identity> {
    identity(account, Credential::ApiToken { id: token.id, scopes: token.scopes.clone() })
}

fn identity(account: &Account, credential: Credential) -> Arc<Identity> {
    Arc::new(Identity {
        user_id: account.id,
        username: account.username.clone(),
        name: account.name.clone(),
        role: account.role,
        credential,
    })
}

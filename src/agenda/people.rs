//! Accounts as the agenda needs them: who they are, and who there is.

use uuid::Uuid;

use crate::auth::Auth;

/// An account's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: Uuid,
    pub username: String,
    pub name: String,
}

/// Looks accounts up in memory.
#[derive(Clone, Debug)]
pub struct People {
    auth: Auth,
}

impl People {
    pub fn new(auth: Auth) -> Self {
        Self { auth }
    }

    /// The account, disabled or not.
    pub fn find(&self, id: Uuid) -> Option<Person> {
        self.auth.account(id).map(|account| Person {
            id,
            username: account.username.clone(),
            name: account.name.clone(),
        })
    }

    /// Whether the account exists and is not disabled.
    pub fn is_active(&self, id: Uuid) -> bool {
        self.auth.account(id).is_some_and(|account| !account.disabled)
    }

    /// Every account that is not disabled.
    pub fn active(&self) -> Vec<Uuid> {
        self.auth.accounts().iter().filter(|account| !account.disabled).map(|account| account.id).collect()
    }
}

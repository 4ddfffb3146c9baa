//! Changes of accounts, from the API or the command line.

use sea_orm::DbErr;
use uuid::Uuid;

use super::model::{Account, DisplayName, Username};
use super::store;
use crate::auth::{Auth, AuthError, NewPassword, Role};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::ApiError;
use crate::idempotency::{self, Key, KeyError};

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Another account has the name, perhaps in other case.
    #[error("the user name `{0}` is taken")]
    UsernameTaken(String),
    /// Nobody could administer the server any more.
    #[error("this is the last active admin")]
    LastAdmin,
    /// No account of that id.
    #[error("there is no such account")]
    NotFound,
    /// The call repeats another one, and cannot.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Hashing failed.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::UsernameTaken(name) => {
                Self::conflict("username_taken", format!("The user name `{name}` is taken."))
            }
            UserError::LastAdmin => {
                Self::conflict("last_admin", "This is the last active admin: make another one first.")
            }
            UserError::NotFound => Self::not_found(),
            UserError::Key(e) => e.into(),
            UserError::Auth(e) => e.into(),
            UserError::Db(e) => e.into(),
        }
    }
}

/// A new account.
pub struct NewAccount {
    /// Login name.
    pub username: Username,
    /// Name as shown; the login name when absent.
    pub name: Option<DisplayName>,
    /// Password.
    pub password: NewPassword,
    /// What it may do.
    pub role: Role,
}

/// What to change of an account; `None` leaves it.
#[derive(Clone, Default)]
pub struct Change {
    /// Login name.
    pub username: Option<Username>,
    /// Name as shown.
    pub name: Option<DisplayName>,
    /// What it may do.
    pub role: Option<Role>,
    /// Whether it is shut out.
    pub disabled: Option<bool>,
}

/// Changes accounts. Clones share everything.
#[derive(Clone)]
pub struct Users {
    db: Db,
    clock: Clock,
    auth: Auth,
}

impl Users {
    /// Works on `db`, and tells `auth` of every change.
    pub fn new(db: Db, clock: Clock, auth: Auth) -> Self {
        Self { db, clock, auth }
    }

    /// Makes an account. The same key again gives the account that it made.
    ///
    /// # Errors
    /// [`UserError::UsernameTaken`].
    pub async fn create(&self, new: NewAccount, key: Option<Key>) -> Result<Account, UserError> {
        let hash = self.auth.hash(new.password).await?;
        let name = new.name.unwrap_or_else(|| DisplayName::of(&new.username));
        let account = Account {
            id: crate::id::new(&self.clock),
            username: new.username.as_str().to_owned(),
            name: name.as_str().to_owned(),
            role: new.role,
            disabled: false,
            created_at: crate::clock::from_ms(self.clock.now_ms()),
        };
        let (auth, now_ms) = (self.auth.clone(), self.clock.now_ms());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(id) = idempotency::made(tx, key.as_ref(), now_ms).await? {
                        return Ok(store::find(tx.conn(), id).await?.ok_or(KeyError::Spent)?);
                    }
                    if !store::insert(tx.conn(), &account, &new.username, hash).await? {
                        return Err(UserError::UsernameTaken(account.username));
                    }
                    idempotency::keep(tx, key.as_ref(), 201, account.id, now_ms).await?;
                    auth.account_changed(tx, account.clone());
                    Ok(account)
                })
            })
            .await
    }

    /// Changes an account. A new role counts from the next request on, and its sockets must connect anew; a
    /// disabled account loses sessions and sockets at once.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::UsernameTaken`], [`UserError::LastAdmin`].
    pub async fn change(&self, id: Uuid, change: Change) -> Result<Account, UserError> {
        let (auth, at_ms) = (self.auth.clone(), self.clock.now_ms());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let before = store::find(tx.conn(), id).await?.ok_or(UserError::NotFound)?;
                    let active_admin = |role: Role, disabled: bool| role == Role::Admin && !disabled;
                    let stays = active_admin(
                        change.role.unwrap_or(before.role),
                        change.disabled.unwrap_or(before.disabled),
                    );
                    if active_admin(before.role, before.disabled)
                        && !stays
                        && !store::another_admin(tx.conn(), Some(id)).await?
                    {
                        return Err(UserError::LastAdmin);
                    }
                    let update = store::Update {
                        username: change.username.as_ref(),
                        name: change.name.as_ref(),
                        role: change.role,
                        disabled: change.disabled,
                        at_ms,
                    };
                    if !store::update(tx.conn(), id, update).await? {
                        let name = change.username.as_ref().map_or("", Username::as_str).to_owned();
                        return Err(UserError::UsernameTaken(name));
                    }
                    let after = store::find(tx.conn(), id).await?.ok_or(UserError::NotFound)?;
                    auth.account_edited(tx, &before, after.clone()).await?;
                    Ok(after)
                })
            })
            .await
    }

    /// Sets another's password and ends all their sessions.
    ///
    /// # Errors
    /// [`UserError::NotFound`].
    pub async fn reset_password(&self, id: Uuid, password: NewPassword) -> Result<(), UserError> {
        let hash = self.auth.hash(password).await?;
        let (auth, at_ms) = (self.auth.clone(), self.clock.now_ms());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !store::set_password(tx.conn(), id, None, hash, at_ms).await? {
                        return Err(UserError::NotFound);
                    }
                    auth.end_all_sessions(tx, id).await?;
                    Ok(())
                })
            })
            .await
    }
}

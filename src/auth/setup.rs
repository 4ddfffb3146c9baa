//! The first admin: from the configuration, or through the one-time link that the start prints.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use tracing::info;

use super::login::{CookieLogin, Origin};
use super::service::{Auth, csrf_token};
use super::{AuthError, NewPassword, Role, SessionKind};
use crate::clock::from_ms;
use crate::config::{ConfigError, FirstAdmin};
use crate::users::{self, Account, DisplayName, UserError, Username};

impl Auth {
    /// Whether there is no admin yet.
    pub fn needs_setup(&self) -> bool {
        self.setup_token().is_some()
    }

    /// Makes the first admin and logs the browser in.
    ///
    /// # Errors
    /// [`AuthError::InvalidSetupToken`] for a wrong token, and for any token once there is an admin;
    /// [`UserError::UsernameTaken`].
    pub async fn set_up(
        &self,
        token: &str,
        username: Username,
        name: Option<DisplayName>,
        password: NewPassword,
        from: Origin,
    ) -> Result<CookieLogin, UserError> {
        self.check_setup_token(token)?;
        let hash = self.hash(password).await?;
        let account = self.admin(&username, name);
        let cookie = crate::id::secret();
        let session = self.inner.new_session(
            crate::id::new(&self.inner.clock),
            account.id,
            (SessionKind::Cookie, &cookie),
            &from,
        );
        let auth = self.clone();
        let account = self
            .inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    // Here nobody can come between: of two that hold the link, one is first.
                    if users::store::another_admin(tx.conn(), None).await? {
                        return Err(AuthError::InvalidSetupToken.into());
                    }
                    if !users::store::insert(tx.conn(), &account, &username, hash).await? {
                        return Err(UserError::UsernameTaken(account.username));
                    }
                    auth.account_changed(tx, account.clone());
                    auth.store_session(tx, session).await?;
                    Ok::<_, UserError>(Arc::new(account))
                })
            })
            .await?;
        info!(user.id = %account.id, peer.address = %from.address, "`{}` set the server up", account.username);
        Ok(CookieLogin { csrf_token: csrf_token(&cookie), cookie, account })
    }

    fn check_setup_token(&self, shown: &str) -> Result<(), AuthError> {
        let token = self.setup_token().ok_or(AuthError::InvalidSetupToken)?;
        if bool::from(token.as_bytes().ct_eq(shown.as_bytes())) {
            Ok(())
        } else {
            Err(AuthError::InvalidSetupToken)
        }
    }

    fn admin(&self, username: &Username, name: Option<DisplayName>) -> Account {
        let name = name.unwrap_or_else(|| DisplayName::of(username));
        Account {
            id: crate::id::new(&self.inner.clock),
            username: username.as_str().to_owned(),
            name: name.as_str().to_owned(),
            role: Role::Admin,
            disabled: false,
            created_at: from_ms(self.inner.clock.now_ms()),
        }
    }
}

/// Makes the configured admin when there is no account at all.
pub async fn first_admin(auth: &Auth, admin: &FirstAdmin) -> Result<(), ConfigError> {
    let username = Username::parse(&admin.username).map_err(|rule| {
        ConfigError::new("ADMIN_USERNAME", format!("found `{}`", admin.username), format!("it {rule}"))
    })?;
    let password = NewPassword::parse(admin.password.expose(), &admin.username).map_err(|rule| {
        ConfigError::new("ADMIN_PASSWORD", "found one that is too weak", format!("it {rule}"))
    })?;
    if !auth.accounts().is_empty() {
        return Ok(());
    }
    let fault = |e: UserError| {
        ConfigError::new("ADMIN_USERNAME", format!("the first admin cannot be stored ({e})"), "see the log")
    };
    let hash = auth.hash(password).await.map_err(|e| fault(e.into()))?;
    let account = auth.admin(&username, None);
    let in_tx = auth.clone();
    auth.inner
        .db
        .write(move |tx| {
            Box::pin(async move {
                if users::store::insert(tx.conn(), &account, &username, hash).await? {
                    in_tx.account_changed(tx, account);
                }
                Ok::<_, UserError>(())
            })
        })
        .await
        .map_err(fault)
}

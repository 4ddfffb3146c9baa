//! Accounts over HTTP.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi, Tags};
use uuid::Uuid;

use super::model::{Account, DisplayName, Username};
use super::service::{Change, NewAccount, Users};
use crate::auth::{Admin, Auth, NewPassword, Role, Viewer, scope};
use crate::error::{ApiError, FieldError};
use crate::idempotency::IdempotencyKey;
use crate::page;
use crate::text::Text;
use crate::timestamp::Timestamp;

/// Operations on accounts.
pub struct UsersApi {
    users: Users,
    auth: Auth,
}

impl UsersApi {
    /// Works through `users`, reads from `auth`.
    pub fn new(users: Users, auth: Auth) -> Self {
        Self { users, auth }
    }
}

#[derive(Tags)]
pub enum Tag {
    /// Accounts
    Users,
}

/// An account
#[derive(Clone, Debug, Object)]
#[oai(example)]
pub struct User {
    /// Id
    pub id: Uuid,
    /// Login name
    pub username: String,
    /// Name as shown to people
    pub name: String,
    /// What it may do
    pub role: Role,
    /// Whether it is shut out
    pub disabled: bool,
    /// When it was made
    pub created_at: Timestamp,
}

impl Example for User {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0001),
            username: "ann".to_owned(),
            name: "Ann".to_owned(),
            role: Role::Member,
            disabled: false,
            created_at: Timestamp::from_ms(1_795_341_600_000),
        }
    }
}

impl From<&Account> for User {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            username: account.username.clone(),
            name: account.name.clone(),
            role: account.role,
            disabled: account.disabled,
            created_at: account.created_at.into(),
        }
    }
}

/// A page of accounts
#[derive(Debug, Object)]
struct UserPage {
    /// By user name
    items: Vec<User>,
    /// For `cursor`, to go on; null at the end
    next: Option<String>,
}

/// A new account
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct NewUser {
    /// User name: 3 to 32 letters, digits, `.`, `_` and `-`; unique without case
    #[oai(validator(pattern = "^[A-Za-z0-9._-]{3,32}$"))]
    username: Text,
    /// Name as shown to people; the user name when absent
    #[oai(validator(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    name: Option<Text>,
    /// Password: 10 to 128 characters, not the user name
    #[oai(validator(min_length = 10, max_length = 128))]
    password: Text,
    /// What it may do
    role: Role,
}

impl Example for NewUser {
    fn example() -> Self {
        Self {
            username: "ann".into(),
            name: Some("Ann".into()),
            password: "a quite good password".into(),
            role: Role::Member,
        }
    }
}

/// What to change of an account; what is absent stays
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct UserChange {
    /// User name: 3 to 32 letters, digits, `.`, `_` and `-`; unique without case
    #[oai(validator(pattern = "^[A-Za-z0-9._-]{3,32}$"))]
    username: Option<Text>,
    /// Name as shown to people
    #[oai(validator(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    name: Option<Text>,
    /// What it may do
    role: Option<Role>,
    /// Whether to shut it out
    disabled: Option<bool>,
}

impl Example for UserChange {
    fn example() -> Self {
        Self { username: None, name: Some("Ann B.".into()), role: Some(Role::Admin), disabled: None }
    }
}

/// A new password for somebody else
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct PasswordReset {
    /// Password: 10 to 128 characters, not the user name
    #[oai(validator(min_length = 10, max_length = 128))]
    new_password: Text,
}

impl Example for PasswordReset {
    fn example() -> Self {
        Self { new_password: "a quite good password".into() }
    }
}

#[derive(ApiResponse)]
enum Created {
    /// The new account
    #[oai(status = 201)]
    Ok(Json<User>),
}

#[derive(ApiResponse)]
enum Reset {
    /// Done
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/users", tag = "Tag::Users")]
impl UsersApi {
    /// List accounts
    #[oai(path = "/", method = "get", operation_id = "list_users")]
    async fn list(
        &self,
        _who: Viewer<scope::UsersRead>,
        /// Part of the user name or the name, in any case
        #[oai(validator(max_length = 64))]
        search: Query<Option<String>>,
        /// Most items to return
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        #[oai(validator(max_length = 256))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<UserPage>, ApiError> {
        let limit = usize::try_from(page::limit(limit.0)?).unwrap_or(usize::MAX);
        let after: Option<String> = cursor.0.as_deref().map(page::decode).transpose()?;
        let wanted = search.0.unwrap_or_default().to_lowercase();
        let found = |a: &Account| {
            a.username.to_lowercase().contains(&wanted) || a.name.to_lowercase().contains(&wanted)
        };
        let accounts = self.auth.accounts_after(after.as_deref());
        let mut matching = accounts.iter().filter(|a| found(a));
        let items: Vec<User> = matching.by_ref().take(limit).map(|a| (&**a).into()).collect();
        let last = items.last().map(|u| super::model::key(&u.username));
        let next = matching.next().and(last).map(|key| page::encode(&key));
        Ok(Json(UserPage { items, next }))
    }

    /// Make an account
    ///
    /// A name that another account has, whatever the case, is 409 `username_taken`.
    #[oai(path = "/", method = "post", operation_id = "create_user")]
    async fn create(
        &self,
        who: Admin<scope::UsersWrite>,
        /// Names this attempt for 24 hours: repeated with it, the same request makes nothing new
        #[oai(name = "Idempotency-Key")]
        key: IdempotencyKey,
        body: Json<NewUser>,
    ) -> Result<Created, ApiError> {
        let (username, name) = parse_names(Some(&body.username), body.name.as_deref())?;
        let username = username.ok_or_else(|| ApiError::field("username", "is missing"))?;
        let password = NewPassword::parse(&body.password, &body.username)
            .map_err(|rule| ApiError::field("password", rule))?;
        let new = NewAccount { username, name, password, role: body.role };
        let account = self.users.create(new, key.0).await?;
        who.about("user_id", account.id);
        Ok(Created::Ok(Json((&account).into())))
    }

    /// Get an account
    #[oai(path = "/:user_id", method = "get", operation_id = "get_user")]
    async fn get(
        &self,
        _who: Viewer<scope::UsersRead>,
        /// Id of the account
        user_id: Path<Uuid>,
    ) -> Result<Json<User>, ApiError> {
        let account = self.auth.account(user_id.0).ok_or_else(ApiError::not_found)?;
        Ok(Json((&*account).into()))
    }

    /// Rename an account, change its role, disable or enable it
    ///
    /// A new role counts at once. Disabling ends the account's sessions and realtime connections at once. A name that another
    /// account has is 409 `username_taken`; the last active admin stays one: 409 `last_admin`.
    #[oai(path = "/:user_id", method = "patch", operation_id = "update_user")]
    async fn change(
        &self,
        _who: Admin<scope::UsersWrite>,
        /// Id of the account
        user_id: Path<Uuid>,
        body: Json<UserChange>,
    ) -> Result<Json<User>, ApiError> {
        let (username, name) = parse_names(body.username.as_deref(), body.name.as_deref())?;
        let change = Change { username, name, role: body.role, disabled: body.disabled };
        let account = self.users.change(user_id.0, change).await?;
        Ok(Json((&account).into()))
    }

    /// Set somebody's password
    ///
    /// Every session of the account ends. Its API tokens stay; they do not work while the account is disabled.
    #[oai(path = "/:user_id/password", method = "post", operation_id = "reset_password")]
    async fn reset_password(
        &self,
        _who: Admin<scope::UsersWrite>,
        /// Id of the account
        user_id: Path<Uuid>,
        body: Json<PasswordReset>,
    ) -> Result<Reset, ApiError> {
        let account = self.auth.account(user_id.0).ok_or_else(ApiError::not_found)?;
        let password = NewPassword::parse(&body.new_password, &account.username)
            .map_err(|rule| ApiError::field("new_password", rule))?;
        self.users.reset_password(user_id.0, password).await?;
        Ok(Reset::Done)
    }
}

/// Checks names as they come in a request, and reports all that is wrong with them at once.
///
/// # Errors
/// 400 with the fields at fault.
pub fn parse_names(
    username: Option<&str>,
    name: Option<&str>,
) -> Result<(Option<Username>, Option<DisplayName>), ApiError> {
    let (username, name) =
        (username.map(Username::parse).transpose(), name.map(DisplayName::parse).transpose());
    match (username, name) {
        (Ok(username), Ok(name)) => Ok((username, name)),
        (username, name) => {
            let error = |field: &str, rule: Option<&str>| {
                rule.map(|r| FieldError { field: field.to_owned(), message: r.to_owned() })
            };
            let errors = [error("username", username.err()), error("name", name.err())];
            Err(ApiError::fields(errors.into_iter().flatten().collect()))
        }
    }
}

//! One's own API tokens.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::super::{Auth, Scope, SessionOnly, Viewer, directory};
use super::Tag;
use crate::error::ApiError;
use crate::idempotency::IdempotencyKey;
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::users::DisplayName;

/// Life of a token whose maker does not say, in days: long enough to forget, too short to be forgotten for years.
const DEFAULT_DAYS: i64 = 90;

pub struct TokenApi {
    pub auth: Auth,
}

/// A new API token
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct NewToken {
    /// What it is for
    #[oai(validator(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    name: Text,
    /// What it may be used for; none wider than one's own role
    #[oai(validator(min_items = 1, max_items = 20))]
    scopes: Vec<Scope>,
    /// Days until it expires; 90 when absent
    #[oai(validator(minimum(value = "1"), maximum(value = "3650")))]
    expires_in_days: Option<i64>,
}

impl Example for NewToken {
    fn example() -> Self {
        Self {
            name: "Nightly export".into(),
            scopes: vec![Scope::AgendaRead, Scope::UsersRead],
            expires_in_days: Some(365),
        }
    }
}

/// An API token, without its secret
#[derive(Debug, Object)]
struct ApiToken {
    /// Id
    id: Uuid,
    /// What it is for
    name: String,
    /// What it may be used for
    scopes: Vec<Scope>,
    /// When it was made
    created_at: Timestamp,
    /// When it was last used
    last_used_at: Option<Timestamp>,
    /// When it expires
    expires_at: Timestamp,
}

impl From<&directory::ApiToken> for ApiToken {
    fn from(token: &directory::ApiToken) -> Self {
        let used = token.used_ms.load(Ordering::Relaxed);
        Self {
            id: token.id,
            name: token.name.clone(),
            scopes: token.scopes.clone(),
            created_at: Timestamp::from_ms(token.created_ms),
            last_used_at: (used > 0).then(|| Timestamp::from_ms(used)),
            expires_at: Timestamp::from_ms(token.expires_ms),
        }
    }
}

/// A new API token with its secret
#[derive(Debug, Object)]
struct CreatedToken {
    /// The token itself, for the header `Authorization: Bearer ...`; it cannot be had again
    token: String,
    /// Id
    id: Uuid,
    /// What it is for
    name: String,
    /// What it may be used for
    scopes: Vec<Scope>,
    /// When it was made
    created_at: Timestamp,
    /// When it expires
    expires_at: Timestamp,
}

/// API tokens of an account
#[derive(Debug, Object)]
pub struct ApiTokens {
    /// The newest first, expired ones included
    items: Vec<ApiToken>,
    /// Always null: there are at most 100
    next: Option<String>,
}

impl ApiTokens {
    /// Those of `user`.
    pub fn of(auth: &Auth, user: Uuid) -> Self {
        Self { items: auth.tokens_of(user).iter().map(|t| (&**t).into()).collect(), next: None }
    }
}

#[derive(ApiResponse)]
enum Created {
    /// The new token
    #[oai(status = 201)]
    Ok(Json<CreatedToken>),
}

#[derive(ApiResponse)]
pub enum Revoked {
    /// The token is void
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/auth/tokens", tag = "Tag::Authentication")]
impl TokenApi {
    /// List one's own API tokens
    #[oai(path = "/", method = "get", operation_id = "list_tokens")]
    async fn list(&self, who: Viewer<SessionOnly>) -> Json<ApiTokens> {
        Json(ApiTokens::of(&self.auth, who.user_id))
    }

    /// Make an API token
    ///
    /// For a program that acts in one's name. It works as long as the account may, with its role of the moment. When the
    /// answer got lost, the same call again gives the same token a new secret: the first one was not kept. Past the number
    /// that an account may have it is 409 `too_many_tokens`.
    #[oai(path = "/", method = "post", operation_id = "create_token")]
    async fn create(
        &self,
        who: Viewer<SessionOnly>,
        /// Names this attempt for 24 hours: repeated with it, the same request makes no other token
        #[oai(name = "Idempotency-Key")]
        attempt: IdempotencyKey,
        body: Json<NewToken>,
    ) -> Result<Created, ApiError> {
        let NewToken { name, scopes, expires_in_days } = body.0;
        let name = DisplayName::parse(&name).map_err(|rule| ApiError::field("name", rule))?;
        let life = TimeDelta::days(expires_in_days.unwrap_or(DEFAULT_DAYS));
        let (token, record) =
            self.auth.create_token(&who, name.as_str().to_owned(), scopes, life, attempt.0).await?;
        let ApiToken { id, name, scopes, created_at, expires_at, .. } = (&*record).into();
        Ok(Created::Ok(Json(CreatedToken { token, id, name, scopes, created_at, expires_at })))
    }

    /// Revoke one of one's own API tokens, and end its realtime connections
    #[oai(path = "/:token_id", method = "delete", operation_id = "revoke_token")]
    async fn revoke(
        &self,
        who: Viewer<SessionOnly>,
        /// Id of the token
        token_id: Path<Uuid>,
    ) -> Result<Revoked, ApiError> {
        self.auth.revoke_token(who.user_id, token_id.0).await?;
        Ok(Revoked::Done)
    }
}

//! Logging in and out.

use poem::Request;
use poem_openapi::param::Header;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::super::login::Tokens;
use super::super::{AnyScope, Auth, Credential, NewPassword, Scope, SessionOnly, Viewer};
use super::{From, Tag, clear_cookie, set_cookie};
use crate::config::Secret;
use crate::error::ApiError;
use crate::http::identify;
use crate::text::Text;
use crate::users::User;

pub struct LoginApi {
    pub auth: Auth,
}

/// User name and password of a program's user
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct Login {
    /// User name, in any case
    #[oai(validator(min_length = 1, max_length = 64))]
    username: Text,
    /// Password
    #[oai(validator(min_length = 1, max_length = 128))]
    password: Text,
    /// What to call this session in the list of sessions; the user agent when absent
    #[oai(validator(max_length = 200))]
    device: Option<Text>,
}

impl Example for Login {
    fn example() -> Self {
        Self {
            username: "ann".into(),
            password: "a quite good password".into(),
            device: Some("Ann's laptop".into()),
        }
    }
}

/// User name and password of the person at a browser
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct CookieCredentials {
    /// User name, in any case
    #[oai(validator(min_length = 1, max_length = 64))]
    username: Text,
    /// Password
    #[oai(validator(min_length = 1, max_length = 128))]
    password: Text,
}

impl Example for CookieCredentials {
    fn example() -> Self {
        Self { username: "ann".into(), password: "a quite good password".into() }
    }
}

/// A refresh token
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct Refresh {
    /// The refresh token of the last login or refresh
    #[oai(validator(min_length = 1, max_length = 200))]
    refresh_token: Text,
}

impl Example for Refresh {
    fn example() -> Self {
        Self {
            refresh_token: concat!(
                "wsr.019a8e3a00007000800000000000abcd.sFwqsZcEbb_hSsMzKAeDSdfzLW9Y1JqzRdyUPGIHPkk.",
                "mYVDq4a0Ky9v1y0kq7mDyFqXbB3oJ0TqJ1r0nZ8xw2E"
            )
            .into(),
        }
    }
}

/// What a program gets by logging in
#[derive(Debug, Object)]
#[oai(example)]
struct TokenSet {
    /// For the header `Authorization: Bearer ...` and the realtime connection
    access_token: String,
    /// For `POST /api/auth/refresh`; good once
    refresh_token: String,
    /// Always `Bearer`
    token_type: String,
    /// Seconds until the access token expires
    expires_in: u64,
    /// Who logged in
    user: User,
}

impl Example for TokenSet {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6IjJmOGIxYzA0In0.e30.c2ln".to_owned(),
            refresh_token: Refresh::example().refresh_token.into(),
            token_type: "Bearer".to_owned(),
            expires_in: 900,
            user: User::example(),
        }
    }
}

impl std::convert::From<Tokens> for TokenSet {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            token_type: "Bearer".to_owned(),
            expires_in: tokens.expires_in,
            user: (&*tokens.account).into(),
        }
    }
}

/// Who is logged in at this browser
#[derive(Debug, Object)]
struct CookieSession {
    /// Who logged in
    user: User,
    /// For the header `X-CSRF-Token` of every request that changes something
    csrf_token: String,
}

/// The caller
#[derive(Debug, Object)]
struct Me {
    /// Account
    user: User,
    /// The session; null for an API token
    session_id: Option<Uuid>,
    /// What the API token may be used for; null for a session
    scopes: Option<Vec<Scope>>,
    /// For the header `X-CSRF-Token`; null without a cookie session
    csrf_token: Option<String>,
}

/// A change of one's own password
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct PasswordChange {
    /// The password so far
    #[oai(validator(min_length = 1, max_length = 128))]
    current_password: Text,
    /// The new one: 10 to 128 characters, not the user name
    #[oai(validator(min_length = 10, max_length = 128))]
    new_password: Text,
}

impl Example for PasswordChange {
    fn example() -> Self {
        Self {
            current_password: "a quite good password".into(),
            new_password: "an even better password".into(),
        }
    }
}

#[derive(ApiResponse)]
enum LoggedIn {
    /// The session has begun
    #[oai(status = 200)]
    Ok(
        Json<CookieSession>,
        /// The session cookie: HttpOnly, SameSite=Strict, and Secure behind TLS
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
enum MeAnswer {
    /// The caller
    #[oai(status = 200)]
    Ok(
        Json<Me>,
        /// The session cookie with a new term; only for a cookie session
        #[oai(header = "Set-Cookie")]
        Option<String>,
    ),
}

#[derive(ApiResponse)]
enum LoggedOut {
    /// The session is over
    #[oai(status = 204)]
    Done(
        /// Removes the session cookie
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
enum Changed {
    /// Done
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/auth", tag = "Tag::Authentication")]
impl LoginApi {
    /// Log a program in
    ///
    /// The access token is short-lived; exchange the refresh token for new ones before it expires. Failures are
    /// limited for each name and for each address: 401 `invalid_credentials`, and after too many of them 429
    /// `too_many_requests`.
    #[oai(path = "/login", method = "post", operation_id = "log_in")]
    async fn log_in(&self, from: From, body: Json<Login>) -> Result<Json<TokenSet>, ApiError> {
        let Login { username, password, device } = body.0;
        let tokens = self
            .auth
            .login(&username, Secret::new(password), from.origin(device.map(Text::into_string)))
            .await?;
        Ok(Json(tokens.into()))
    }

    /// Exchange a refresh token for new tokens
    ///
    /// A refresh token is good once: its second use ends the session, as two parties have it. So that a lost
    /// answer does not, send an `Idempotency-Key`: the same request with the same key gets the same tokens again, as
    /// long as the new refresh token has not been used. A token that is not valid any more is 401 `unauthorized`.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh_tokens")]
    async fn refresh(
        &self,
        from: From,
        /// Any text that is new for each refresh, such as a UUID
        #[oai(name = "Idempotency-Key", validator(min_length = 1, max_length = 128))]
        key: Header<Option<String>>,
        body: Json<Refresh>,
    ) -> Result<Json<TokenSet>, ApiError> {
        let tokens = self.auth.refresh(&body.0.refresh_token, key.0.as_deref(), from.origin(None)).await?;
        Ok(Json(tokens.into()))
    }

    /// Log a browser in
    ///
    /// For pages of this server: the session is in a cookie that scripts cannot read and other sites cannot send. Failures are
    /// 401 `invalid_credentials`, and after too many of them 429 `too_many_requests`.
    #[oai(path = "/cookie", method = "post", operation_id = "log_in_with_cookie")]
    async fn log_in_with_cookie(
        &self,
        from: From,
        body: Json<CookieCredentials>,
    ) -> Result<LoggedIn, ApiError> {
        let CookieCredentials { username, password } = body.0;
        let login = self.auth.login_cookie(&username, Secret::new(password), from.origin(None)).await?;
        let session = CookieSession { user: (&*login.account).into(), csrf_token: login.csrf_token };
        Ok(LoggedIn::Ok(Json(session), set_cookie(&self.auth, &login.cookie, from.secure)))
    }

    /// End the caller's session
    #[oai(path = "/logout", method = "post", operation_id = "log_out")]
    async fn log_out(&self, who: Viewer<SessionOnly>, from: From) -> Result<LoggedOut, ApiError> {
        self.auth.logout(&who).await?;
        Ok(LoggedOut::Done(clear_cookie(&self.auth, from.secure)))
    }

    /// Tell who the caller is
    #[oai(path = "/me", method = "get", operation_id = "get_me")]
    async fn me(&self, who: Viewer<AnyScope>, from: From, request: &Request) -> Result<MeAnswer, ApiError> {
        let account = self.auth.account(who.user_id).ok_or_else(ApiError::not_found)?;
        let (session_id, scopes) = match &who.credential {
            Credential::Session { id, .. } => (Some(*id), None),
            Credential::ApiToken { scopes, .. } => (None, Some(scopes.clone())),
        };
        // A bearer token wins over a cookie that comes along.
        let cookie = identify::cookie(request.headers())
            .and_then(|value| Some((value, self.auth.cookie(value).ok()?)))
            .filter(|(_, (identity, _))| identity.session_id() == session_id);
        let set_cookie = cookie.as_ref().map(|(value, _)| set_cookie(&self.auth, value, from.secure));
        let csrf_token = cookie.map(|(_, (_, csrf))| csrf);
        let me = Me { user: (&*account).into(), session_id, scopes, csrf_token };
        Ok(MeAnswer::Ok(Json(me), set_cookie))
    }

    /// Change one's own password
    ///
    /// Every other session of the account ends. API tokens stay: revoke those that others may know. Too many wrong passwords
    /// are 429 `too_many_requests`.
    #[oai(path = "/password", method = "post", operation_id = "change_password")]
    async fn change_password(
        &self,
        who: Viewer<SessionOnly>,
        from: From,
        body: Json<PasswordChange>,
    ) -> Result<Changed, ApiError> {
        let new = NewPassword::parse(&body.0.new_password, &who.username)
            .map_err(|rule| ApiError::field("new_password", rule))?;
        let current = Secret::new(body.0.current_password);
        self.auth.change_password(&who, current, new, from.origin(None).address).await?;
        Ok(Changed::Done)
    }
}

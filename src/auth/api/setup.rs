//! The first set-up.

use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::super::{Auth, NewPassword};
use super::{From, Tag, set_cookie};
use crate::error::ApiError;
use crate::text::Text;
use crate::users::{self, User};

pub struct SetupApi {
    pub auth: Auth,
}

/// Whether the server waits for its first admin
#[derive(Debug, Object)]
struct SetupState {
    /// True until there is an admin
    needed: bool,
}

/// The first admin
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct Setup {
    /// The part after `#` of the link that the server printed at its start
    #[oai(validator(max_length = 128))]
    token: Text,
    /// User name: 3 to 32 letters, digits, `.`, `_` and `-`
    #[oai(validator(pattern = "^[A-Za-z0-9._-]{3,32}$"))]
    username: Text,
    /// Password: 10 to 128 characters, not the user name
    #[oai(validator(min_length = 10, max_length = 128))]
    password: Text,
    /// Name as shown to people; the user name when absent
    #[oai(validator(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    name: Option<Text>,
}

impl Example for Setup {
    fn example() -> Self {
        Self {
            token: "sFwqsZcEbb_hSsMzKAeDSdfzLW9Y1JqzRdyUPGIHPkk".into(),
            username: "ann".into(),
            password: "a quite good password".into(),
            name: Some("Ann".into()),
        }
    }
}

#[derive(ApiResponse)]
enum SetUp {
    /// The first admin, who is logged in
    #[oai(status = 201)]
    Created(
        Json<User>,
        /// The session cookie
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Authentication")]
impl SetupApi {
    /// Tell whether the server waits for its first admin
    #[oai(path = "/setup", method = "get", operation_id = "get_setup")]
    async fn get_setup(&self) -> Json<SetupState> {
        Json(SetupState { needed: self.auth.needs_setup() })
    }

    /// Make the first admin
    ///
    /// With the token of the set-up link; it is void as soon as there is an admin (403 `forbidden`). A name that an account
    /// has is 409 `username_taken`.
    #[oai(path = "/setup", method = "post", operation_id = "set_up")]
    async fn set_up(&self, from: From, body: Json<Setup>) -> Result<SetUp, ApiError> {
        let (username, name) = users::parse_names(Some(&body.username), body.name.as_deref())?;
        let username = username.ok_or_else(|| ApiError::field("username", "is missing"))?;
        let password = NewPassword::parse(&body.password, &body.username)
            .map_err(|rule| ApiError::field("password", rule))?;
        let login = self.auth.set_up(&body.token, username, name, password, from.origin(None)).await?;
        let cookie = set_cookie(&self.auth, &login.cookie, from.secure);
        Ok(SetUp::Created(Json((&*login.account).into()), cookie))
    }
}

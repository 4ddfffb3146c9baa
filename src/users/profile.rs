//! One's own account over HTTP.

use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::api::{Tag, User, parse_names};
use super::service::{Change, Users};
use crate::auth::{SessionOnly, Viewer};
use crate::error::ApiError;
use crate::text::Text;

/// Operations on one's own account.
pub struct ProfileApi {
    users: Users,
}

impl ProfileApi {
    /// Works through `users`.
    pub fn new(users: Users) -> Self {
        Self { users }
    }
}

/// A change of one's own account
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct ProfileChange {
    /// Name as shown to people
    #[oai(validator(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    name: Text,
}

impl Example for ProfileChange {
    fn example() -> Self {
        Self { name: "Ann Lee".into() }
    }
}

#[OpenApi(tag = "Tag::Users")]
impl ProfileApi {
    /// Change the name that one is shown by
    ///
    /// Login name and role are an administrator's to change.
    #[oai(path = "/me", method = "patch", operation_id = "update_me")]
    async fn change(
        &self,
        who: Viewer<SessionOnly>,
        body: Json<ProfileChange>,
    ) -> Result<Json<User>, ApiError> {
        let (_, name) = parse_names(None, Some(&body.name))?;
        let change = Change { name, ..Change::default() };
        let account = self.users.change(who.user_id, change).await?;
        Ok(Json((&account).into()))
    }
}

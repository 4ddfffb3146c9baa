//! Sessions and API tokens of other accounts, for admins.

use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use uuid::Uuid;

use super::super::{Admin, Auth, scope};
use super::Tag;
use super::session::{Ended, Sessions};
use super::token::{ApiTokens, Revoked};
use crate::error::ApiError;

pub struct OthersApi {
    pub auth: Auth,
}

impl OthersApi {
    fn known(&self, user: Uuid) -> Result<Uuid, ApiError> {
        self.auth.account(user).map(|account| account.id).ok_or_else(ApiError::not_found)
    }
}

#[OpenApi(prefix_path = "/users", tag = "Tag::Authentication")]
impl OthersApi {
    /// List an account's sessions
    #[oai(path = "/:user_id/sessions", method = "get", operation_id = "list_user_sessions")]
    async fn sessions(
        &self,
        who: Admin<scope::UsersRead>,
        /// Id of the account
        user_id: Path<Uuid>,
    ) -> Result<Json<Sessions>, ApiError> {
        Ok(Json(Sessions::of(&self.auth, self.known(user_id.0)?, who.session_id())))
    }

    /// End one of an account's sessions, and its realtime connections
    #[oai(path = "/:user_id/sessions/:session_id", method = "delete", operation_id = "end_user_session")]
    async fn end(
        &self,
        _who: Admin<scope::UsersWrite>,
        /// Id of the account
        user_id: Path<Uuid>,
        /// Id of the session
        session_id: Path<Uuid>,
    ) -> Result<Ended, ApiError> {
        self.auth.end_session(user_id.0, session_id.0).await?;
        Ok(Ended::Done)
    }

    /// List an account's API tokens
    #[oai(path = "/:user_id/tokens", method = "get", operation_id = "list_user_tokens")]
    async fn tokens(
        &self,
        _who: Admin<scope::UsersRead>,
        /// Id of the account
        user_id: Path<Uuid>,
    ) -> Result<Json<ApiTokens>, ApiError> {
        Ok(Json(ApiTokens::of(&self.auth, self.known(user_id.0)?)))
    }

    /// Revoke one of an account's API tokens, and end its realtime connections
    #[oai(path = "/:user_id/tokens/:token_id", method = "delete", operation_id = "revoke_user_token")]
    async fn revoke(
        &self,
        _who: Admin<scope::UsersWrite>,
        /// Id of the account
        user_id: Path<Uuid>,
        /// Id of the token
        token_id: Path<Uuid>,
    ) -> Result<Revoked, ApiError> {
        self.auth.revoke_token(user_id.0, token_id.0).await?;
        Ok(Revoked::Done)
    }
}

//! Why something in a chat was refused, and how that is said on each way out.

use poem::http::StatusCode;
use poem_openapi::payload::Json;
use sea_orm::DbErr;

use crate::error::{ApiError, FieldError, Problem};
use crate::realtime;

/// Why something was refused. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// No such room or message, or the caller may not see it.
    #[error("there is no such room or message")]
    NotFound,
    /// The request refers to something that is not there.
    #[error("{0} {1}")]
    Missing(&'static str, &'static str),
    /// The caller sees the room but is not in it.
    #[error("only members of the room may do this: join it first")]
    NotAMember,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// It contradicts what the room is, or a bound; with a code.
    #[error("{1}")]
    Conflict(&'static str, String),
    /// These fields are wrong.
    #[error("some fields are wrong")]
    Fields(Vec<FieldError>),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl ChatError {
    /// One wrong field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::NotFound => Self::not_found(),
            ChatError::Missing(field, message) => {
                let detail = format!("{field} {message}");
                let mut problem = Problem::new(StatusCode::NOT_FOUND, "not_found", detail);
                problem.errors = vec![FieldError { field: field.to_owned(), message: message.to_owned() }];
                Self::NotFound(Json(problem))
            }
            ChatError::NotAMember => {
                Self::forbidden("not_a_member", "Only members of the room may do this: join it first.")
            }
            ChatError::Forbidden(why) => Self::forbidden("forbidden", why),
            ChatError::Conflict(code, why) => Self::conflict(code, why),
            ChatError::Fields(fields) => Self::fields(fields),
            ChatError::Db(error) => error.into(),
        }
    }
}

impl From<ChatError> for realtime::Error {
    /// A room that is not there and one that the caller may not see are the same: permission denied.
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::NotFound | ChatError::NotAMember | ChatError::Forbidden(_) => Self::PERMISSION_DENIED,
            ChatError::Missing(..) | ChatError::Fields(_) => Self::BAD_REQUEST,
            ChatError::Conflict(..) => Self::LIMIT_EXCEEDED,
            ChatError::Db(error) => Self::internal(error),
        }
    }
}

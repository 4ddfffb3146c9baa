//! Why something in a chat was refused, and how that is said on each way out.

use sea_orm::DbErr;

use crate::error::{ApiError, FieldError};
use crate::idempotency::KeyError;
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
    /// It contradicts what the room is; with a code.
    #[error("{1}")]
    Conflict(&'static str, String),
    /// It would be more than a bound allows; with a code.
    #[error("{1}")]
    Limit(&'static str, String),
    /// Too many others do the same at this moment.
    #[error("too many do this at once")]
    Busy,
    /// The call repeats another one, and cannot.
    #[error(transparent)]
    Key(#[from] KeyError),
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
            ChatError::Missing(field, message) => Self::missing(field, message),
            ChatError::NotAMember => {
                Self::forbidden("not_a_member", "Only members of the room may do this: join it first.")
            }
            ChatError::Forbidden(why) => Self::forbidden("forbidden", why),
            ChatError::Conflict(code, why) | ChatError::Limit(code, why) => Self::conflict(code, why),
            ChatError::Busy => Self::unavailable(2, "too many searches at once"),
            ChatError::Key(error) => error.into(),
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
            ChatError::Conflict(..) | ChatError::Key(_) => Self::NOT_AVAILABLE,
            ChatError::Limit(..) => Self::LIMIT_EXCEEDED,
            ChatError::Busy => Self::TOO_MANY_REQUESTS,
            ChatError::Db(error) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realtime_client_is_told_what_kind_of_refusal_it_is() {
        let code = |error: ChatError| realtime::Error::from(error);
        assert_eq!(code(ChatError::Conflict("direct_room", String::new())), realtime::Error::NOT_AVAILABLE);
        assert_eq!(code(ChatError::Limit("limit_reached", String::new())), realtime::Error::LIMIT_EXCEEDED);
        assert_eq!(code(ChatError::Busy), realtime::Error::TOO_MANY_REQUESTS);
        assert_eq!(code(ChatError::NotAMember), realtime::Error::PERMISSION_DENIED);
    }
}

//! Why a login or a credential is refused.

use sea_orm::DbErr;

use crate::error::ApiError;
use crate::idempotency;

/// Faults of authentication.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown name, wrong password or disabled account: nobody is told which.
    #[error("the user name or the password is wrong")]
    InvalidCredentials,
    /// Too many failures of this name or from this address.
    #[error("too many failed logins")]
    Limited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The refresh token is unknown, expired, or was used before.
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// The set-up link is wrong, used, or not needed.
    #[error("the set-up link is not valid")]
    InvalidSetupToken,
    /// The current password given for a change is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// No such session or token of this account.
    #[error("there is no such session or token")]
    NotFound,
    /// An account has as many API tokens as it may.
    #[error("no more than {0} tokens for an account")]
    TooManyTokens(u64),
    /// A scope that the account's own role does not reach.
    #[error("the scope {0} needs the role {1}")]
    ScopeTooWide(&'static str, &'static str),
    /// More logins than can be hashed.
    #[error("too many logins at once")]
    Busy,
    /// The `Idempotency-Key` of the call.
    #[error(transparent)]
    Repeated(#[from] idempotency::KeyError),
    /// A fault of the server.
    #[error("{0}")]
    Internal(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        use AuthError as E;
        match error {
            E::InvalidCredentials => {
                Self::unauthorized("invalid_credentials", "The user name or the password is wrong.")
            }
            E::Limited { retry_after } => {
                Self::too_many_requests(retry_after, "Too many failed logins: wait, then try again.")
            }
            E::InvalidRefreshToken => {
                Self::unauthorized("unauthorized", "The refresh token is not valid any more: log in again.")
            }
            E::InvalidSetupToken => Self::forbidden(
                "forbidden",
                "This set-up link is not valid: the server printed the one of its last start on stderr, unless \
                 there is an admin already.",
            ),
            E::WrongPassword => Self::field("current_password", "is wrong"),
            E::NotFound => Self::not_found(),
            E::TooManyTokens(most) => Self::conflict(
                "too_many_tokens",
                format!("An account has at most {most} tokens: revoke one first."),
            ),
            E::ScopeTooWide(scope, role) => Self::field("scopes", format!("{scope} needs the role {role}")),
            E::Busy => Self::unavailable(5, "too many logins at once"),
            E::Repeated(e) => e.into(),
            E::Internal(cause) => Self::internal(cause),
            E::Db(e) => e.into(),
        }
    }
}

//! Why the agenda refuses, and how the API says it.

use sea_orm::DbErr;

use super::edit::FieldError;
use super::ical::ReadError;
use crate::error::{self, ApiError};
use crate::idempotency::KeyError;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum AgendaError {
    /// There is no such event, or the caller may not see it.
    #[error("there is no such event")]
    NotFound,
    /// The caller sees the event and may not change it.
    #[error("the event belongs to somebody else")]
    NotYours,
    /// The series has no such occurrence.
    #[error("there is no such occurrence")]
    NoOccurrence,
    /// The caller did not say which version is to be changed.
    #[error("the version to change is missing")]
    NoPrecondition,
    /// It was changed meanwhile.
    #[error("the event was changed meanwhile")]
    Changed,
    /// Fields of the request are wrong.
    #[error("fields are wrong")]
    Invalid(Vec<FieldError>),
    /// The call repeats another one, and cannot.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The account owns as many events as it may.
    #[error("there are too many events")]
    Full,
    /// The account shares as many events as it may.
    #[error("there are too many events that others see")]
    SharedFull,
    /// A window has more in it than one answer can hold.
    #[error("the window holds too much")]
    WindowTooFull,
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[from] ReadError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// A task of the server failed.
    #[error("a task failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl AgendaError {
    /// One wrong field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![(field.into(), message.into())])
    }
}

impl From<AgendaError> for ApiError {
    fn from(error: AgendaError) -> Self {
        match error {
            AgendaError::NotFound => Self::not_found(),
            AgendaError::NotYours => {
                Self::forbidden("forbidden", "Only the owner, or an admin, changes this event.")
            }
            AgendaError::NoOccurrence => Self::field(
                "occurrence",
                "names no occurrence of this event: it is `occurrence` as the agenda lists it, such as 2026-11-23T09:00:00",
            ),
            AgendaError::NoPrecondition => Self::precondition_required(),
            AgendaError::Changed => Self::precondition_failed(),
            AgendaError::Invalid(fields) => Self::fields(
                fields.into_iter().map(|(field, message)| error::FieldError { field, message }).collect(),
            ),
            AgendaError::Key(error) => error.into(),
            AgendaError::Full => Self::conflict(
                "limit_reached",
                format!("An account owns {} events at most.", super::MAX_OWNED),
            ),
            AgendaError::SharedFull => Self::conflict(
                "limit_reached",
                format!(
                    "An account owns {} events that others see at most, those not counted that were over 400 days ago.",
                    super::MAX_SHARED
                ),
            ),
            AgendaError::WindowTooFull => Self::field(
                "to",
                "is too far from `from`: there are too many events between them for one answer",
            ),
            AgendaError::File(error) => {
                Self::bad_request(format!("This is no calendar file that can be read: {error}."))
            }
            AgendaError::Db(error) => error.into(),
            AgendaError::Task(error) => Self::internal(error),
        }
    }
}

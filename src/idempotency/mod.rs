//! Creating calls that may be repeated: the same `Idempotency-Key` by the same account makes one object.
//!
//! An operation takes an [`IdempotencyKey`] as a parameter, hands its [`Key`] to its write job, and calls [`made`] before
//! and [`keep`] after it adds the object: both in the transaction of the object, so that there never is one without the
//! other. What the object is, and how it is answered, belongs to the slice. Refresh tokens are repeatable in a way of
//! their own, in [`crate::auth`].

mod api;
mod store;

use chrono::TimeDelta;
use sea_orm::DbErr;
use uuid::Uuid;

pub use api::IdempotencyKey;

use crate::db::Tx;
use crate::error::ApiError;

/// How long a call may be repeated.
const LIFE: TimeDelta = TimeDelta::hours(24);
/// Most characters of a key: a few UUIDs.
const MAX: usize = 200;

/// One attempt at creating something.
#[derive(Clone, Debug)]
pub struct Key {
    user: Uuid,
    /// SHA-256 of the key: who reads the database learns none.
    digest: [u8; 32],
    /// Method and path.
    operation: String,
    /// SHA-256 of the key and the body. A body may hold a password, which its digest alone would let one guess.
    body: [u8; 32],
}

/// Why a key does not give what it gave before.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It came with another request.
    #[error("the idempotency key came with another request before")]
    Conflict,
    /// What it made is gone.
    #[error("what the idempotency key made is gone")]
    Spent,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Conflict => Self::conflict(
                "idempotency_conflict",
                "This Idempotency-Key came with another request before: use a new one for each thing to make.",
            ),
            KeyError::Spent => {
                Self::conflict("idempotency_spent", "What this Idempotency-Key made is not there any more.")
            }
            KeyError::Db(error) => error.into(),
        }
    }
}

/// The id of what the key made before, if it did.
///
/// # Errors
/// [`KeyError::Conflict`] when that was another request.
pub async fn made(tx: &Tx, key: Option<&Key>, now_ms: i64) -> Result<Option<Uuid>, KeyError> {
    let Some(key) = key else { return Ok(None) };
    match store::find(tx.conn(), key, now_ms - LIFE.num_milliseconds()).await? {
        None => Ok(None),
        Some(row) if row.operation == key.operation && row.body == key.body => Ok(Some(row.response_id)),
        Some(_) => Err(KeyError::Conflict),
    }
}

/// Remembers that the key made `id`, which was answered with `status`; forgets some of the keys that are too old.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &Tx, key: Option<&Key>, status: u16, id: Uuid, now_ms: i64) -> Result<(), KeyError> {
    let Some(key) = key else { return Ok(()) };
    store::sweep(tx.conn(), now_ms - LIFE.num_milliseconds()).await?;
    Ok(store::insert(tx.conn(), key, status, id, now_ms).await?)
}

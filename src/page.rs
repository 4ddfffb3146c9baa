//! Lists: `{items, next}`, with `limit` and an opaque `cursor`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Items of a page when the caller does not say.
pub const DEFAULT_LIMIT: u64 = 50;
/// The most items a caller may ask for: a page stays under about 200 KB.
pub const MAX_LIMIT: u64 = 200;

/// The number of items to return for a caller's `limit`.
///
/// # Errors
/// 400 outside `1..=200`.
pub fn limit(asked: Option<u64>) -> Result<u64, ApiError> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n) if (1..=MAX_LIMIT).contains(&n) => Ok(n),
        Some(_) => Err(ApiError::field("limit", "must be from 1 to 200")),
    }
}

/// Makes an opaque cursor of a position in a list.
pub fn encode<T: Serialize>(position: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(position).unwrap_or_default())
}

/// Reads back what [`encode`] made.
///
/// # Errors
/// 400 for anything else.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T, ApiError> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| ApiError::field("cursor", "is not a cursor of this list: leave it out to start again"))
}

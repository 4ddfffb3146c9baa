//! What travels in a channel.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

/// Who published, as subscribers see it.
#[derive(Clone, Debug, Serialize)]
pub struct ClientInfo {
    /// Id of the account.
    pub user: String,
    /// Id of the connection; empty when it did not come over one.
    pub client: String,
    /// The account as shown to people: `{username, name}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conn_info: Option<Arc<RawValue>>,
}

/// One publication. Cheap to clone.
#[derive(Clone, Debug, Serialize)]
pub struct Publication {
    /// Position in the channel's stream, from 1; 0 for what is not stored.
    #[serde(skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// The payload.
    pub data: Arc<RawValue>,
    /// Who published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<Arc<ClientInfo>>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Publication {
    /// A publication that is not stored.
    ///
    /// # Panics
    /// When `data` cannot be JSON, such as a map with keys that are not strings.
    pub fn transient(data: &impl Serialize) -> Self {
        Self::stored(0, data)
    }

    /// The publication at `offset` of its channel's stream.
    ///
    /// # Panics
    /// As [`Publication::transient`].
    pub fn stored(offset: u64, data: &impl Serialize) -> Self {
        let data = serde_json::value::to_raw_value(data).expect("payloads are plain structs");
        Self { offset, data: data.into(), info: None }
    }

    /// The publication at `offset`, from the JSON text kept in the database.
    ///
    /// # Errors
    /// When `json` is not JSON.
    pub fn from_json(offset: u64, json: String) -> Result<Self, serde_json::Error> {
        Ok(Self { offset, data: RawValue::from_string(json)?.into(), info: None })
    }

    /// Adds who published.
    pub fn by(mut self, info: ClientInfo) -> Self {
        self.info = Some(Arc::new(info));
        self
    }
}

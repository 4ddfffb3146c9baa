//! The rpc `signals`: the same batches over the WebSocket, so that a desktop client needs one connection.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::collect::{self, Pass};
use super::intake::Claim;
use super::{Telemetry, payload};
use crate::auth::{Identity, Scope};
use crate::observe::{SignalsRefused, metrics};
use crate::realtime::{ClientInfo, Error, Namespace};

/// What the rpc takes beside the payload itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Delivery {
    /// The same key twice is the same batch.
    idempotency_key: Option<String>,
}

impl Namespace for Telemetry {
    fn prefix(&self) -> &'static str {
        "signals"
    }

    fn channels(&self) -> &'static [&'static str] {
        &[]
    }

    fn methods(&self) -> &'static [&'static str] {
        &["signals"]
    }

    fn rpc<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        _from: ClientInfo,
        method: &'a str,
        data: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, Error>> {
        Box::pin(async move {
            if method != "signals" {
                return Err(Error::METHOD_NOT_FOUND);
            }
            let stored =
                self.deliver(who, data.map_or("", RawValue::get)).await.inspect_err(|(reason, _)| {
                    metrics::signals_refused(*reason);
                });
            let accepted = stored.map_err(|(_, error)| error)?;
            to_raw_value(&json!({"stored": accepted.stored, "repeated": accepted.again}))
                .map_err(Error::internal)
        })
    }
}

impl Telemetry {
    async fn deliver(
        &self,
        who: &Arc<Identity>,
        data: &str,
    ) -> Result<super::Accepted, (SignalsRefused, Error)> {
        if !who.has_scope(Scope::SignalsWrite) {
            return Err((SignalsRefused::Credential, Error::PERMISSION_DENIED));
        }
        let malformed = |_| (SignalsRefused::Malformed, Error::BAD_REQUEST);
        let full = || (SignalsRefused::Unavailable, Error::UNAVAILABLE);
        let pass = Pass::Account(who.clone());
        let mut room = self.inner.guard.room(&pass, None);
        if !room.fit(data.len()) {
            return Err(full());
        }
        let batch = payload::parse(data.as_bytes()).map_err(|e| match e {
            payload::PayloadError::Malformed(_) => (SignalsRefused::Malformed, Error::BAD_REQUEST),
            payload::PayloadError::TooLarge(_) => (SignalsRefused::TooLarge, Error::LIMIT_EXCEEDED),
        })?;
        let delivery: Delivery = serde_json::from_str(data).map_err(malformed)?;
        if !room.fit(batch.memory()) {
            return Err(full());
        }
        let claim = match &delivery.idempotency_key {
            Some(key) => Some(collect::claim(&pass, key, &batch)),
            None => batch.dated.then(|| Claim::of(&[pass.credential().as_bytes(), b"body", data.as_bytes()])),
        };
        collect::store(&self.inner, &pass, batch, claim, room, None).await.map_err(|(reason, _)| {
            let error = match reason {
                SignalsRefused::Unavailable => Error::UNAVAILABLE,
                SignalsRefused::Conflict => Error::BAD_REQUEST,
                _ => Error::PERMISSION_DENIED,
            };
            (reason, error)
        })
    }
}

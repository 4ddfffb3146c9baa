//! The channels `monitor:*`: for administrators, published by the server alone.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use poem_openapi::types::ToJSON;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::Monitor;
use crate::auth::{Identity, Role, Scope};
use crate::clients;
use crate::logs::Logs;
use crate::realtime::{Error, Namespace, Position, Subscription};
use crate::telemetry::ERRORS_CHANNEL as ERRORS;

/// The server in one second, every second.
pub const OVERVIEW: &str = "monitor:overview";
/// The load of every route.
pub const ROUTES: &str = "monitor:routes";
/// Who connects, changes and disconnects.
pub const CLIENTS: &str = "monitor:clients";

/// Lines of the log, with a filter behind a `?`.
const LOGS: &str = "monitor:logs";

/// Clients in the answer to a subscription. It has to fit into the subscriber's queue: these are about 500 KB.
const FIRST_CLIENTS: usize = 1_000;

/// The namespace `monitor`.
pub struct MonitorChannels {
    /// The server itself.
    pub monitor: Monitor,
    /// Whose live tail is in this namespace, too.
    pub logs: Logs,
}

impl Namespace for MonitorChannels {
    fn prefix(&self) -> &'static str {
        "monitor"
    }

    fn channels(&self) -> &'static [&'static str] {
        &[OVERVIEW, CLIENTS, ROUTES, ERRORS, LOGS]
    }

    fn subscribe<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        channel: &'a str,
        _since: Option<Position>,
    ) -> BoxFuture<'a, Result<Subscription, Error>> {
        Box::pin(async move {
            let scope = match channel {
                CLIENTS => Scope::ClientsRead,
                ERRORS => Scope::SignalsRead,
                _ if channel.starts_with(LOGS) => Scope::SignalsRead,
                _ => Scope::MonitoringRead,
            };
            if who.role < Role::Admin || !who.has_scope(scope) {
                return Err(Error::PERMISSION_DENIED);
            }
            let state = match channel {
                OVERVIEW => self.monitor.overview(),
                ROUTES => self.monitor.routes_load().to_json().unwrap_or_default(),
                CLIENTS => self.monitor.fleet(),
                ERRORS => return Ok(Subscription::default()),
                _ if self.logs.listen(channel).is_some() => return Ok(Subscription::default()),
                _ => return Err(Error::UNKNOWN_CHANNEL),
            };
            let data = to_raw_value(&state).map_err(Error::internal)?;
            Ok(Subscription { data: Some(data.into()), ..Subscription::default() })
        })
    }
}

impl Monitor {
    /// The newest point, with those before it as `history`.
    fn overview(&self) -> Value {
        let memory = self.memory();
        let mut points: Vec<Value> = memory.points().filter_map(ToJSON::to_json).collect();
        let mut last = points.pop().unwrap_or_else(|| json!({}));
        last["history"] = points.into();
        last
    }

    /// The newest connected clients. The others follow in the next publications, as if they had just connected.
    fn fleet(&self) -> Value {
        let mut watch = self.clients();
        let now = clients::connected(&self.inner.hub);
        watch.begin(&now, FIRST_CLIENTS);
        let items: Vec<Value> = now.iter().take(FIRST_CLIENTS).filter_map(ToJSON::to_json).collect();
        json!({"items": items, "total": now.len()})
    }
}

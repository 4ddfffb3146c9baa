//! One connected client, as the rest of the program sees it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

use super::outbox::Outbox;
use super::pace::{Allowance, Pace};
use super::rtt::{RoundTrips, RttSummary};
use super::{ClientInfo, Disconnect};
use crate::auth::Identity;
use crate::observe::metrics;

/// Longest text kept of what a client says about itself, in characters.
const TEXT: usize = 128;

/// What a client says about itself in `connect.data`. Nothing of it is trusted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct AppInfo {
    pub installation_id: String,
    pub app: String,
    pub app_version: String,
    pub os: String,
    pub os_version: String,
    pub hostname: String,
    pub locale: String,
}

impl AppInfo {
    /// Reads `connect.data`; whatever does not fit is taken as not said.
    pub fn parse(data: Option<&RawValue>) -> Self {
        let value: serde_json::Value =
            data.and_then(|d| serde_json::from_str(d.get()).ok()).unwrap_or_default();
        let text = |name: &str| clean(value.get(name).and_then(|v| v.as_str()).unwrap_or(""));
        Self {
            installation_id: text("installation_id"),
            app: text("app"),
            app_version: text("app_version"),
            os: text("os"),
            os_version: text("os_version"),
            hostname: text("hostname"),
            locale: text("locale"),
        }
    }
}

/// The first characters of `text`, without control characters.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT).collect()
}

/// Counts of one connection.
#[derive(Debug, Default)]
pub struct Traffic {
    pub messages_in: AtomicU64,
    pub messages_out: AtomicU64,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
}

/// Counts as they were at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Messages from clients.
    pub messages_in: u64,
    /// Messages to clients.
    pub messages_out: u64,
    /// Bytes from clients.
    pub bytes_in: u64,
    /// Bytes to clients.
    pub bytes_out: u64,
}

impl Carried {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            messages_in: self.messages_in + other.messages_in,
            messages_out: self.messages_out + other.messages_out,
            bytes_in: self.bytes_in + other.bytes_in,
            bytes_out: self.bytes_out + other.bytes_out,
        }
    }

    /// What came on top of `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            messages_in: self.messages_in.saturating_sub(earlier.messages_in),
            messages_out: self.messages_out.saturating_sub(earlier.messages_out),
            bytes_in: self.bytes_in.saturating_sub(earlier.bytes_in),
            bytes_out: self.bytes_out.saturating_sub(earlier.bytes_out),
        }
    }
}

impl Traffic {
    /// The counts now.
    pub fn read(&self) -> Carried {
        Carried {
            messages_in: self.messages_in.load(Ordering::Relaxed),
            messages_out: self.messages_out.load(Ordering::Relaxed),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
        }
    }
}

/// One connected client.
#[derive(Debug)]
pub struct Connection {
    /// The client id of the protocol.
    pub id: String,
    /// Whose it is.
    pub identity: Arc<Identity>,
    /// Where it comes from.
    pub address: IpAddr,
    /// Name of the SDK, as it says.
    pub sdk_name: String,
    /// Version of the SDK, as it says.
    pub sdk_version: String,
    /// The application, as it says.
    pub app: AppInfo,
    /// The installation of the application, as `clients` knows it.
    pub installation: Uuid,
    /// Since when.
    pub connected_at: DateTime<Utc>,
    /// Counts.
    pub traffic: Traffic,
    /// What waits to be written.
    pub(super) outbox: Outbox,
    rtt: Mutex<RoundTrips>,
    pace: Mutex<Pace>,
    channels: Mutex<HashSet<Arc<str>>>,
    why: OnceLock<Disconnect>,
    ended: Notify,
    conn_info: Arc<RawValue>,
}

/// What a connection is made of.
pub struct Described {
    pub id: String,
    pub identity: Arc<Identity>,
    pub address: IpAddr,
    pub sdk_name: String,
    pub sdk_version: String,
    pub app: AppInfo,
    pub installation: Uuid,
    pub connected_at: DateTime<Utc>,
}

impl Connection {
    pub(super) fn new(d: Described) -> Self {
        let names = serde_json::json!({"username": d.identity.username, "name": d.identity.name});
        Self {
            id: d.id,
            identity: d.identity,
            address: d.address,
            sdk_name: d.sdk_name,
            sdk_version: d.sdk_version,
            app: d.app,
            installation: d.installation,
            connected_at: d.connected_at,
            traffic: Traffic::default(),
            outbox: Outbox::default(),
            rtt: Mutex::default(),
            pace: Mutex::new(Pace::new(Instant::now())),
            channels: Mutex::default(),
            why: OnceLock::new(),
            ended: Notify::new(),
            conn_info: to_raw_value(&names).expect("names are strings").into(),
        }
    }

    /// How other subscribers see this client.
    pub fn info(&self) -> ClientInfo {
        ClientInfo {
            user: self.identity.user_id.to_string(),
            client: self.id.clone(),
            conn_info: Some(self.conn_info.clone()),
        }
    }

    /// Round-trip times; `None` before the first pong.
    pub fn rtt(&self) -> Option<RttSummary> {
        self.rtt.lock().expect("no panic while held").summary()
    }

    pub(super) fn record_rtt(&self, took: Duration) {
        self.rtt.lock().expect("no panic while held").record(took);
    }

    /// Whether it may send another command now.
    pub(super) fn allow_command(&self) -> Allowance {
        self.pace.lock().expect("no panic while held").take(Instant::now())
    }

    /// Names of the channels that it listens to, in order.
    pub fn channels(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.channels.lock().expect("no panic while held").iter().map(|c| c.to_string()).collect();
        names.sort();
        names
    }

    /// The set of channels, for the hub, which keeps both sides in step.
    pub(super) fn channel_set(&self) -> &Mutex<HashSet<Arc<str>>> {
        &self.channels
    }

    /// Queues a frame; a reader that is too slow is disconnected.
    pub(super) fn push(&self, frame: Utf8Bytes) {
        if let Err(full) = self.outbox.push(frame)
            && self.close(Disconnect::SLOW)
        {
            metrics::slow_disconnect();
            metrics::queue_dropped_bytes(full.bytes);
            tracing::info!(
                client.id = %self.id, user.id = %self.identity.user_id, dropped_bytes = full.bytes,
                "Disconnecting a client that does not read"
            );
        }
    }

    /// Asks the socket's task to end; only the first reason counts. True if this was it.
    pub fn close(&self, why: Disconnect) -> bool {
        let first = self.why.set(why).is_ok();
        if first {
            self.ended.notify_waiters();
        }
        first
    }

    /// Why it must end, once it must.
    pub(super) fn closing(&self) -> Option<Disconnect> {
        self.why.get().copied()
    }

    /// Waits until it must end.
    pub(super) async fn closed(&self) -> Disconnect {
        loop {
            // Before the look: whatever is set from here on wakes it.
            let ended = self.ended.notified();
            if let Some(why) = self.closing() {
                return why;
            }
            ended.await;
        }
    }

    pub(super) fn count_in(&self, bytes: usize) {
        self.traffic.messages_in.fetch_add(1, Ordering::Relaxed);
        self.traffic.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
        metrics::bytes_in(bytes);
    }

    pub(super) fn count_out(&self, messages: usize, bytes: usize) {
        self.traffic.messages_out.fetch_add(messages as u64, Ordering::Relaxed);
        self.traffic.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
        metrics::message_out(messages, bytes);
    }
}

//! WebSocket connections, channels and messages.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::realtime::{Disconnect, Hub};

const CONNECTIONS: &str = "workspace_realtime_connections";
const CHANNELS: &str = "workspace_realtime_channels";
const SUBSCRIPTIONS: &str = "workspace_realtime_subscriptions";
const USERS: &str = "workspace_users_online";
const CONNECTED: &str = "workspace_realtime_connects_total";
const REFUSED: &str = "workspace_realtime_connects_refused_total";
const DISCONNECTS: &str = "workspace_realtime_disconnects_total";
const SLOW: &str = "workspace_realtime_slow_disconnects_total";
const DROPPED: &str = "workspace_realtime_queue_dropped_bytes_total";
const MESSAGES_IN: &str = "workspace_realtime_messages_in_total";
const MESSAGES_OUT: &str = "workspace_realtime_messages_out_total";
const BYTES_IN: &str = "workspace_realtime_bytes_in_total";
const BYTES_OUT: &str = "workspace_realtime_bytes_out_total";
const FANOUT: &str = "workspace_realtime_fanout_seconds";

pub(super) fn describe() {
    describe_gauge!(
        CONNECTIONS,
        Unit::Count,
        "WebSocket clients connected now, after their connect command."
    );
    describe_gauge!(CHANNELS, Unit::Count, "Channels with at least one subscriber.");
    describe_gauge!(SUBSCRIPTIONS, Unit::Count, "Subscriptions of all clients.");
    describe_gauge!(USERS, Unit::Count, "Accounts with at least one client connected.");
    describe_counter!(CONNECTED, Unit::Count, "WebSocket clients that connected.");
    describe_counter!(REFUSED, Unit::Count, "Connect commands and upgrades refused, by reason.");
    describe_counter!(DISCONNECTS, Unit::Count, "Connections that ended, by close code.");
    describe_counter!(
        SLOW,
        Unit::Count,
        "Connections ended because the client did not read what was queued for it."
    );
    describe_counter!(DROPPED, Unit::Bytes, "Bytes that were queued for connections ended as slow.");
    describe_counter!(MESSAGES_IN, Unit::Count, "Commands from clients, by kind.");
    describe_counter!(MESSAGES_OUT, Unit::Count, "Messages written to clients.");
    describe_counter!(BYTES_IN, Unit::Bytes, "Bytes of messages from clients.");
    describe_counter!(BYTES_OUT, Unit::Bytes, "Bytes of messages written to clients.");
    describe_histogram!(
        FANOUT,
        Unit::Seconds,
        "Time from a publication to its last place in a subscriber's queue."
    );
    gauge!(CONNECTIONS).increment(0.0);
    // A rate over a series that appears with its first event misses that event.
    for disconnect in Disconnect::ALL {
        counter!(DISCONNECTS, "code" => disconnect.code.to_string()).increment(0);
    }
}

struct Handles {
    connections: Gauge,
    connected: Counter,
    slow: Counter,
    dropped: Counter,
    messages_out: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
    fanout: Histogram,
}

/// Looked up once: these run for every message.
fn handles() -> &'static Handles {
    static HANDLES: OnceLock<Handles> = OnceLock::new();
    HANDLES.get_or_init(|| {
        super::start();
        Handles {
            connections: gauge!(CONNECTIONS),
            connected: counter!(CONNECTED),
            slow: counter!(SLOW),
            dropped: counter!(DROPPED),
            messages_out: counter!(MESSAGES_OUT),
            bytes_in: counter!(BYTES_IN),
            bytes_out: counter!(BYTES_OUT),
            fanout: histogram!(FANOUT),
        }
    })
}

/// A client's connect command was accepted. Each call is matched by one of [`ws_disconnected`].
pub fn ws_connected() {
    handles().connections.increment(1.0);
    handles().connected.increment(1);
}

/// A connected client is gone; `code` is one of the protocol's, 3000 when it left by itself.
pub fn ws_disconnected(code: u16) {
    handles().connections.decrement(1.0);
    counter!(DISCONNECTS, "code" => code.to_string()).increment(1);
}

/// A connect command was refused. `reason` is one of our own words, such as a [`Disconnect::reason`].
pub fn connect_refused(reason: &'static str) {
    counter!(REFUSED, "reason" => reason).increment(1);
}

/// A client sent a command; `kind` is its name in the protocol.
pub fn message_in(kind: &'static str) {
    counter!(MESSAGES_IN, "kind" => kind).increment(1);
}

/// A client sent this many bytes.
pub fn bytes_in(bytes: usize) {
    handles().bytes_in.increment(bytes as u64);
}

/// Messages were written to a socket, together this many bytes.
pub fn message_out(messages: usize, bytes: usize) {
    handles().messages_out.increment(messages as u64);
    handles().bytes_out.increment(bytes as u64);
}

/// A publication took this long to reach every subscriber's queue.
pub fn fanout_seconds(took: Duration) {
    handles().fanout.record(took);
}

/// A connection ended because its client did not read; call [`ws_disconnected`], too.
pub fn slow_disconnect() {
    handles().slow.increment(1);
}

/// This many bytes were queued for a connection that ended as slow.
pub fn queue_dropped_bytes(bytes: usize) {
    handles().dropped.increment(bytes as u64);
}

/// What is measured only when somebody looks.
pub(super) fn collect(hub: &Hub) {
    let stats = hub.stats();
    gauge!(CHANNELS).set(stats.channels as f64);
    gauge!(SUBSCRIPTIONS).set(stats.subscriptions as f64);
    gauge!(USERS).set(stats.users as f64);
}

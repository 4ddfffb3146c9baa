//! Telemetry of client applications: what came in, what was refused, how long it took.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const STORED: &str = "workspace_signals_total";
const DELETED: &str = "workspace_signals_deleted_total";
const REFUSED: &str = "workspace_signals_refused_total";
const AGAIN: &str = "workspace_signals_repeated_batches_total";
const QUEUE: &str = "workspace_signals_queue_batches";
const COMMIT: &str = "workspace_signals_commit_duration_seconds";
const COLLECT: &str = "workspace_collect_duration_seconds";
const COLLECT_BYTES: &str = "workspace_collect_request_bytes";

const SERVER_LOG_DROPPED: &str = "workspace_server_log_dropped_total";

/// What [`collect_room`] tells.
const COLLECT_ROOM: &str = "workspace_collect_room_bytes";

/// Latencies among the web vitals, in seconds.
const VITAL_SECONDS: &str = "workspace_web_vital_seconds";
/// Cumulative layout shift, a score without a unit.
const VITAL_SHIFT: &str = "workspace_web_vital_layout_shift";
/// The names of the official receiver, which existing dashboards use: kind and counter.
const RECEIVER: [(&str, &str); 4] = [
    ("log", "faro_receiver_logs_total"),
    ("measurement", "faro_receiver_measurements_total"),
    ("exception", "faro_receiver_exceptions_total"),
    ("event", "faro_receiver_events_total"),
];

/// The same for requests, as it labels them.
const RECEIVER_SECONDS: &str = "faro_receiver_request_duration_seconds";
const RECEIVER_BYTES: &str = "faro_receiver_request_message_bytes";
const RECEIVER_ANSWER_BYTES: &str = "faro_receiver_response_message_bytes";
const RECEIVER_INFLIGHT: &str = "faro_receiver_inflight_requests";
/// By the application of the key: here the rate is decided before the body is read, which would tell the environment.
const RECEIVER_LIMITED: &str = "faro_receiver_rate_limiter_requests_total";

/// Why a request with signals was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalsRefused {
    /// No key or token, or none that is good.
    Credential,
    /// The page's origin may not use the key.
    Origin,
    /// Too often.
    Rate,
    /// Not the format.
    Malformed,
    /// A bound was exceeded.
    TooLarge,
    /// The payload names another application than the key's.
    OtherApp,
    /// The key of a batch came with another batch before.
    Conflict,
    /// The store is full, failing or stopping.
    Unavailable,
}

impl SignalsRefused {
    const ALL: [Self; 8] = [
        Self::Credential,
        Self::Origin,
        Self::Rate,
        Self::Malformed,
        Self::TooLarge,
        Self::OtherApp,
        Self::Conflict,
        Self::Unavailable,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Origin => "origin",
            Self::Rate => "rate",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::OtherApp => "other_app",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
        }
    }
}

pub(super) fn describe() {
    describe_counter!(
        STORED,
        Unit::Count,
        "Signals of client applications stored, by kind, application and level."
    );
    describe_counter!(DELETED, Unit::Count, "Signals deleted because they were too old or too many.");
    counter!(DELETED).increment(0);
    describe_counter!(REFUSED, Unit::Count, "Requests with signals that were refused, by reason.");
    describe_counter!(
        AGAIN,
        Unit::Count,
        "Batches of signals that had been stored before and were not stored again."
    );
    describe_gauge!(QUEUE, Unit::Count, "Batches of signals that wait to be stored.");
    describe_histogram!(COMMIT, Unit::Seconds, "Time to store the batches of signals that waited together.");
    describe_histogram!(COLLECT, Unit::Seconds, "Time from a collector request's headers to its answer.");
    describe_histogram!(COLLECT_BYTES, Unit::Bytes, "Size of collector requests as sent.");
    describe_gauge!(
        COLLECT_ROOM,
        Unit::Bytes,
        "Memory that collector requests have, until what they carry is stored."
    );
    gauge!(COLLECT_ROOM).set(0.0);
    for reason in SignalsRefused::ALL {
        counter!(REFUSED, "reason" => reason.label()).increment(0);
    }
    describe_counter!(
        SERVER_LOG_DROPPED,
        Unit::Count,
        "Lines of the server that are on stdout and not in its own store."
    );
    counter!(SERVER_LOG_DROPPED).increment(0);
    describe_histogram!(
        VITAL_SECONDS,
        Unit::Seconds,
        "Web vitals that are times (lcp, inp, fcp, ttfb), by application."
    );
    describe_histogram!(VITAL_SHIFT, Unit::Count, "Cumulative layout shift of pages, by application.");
    for (kind, name) in RECEIVER {
        describe_counter!(
            name,
            Unit::Count,
            format!("Signals of the kind {kind} stored, under the receiver's own name.")
        );
        counter!(name).increment(0);
    }
    describe_histogram!(RECEIVER_SECONDS, Unit::Seconds, "Time to answer a collector request, by status.");
    describe_histogram!(RECEIVER_BYTES, Unit::Bytes, "Size of collector requests as sent.");
    describe_histogram!(RECEIVER_ANSWER_BYTES, Unit::Bytes, "Size of the collector's answers.");
    describe_gauge!(RECEIVER_INFLIGHT, Unit::Count, "Collector requests that are being answered.");
    describe_counter!(
        RECEIVER_LIMITED,
        Unit::Count,
        "Collector requests with a key, by whether its rate admits them."
    );
    gauge!(RECEIVER_INFLIGHT, "method" => "POST", "route" => "collect").set(0.0);
    counter!(AGAIN).increment(0);
    gauge!(QUEUE).set(0.0);
}

/// Signals were stored. `app` is a registered one, or `other`.
pub fn signals_stored(kind: &'static str, app: &str, level: &'static str, count: u64) {
    counter!(STORED, "kind" => kind, "app" => app.to_owned(), "level" => level).increment(count);
    if let Some((_, name)) = RECEIVER.iter().find(|(of, _)| *of == kind) {
        counter!(*name).increment(count);
    }
}

/// Signals that were too old or too many are gone.
pub fn signals_deleted(count: usize) {
    counter!(DELETED).increment(count as u64);
}

/// A page reported a web vital: `cls` is a score, the others are milliseconds. Unknown names are passed over.
pub fn web_vital(app: &str, name: &str, value: f64) {
    let name = match name {
        "cls" => return histogram!(VITAL_SHIFT, "app" => app.to_owned()).record(value),
        "lcp" => "lcp",
        "inp" => "inp",
        "fcp" => "fcp",
        "ttfb" => "ttfb",
        _ => return,
    };
    histogram!(VITAL_SECONDS, "app" => app.to_owned(), "name" => name).record(value / 1e3);
}

/// A request with signals was refused.
pub fn signals_refused(reason: SignalsRefused) {
    counter!(REFUSED, "reason" => reason.label()).increment(1);
}

/// The rate of an application's key was asked.
pub fn collect_limited(app: &str, allowed: bool) {
    let allowed = if allowed { "true" } else { "false" };
    counter!(RECEIVER_LIMITED, "app" => app.to_owned(), "env" => "", "allowed" => allowed).increment(1);
}

/// Requests with signals have so many bytes of memory now.
pub fn collect_room(bytes: usize) {
    gauge!(COLLECT_ROOM).set(bytes as f64);
}

/// A batch came again.
pub fn signal_batch_again() {
    counter!(AGAIN).increment(1);
}

/// So many batches wait now.
pub fn signal_queue(batches: usize) {
    gauge!(QUEUE).set(batches as f64);
}

/// What waited was stored.
pub fn signal_commit_seconds(took: Duration) {
    histogram!(COMMIT).record(took);
}

/// A collector request that is being answered; counted until it is dropped, also when the sender goes away.
pub struct Collecting(());

impl Collecting {
    /// It begins.
    pub fn begin() -> Self {
        gauge!(RECEIVER_INFLIGHT, "method" => "POST", "route" => "collect").increment(1.0);
        Self(())
    }

    /// It was answered, with so many bytes.
    pub fn answered(self, took: Duration, status: u16, bytes: usize) {
        histogram!(COLLECT).record(took);
        let status = status.to_string();
        histogram!(RECEIVER_SECONDS, "method" => "POST", "route" => "collect", "status_code" => status, "ws" => "false")
            .record(took);
        histogram!(RECEIVER_ANSWER_BYTES, "method" => "POST", "route" => "collect").record(bytes as f64);
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        gauge!(RECEIVER_INFLIGHT, "method" => "POST", "route" => "collect").decrement(1.0);
    }
}

/// A collector request's body was read.
pub fn collect_bytes(bytes: usize) {
    histogram!(COLLECT_BYTES).record(bytes as f64);
    histogram!(RECEIVER_BYTES, "method" => "POST", "route" => "collect").record(bytes as f64);
}

/// A line of the server came faster than lines are stored.
pub fn server_log_dropped() {
    server_log_lost(1);
}

/// Lines of the server could not be stored.
pub fn server_log_lost(lines: usize) {
    counter!(SERVER_LOG_DROPPED).increment(lines as u64);
}

//! What is pushed to Loki, what fails, and what is left.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const LINES: &str = "workspace_loki_pushed_lines_total";
const BYTES: &str = "workspace_loki_pushed_bytes_total";
const PUSH: &str = "workspace_loki_push_duration_seconds";
const FAILURES: &str = "workspace_loki_push_failures_total";
const REFUSED: &str = "workspace_loki_refused_total";
const LOST: &str = "workspace_loki_lost_signals_total";
const DROPPED: &str = "workspace_loki_dropped_total";
const BACKLOG: &str = "workspace_loki_backlog_signals";
const BACKLOG_SECONDS: &str = "workspace_loki_backlog_seconds";
/// The name of the official receiver, which existing dashboards use.
const RECEIVER: &str = "faro_receiver_exporter_errors_total";

/// Whose lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LokiLines {
    /// Signals of client applications.
    Client,
    /// The server's own.
    Server,
}

impl LokiLines {
    const ALL: [Self; 2] = [Self::Client, Self::Server];

    fn label(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// Why a push failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LokiFailed {
    /// Nobody answers.
    Network,
    /// Nobody answers in time.
    Timeout,
    /// It asks to come back later.
    Busy,
    /// It fails.
    Server,
    /// It does not let us in, or is no Loki.
    Configuration,
    /// It does not take these lines.
    Refused,
    /// One of the above; the library that pushes does not tell which.
    Unknown,
}

impl LokiFailed {
    const ALL: [Self; 7] = [
        Self::Network,
        Self::Timeout,
        Self::Busy,
        Self::Server,
        Self::Configuration,
        Self::Refused,
        Self::Unknown,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Busy => "busy",
            Self::Server => "server",
            Self::Configuration => "configuration",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a line of the server did not get to Loki.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LokiDropped {
    /// Too many wait.
    Full,
    /// It is too long.
    Long,
    /// Loki did not take it in several tries.
    Failed,
    /// The server stopped first.
    Stopped,
}

impl LokiDropped {
    const ALL: [Self; 4] = [Self::Full, Self::Long, Self::Failed, Self::Stopped];

    fn label(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Long => "long",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

pub(super) fn describe() {
    describe_counter!(LINES, Unit::Count, "Lines that Loki has taken, by source.");
    describe_counter!(BYTES, Unit::Bytes, "Bytes of the lines that Loki has taken, by source.");
    describe_histogram!(PUSH, Unit::Seconds, "Time of a push of signals to Loki, until its answer.");
    describe_counter!(FAILURES, Unit::Count, "Pushes to Loki that failed, by source and reason.");
    describe_counter!(REFUSED, Unit::Count, "Signals that Loki refused and that were set aside.");
    describe_counter!(
        LOST,
        Unit::Count,
        "Signals that were deleted for their age or the room they take before Loki had them."
    );
    describe_counter!(
        DROPPED,
        Unit::Count,
        "Lines of the server that are on stdout and not in Loki, by reason."
    );
    describe_gauge!(BACKLOG, Unit::Count, "Signals that Loki does not have yet.");
    describe_gauge!(BACKLOG_SECONDS, Unit::Seconds, "Age of the oldest signal that Loki does not have yet.");
    describe_counter!(RECEIVER, Unit::Count, "Failed pushes of signals, under the receiver's own name.");
    for lines in LokiLines::ALL {
        counter!(LINES, "source" => lines.label()).increment(0);
        counter!(BYTES, "source" => lines.label()).increment(0);
        for reason in LokiFailed::ALL {
            counter!(FAILURES, "source" => lines.label(), "reason" => reason.label()).increment(0);
        }
    }
    for reason in LokiDropped::ALL {
        counter!(DROPPED, "reason" => reason.label()).increment(0);
    }
    counter!(REFUSED).increment(0);
    counter!(LOST).increment(0);
    counter!(RECEIVER, "exporter" => "loki").increment(0);
    loki_backlog(0, 0);
}

/// Loki has taken lines.
pub fn loki_pushed(lines: LokiLines, count: u64, bytes: u64) {
    counter!(LINES, "source" => lines.label()).increment(count);
    counter!(BYTES, "source" => lines.label()).increment(bytes);
}

/// A push of signals was answered, or not.
pub fn loki_push_seconds(took: Duration) {
    histogram!(PUSH).record(took);
}

/// A push failed.
pub fn loki_failed(lines: LokiLines, reason: LokiFailed) {
    counter!(FAILURES, "source" => lines.label(), "reason" => reason.label()).increment(1);
    if lines == LokiLines::Client {
        counter!(RECEIVER, "exporter" => "loki").increment(1);
    }
}

/// A signal was set aside.
pub fn loki_refused() {
    counter!(REFUSED).increment(1);
}

/// Signals were deleted before Loki had them.
pub fn loki_lost(signals: u64) {
    counter!(LOST).increment(signals);
}

/// Lines of the server will not get to Loki.
pub fn loki_dropped(reason: LokiDropped, lines: u64) {
    counter!(DROPPED, "reason" => reason.label()).increment(lines);
}

/// So much is left: signals, and the age of the oldest in seconds.
pub fn loki_backlog(signals: u64, seconds: i64) {
    gauge!(BACKLOG).set(signals as f64);
    loki_backlog_seconds(seconds);
}

/// The age of the oldest signal that is left, in seconds.
pub fn loki_backlog_seconds(seconds: i64) {
    gauge!(BACKLOG_SECONDS).set(seconds as f64);
}

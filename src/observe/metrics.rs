//! Every Prometheus metric of the program, by name, unit and labels.
//!
//! Labels come from closed sets (route pattern, method, status, reason): never a user, client or path.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of every latency histogram, in seconds: 0.5 ms to 10 s.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds of counts in a batch.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Starts the recorder; later calls give the same one, as the metrics library knows only one a process.
pub fn start() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
                .and_then(|b| b.set_buckets_for_metric(Matcher::Suffix("_jobs".to_owned()), COUNTS))
                .expect("the bounds are not empty")
                .build_recorder();
            let handle = recorder.handle();
            metrics::set_global_recorder(recorder).expect("this is the only recorder");
            handle
        })
        .clone()
}

/// One HTTP request was answered.
pub fn http_request(method: &'static str, route: &str, status: u16, took: Duration) {
    counter!("workspace_http_requests_total", "method" => method, "route" => route.to_owned(), "status" => status.to_string())
        .increment(1);
    histogram!("workspace_http_request_duration_seconds", "method" => method, "route" => route.to_owned())
        .record(took);
}

/// A write waited this long, from the queue to the durable commit.
pub fn write_seconds(took: Duration) {
    histogram!("workspace_database_write_duration_seconds").record(took);
}

/// A group commit carried this many jobs.
pub fn write_batch(jobs: usize) {
    histogram!("workspace_database_commit_jobs").record(jobs as f64);
}

/// A write was refused because the queue stayed full.
pub fn write_refused() {
    counter!("workspace_database_writes_refused_total").increment(1);
}

/// A connection was closed at once because of a connection limit.
pub fn connection_refused() {
    counter!("workspace_connections_refused_total").increment(1);
}

/// Brings up to date what is measured only when somebody looks.
pub fn collect() {}

/// A client connected over WebSocket.
pub fn ws_connected() {
    gauge!("workspace_realtime_connections").increment(1.0);
}

/// A client's WebSocket ended with `code`, one of the protocol's.
pub fn ws_disconnected(code: u16) {
    gauge!("workspace_realtime_connections").decrement(1.0);
    counter!("workspace_realtime_disconnects_total", "code" => code.to_string()).increment(1);
}

/// A connect command was refused.
pub fn connect_refused(reason: &'static str) {
    counter!("workspace_realtime_connects_refused_total", "reason" => reason).increment(1);
}

/// A command arrived.
pub fn message_in(kind: &'static str) {
    counter!("workspace_realtime_commands_total", "kind" => kind).increment(1);
}

/// Frames were written to a socket.
pub fn message_out(messages: usize, bytes: usize) {
    counter!("workspace_realtime_messages_sent_total").increment(messages as u64);
    counter!("workspace_realtime_sent_bytes_total").increment(bytes as u64);
}

/// A publication was put into the queues of all its subscribers.
pub fn fanout_seconds(took: Duration) {
    histogram!("workspace_realtime_fanout_duration_seconds").record(took);
}

/// A client was disconnected because it does not read.
pub fn slow_disconnect() {
    counter!("workspace_realtime_slow_disconnects_total").increment(1);
}

/// Bytes that waited for a client when it was disconnected as too slow.
pub fn queue_dropped_bytes(bytes: usize) {
    counter!("workspace_realtime_dropped_bytes_total").increment(bytes as u64);
}

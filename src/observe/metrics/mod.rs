//! Every Prometheus metric of the program: name, unit, labels, and one small function for each event.
//!
//! Labels come from closed sets (route pattern, method, status, kind, code, reason): never a user, client,
//! address or path. Whoever causes an event calls its function here; nobody else names a metric.

mod audit;
mod backup;
mod database;
mod fleet;
mod http;
mod login;
mod loki;
mod process;
mod realtime;
mod series;
mod signals;
mod source_maps;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

pub use audit::audit_lost;
pub use backup::{backup_made, backup_result};
pub use database::{commit_seconds, read_seconds, write_batch, write_refused, write_seconds};
pub use fleet::{client_events_dropped, installations_forgotten, installations_kept, sighting_dropped};
pub use http::{InFlight, connection_refused, http_request};
pub use login::{LoginFailure, login_failed, login_succeeded};
pub use loki::{
    LokiDropped, LokiFailed, LokiLines, loki_backlog, loki_backlog_seconds, loki_dropped, loki_failed,
    loki_lost, loki_push_seconds, loki_pushed, loki_refused,
};
pub use process::{Build, Process, collect, process};
pub use realtime::{
    bytes_in, connect_refused, fanout_seconds, message_in, message_out, queue_dropped_bytes, slow_disconnect,
    ws_connected, ws_disconnected,
};
pub use series::{series_folded, series_known, series_lost, series_refused};

pub use signals::{
    Collecting, SignalsRefused, collect_bytes, collect_limited, collect_room, server_log_dropped,
    server_log_lost, signal_batch_again, signal_commit_seconds, signal_queue, signals_deleted,
    signals_refused, signals_stored, web_vital,
};
pub use source_maps::{source_map_read, source_maps_cached};

/// Bounds of every latency histogram, in seconds: 0.5 ms to 10 s.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds of what stays inside the process, in seconds: 10 microseconds to 1 s.
const FAST_SECONDS: &[f64] =
    &[0.00001, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1.0];
/// Bounds of web vitals that are times, in seconds; 0.2, 0.5, 0.8, 1.8, 2.5, 3 and 4 are those of good and poor.
const VITAL_SECONDS: &[f64] = &[0.05, 0.1, 0.2, 0.5, 0.8, 1.2, 1.8, 2.5, 3.0, 4.0, 6.0, 10.0, 20.0];
/// Bounds of layout shift; 0.1 and 0.25 are those of good and poor.
const VITAL_SHIFT: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0];
/// Bounds of sizes, in bytes: 256 B to 4 MiB.
const BYTES: &[f64] = &[256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262_144.0, 1_048_576.0, 4_194_304.0];
/// Bounds of counts in a batch.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Starts the recorder; later calls give the same one, as the metrics library knows only one a process.
///
/// Its histograms hold every sample until they are rendered or [`PrometheusHandle::run_upkeep`] is called:
/// `monitoring` does so on its tick, so that memory stays bounded when nobody scrapes.
pub fn start() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), SECONDS)
                .and_then(|b| {
                    b.set_buckets_for_metric(Matcher::Suffix("_fanout_seconds".to_owned()), FAST_SECONDS)
                })
                .and_then(|b| b.set_buckets_for_metric(Matcher::Suffix("_jobs".to_owned()), COUNTS))
                .and_then(|b| {
                    b.set_buckets_for_metric(Matcher::Suffix("_vital_seconds".to_owned()), VITAL_SECONDS)
                })
                .and_then(|b| {
                    b.set_buckets_for_metric(Matcher::Suffix("_layout_shift".to_owned()), VITAL_SHIFT)
                })
                .and_then(|b| b.set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), BYTES))
                .expect("the bounds are not empty")
                .build_recorder();
            let handle = recorder.handle();
            metrics::set_global_recorder(recorder).expect("this is the only recorder");
            http::describe();
            fleet::describe();
            realtime::describe();
            login::describe();
            loki::describe();
            database::describe();
            process::describe();
            audit::describe();
            backup::describe();
            series::describe();
            signals::describe();
            source_maps::describe();
            handle
        })
        .clone()
}

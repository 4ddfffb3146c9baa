//! What administrators see of the server: the shapes of the API, and of the channels, which carry the same.

use poem_openapi::Object;
use poem_openapi::types::Example;

use super::series::Cell;
use crate::timestamp::Timestamp;

/// Time from a request to its response, in milliseconds
#[derive(Clone, Debug, Object, PartialEq)]
pub struct Latency {
    /// Median
    pub p50: f64,
    /// 95th percentile
    pub p95: f64,
    /// 99th percentile
    pub p99: f64,
}

impl Latency {
    /// Of requests; `None` when there were none.
    pub fn of(requests: &Cell) -> Option<Self> {
        let [p50, p95, p99] = requests.values.quantiles([0.5, 0.95, 0.99])?.map(round);
        Some(Self { p50, p95, p99 })
    }
}

/// Three decimals: more would be noise and bytes.
pub fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// The server in one second
#[derive(Clone, Debug, Object)]
pub struct MonitoringOverview {
    /// End of that second
    pub time: Timestamp,
    /// Since the start
    pub uptime_seconds: u64,
    /// Version of the server
    pub version: String,
    /// Connected clients
    pub clients: u64,
    /// Accounts with a connected client
    pub users_online: u64,
    /// HTTP requests answered
    pub requests_per_second: f64,
    /// HTTP requests answered with a status of 500 or more
    pub errors_per_second: f64,
    /// Latency of the last ten seconds; null without requests
    pub latency_ms: Option<Latency>,
    /// Messages from clients
    pub messages_in_per_second: f64,
    /// Messages to clients
    pub messages_out_per_second: f64,
    /// Bytes from clients
    pub bytes_in_per_second: f64,
    /// Bytes to clients
    pub bytes_out_per_second: f64,
    /// Signals of client applications
    pub signals_per_second: f64,
    /// Those of them that are errors
    pub signal_errors_per_second: f64,
    /// Writes to the database
    pub writes_per_second: f64,
    /// Milliseconds that a commit took, on average; null without any
    pub commit_ms: Option<f64>,
    /// Writes that wait for the writer
    pub write_queue: u64,
    /// Resident memory
    pub memory_bytes: u64,
    /// CPU time as a share of one core
    pub cpu_percent: f64,
    /// Database file and write-ahead log
    pub database_bytes: u64,
    /// Open file descriptors
    pub open_descriptors: u64,
}

/// Requests of one route, over the last minute
#[derive(Clone, Debug, Object)]
pub struct RouteLoad {
    /// Method
    pub method: String,
    /// Pattern of the path; `<unknown>` for all paths that match none
    pub route: String,
    /// Requests a second
    pub requests_per_second: f64,
    /// Requests a second that were answered with a status of 500 or more
    pub errors_per_second: f64,
    /// Median latency in milliseconds
    pub p50_ms: f64,
    /// 95th percentile of the latency in milliseconds
    pub p95_ms: f64,
    /// 99th percentile of the latency in milliseconds
    pub p99_ms: f64,
    /// Requests in the last second
    pub last_second: u64,
}

/// The load of every route that was asked within the last minute
#[derive(Clone, Debug, Object)]
pub struct RoutesLoad {
    /// When it was measured
    pub time: Timestamp,
    /// Busiest first
    pub items: Vec<RouteLoad>,
}

/// Averages over windows that end now
#[derive(Clone, Debug, Default, Object)]
pub struct Rates {
    /// Over the last second
    pub second: f64,
    /// Over the last minute
    pub minute: f64,
    /// Over the last five minutes
    pub five_minutes: f64,
}

/// Latencies of windows that end now; null without requests
#[derive(Clone, Debug, Object)]
pub struct Latencies {
    /// Over the last second
    pub second: Option<Latency>,
    /// Over the last minute
    pub minute: Option<Latency>,
    /// Over the last five minutes
    pub five_minutes: Option<Latency>,
}

/// HTTP requests
#[derive(Clone, Debug, Object)]
pub struct HttpStatus {
    /// Requests a second
    pub requests_per_second: Rates,
    /// Requests a second that were answered with a status of 500 or more
    pub errors_per_second: Rates,
    /// Share of such requests, 0 to 1
    pub error_rate: Rates,
    /// Latency in milliseconds
    pub latency_ms: Latencies,
}

/// Connected clients and what they exchange
#[derive(Clone, Debug, Object)]
pub struct RealtimeStatus {
    /// Connected clients
    pub clients: u64,
    /// Accounts with a connected client
    pub users_online: u64,
    /// Channels with a subscriber
    pub channels: u64,
    /// Subscriptions of all clients
    pub subscriptions: u64,
    /// Messages from clients a second
    pub messages_in_per_second: Rates,
    /// Messages to clients a second
    pub messages_out_per_second: Rates,
    /// Bytes from clients a second
    pub bytes_in_per_second: Rates,
    /// Bytes to clients a second
    pub bytes_out_per_second: Rates,
}

/// The database
#[derive(Clone, Debug, Object)]
pub struct DatabaseStatus {
    /// Database file and write-ahead log
    pub bytes: u64,
    /// Writes that wait for the writer
    pub write_queue: u64,
    /// How many writes shared each of the last commits, newest first
    pub commit_jobs: Vec<u64>,
}

/// The process
#[derive(Clone, Debug, Object)]
pub struct ProcessStatus {
    /// Resident memory
    pub memory_bytes: u64,
    /// CPU time of the last second as a share of one core
    pub cpu_percent: f64,
    /// Open file descriptors
    pub open_descriptors: u64,
    /// The most descriptors that may be open; 0 for no limit
    pub max_descriptors: u64,
    /// Threads
    pub threads: u64,
}

/// The file system with the database
#[derive(Clone, Copy, Debug, Object, PartialEq, Eq)]
pub struct DiskStatus {
    /// Bytes that the server may still write
    pub free_bytes: u64,
    /// Size
    pub total_bytes: u64,
}

/// One of the conditions of being ready
#[derive(Clone, Debug, Object, PartialEq, Eq)]
pub struct ReadinessCheck {
    /// `running`, `writer`, `migrations` or `disk`
    pub name: String,
    /// Whether it holds
    pub ok: bool,
    /// What was found
    pub detail: String,
}

/// Whether the server can do its work
#[derive(Clone, Debug, Object, PartialEq, Eq)]
pub struct Readiness {
    /// Whether all checks hold
    pub ready: bool,
    /// Each of them
    pub checks: Vec<ReadinessCheck>,
    /// The file system with the database; null when it does not say
    pub disk: Option<DiskStatus>,
}

/// What the program was built from
#[derive(Clone, Debug, Object)]
pub struct BuildStatus {
    /// Version
    pub version: String,
    /// Commit of the source, or `unknown`
    pub commit: String,
    /// Version of the compiler, or `unknown`
    pub rustc: String,
}

/// The whole picture
#[derive(Clone, Debug, Object)]
#[oai(example)]
pub struct MonitoringStatus {
    /// When it was made
    pub time: Timestamp,
    /// When the server started
    pub started_at: Timestamp,
    /// Since the start
    pub uptime_seconds: u64,
    /// What the program was built from
    pub build: BuildStatus,
    /// Whether the server can do its work
    pub readiness: Readiness,
    /// HTTP requests
    pub http: HttpStatus,
    /// The routes asked within the last minute, busiest first
    pub routes: Vec<RouteLoad>,
    /// Connected clients and what they exchange
    pub realtime: RealtimeStatus,
    /// The database
    pub database: DatabaseStatus,
    /// The process
    pub process: ProcessStatus,
}

impl Example for MonitoringStatus {
    fn example() -> Self {
        let rates = |second, minute, five_minutes| Rates { second, minute, five_minutes };
        let latency = Latency { p50: 1.2, p95: 6.5, p99: 11.8 };
        Self {
            time: Timestamp::from_ms(1_795_341_600_000),
            started_at: Timestamp::from_ms(1_795_255_200_000),
            uptime_seconds: 86_400,
            build: BuildStatus {
                version: "0.1.0".to_owned(),
                commit: "unknown".to_owned(),
                rustc: "1.95.0".to_owned(),
            },
            readiness: Readiness {
                ready: true,
                checks: vec![ReadinessCheck {
                    name: "writer".to_owned(),
                    ok: true,
                    detail: "answered in 1 ms".to_owned(),
                }],
                disk: Some(DiskStatus { free_bytes: 21_474_836_480, total_bytes: 34_359_738_368 }),
            },
            http: HttpStatus {
                requests_per_second: rates(14.0, 12.5, 11.02),
                errors_per_second: Rates::default(),
                error_rate: Rates::default(),
                latency_ms: Latencies {
                    second: Some(latency.clone()),
                    minute: Some(latency.clone()),
                    five_minutes: Some(latency),
                },
            },
            routes: vec![RouteLoad {
                method: "GET".to_owned(),
                route: "/api/chat/rooms".to_owned(),
                requests_per_second: 3.2,
                errors_per_second: 0.0,
                p50_ms: 0.9,
                p95_ms: 2.1,
                p99_ms: 4.8,
                last_second: 3,
            }],
            realtime: RealtimeStatus {
                clients: 42,
                users_online: 17,
                channels: 25,
                subscriptions: 96,
                messages_in_per_second: rates(4.0, 3.1, 2.8),
                messages_out_per_second: rates(71.0, 64.2, 60.1),
                bytes_in_per_second: rates(512.0, 430.5, 401.3),
                bytes_out_per_second: rates(18_400.0, 17_210.7, 16_904.2),
            },
            database: DatabaseStatus { bytes: 8_388_608, write_queue: 0, commit_jobs: vec![3, 1, 1] },
            process: ProcessStatus {
                memory_bytes: 47_185_920,
                cpu_percent: 2.5,
                open_descriptors: 71,
                max_descriptors: 65_536,
                threads: 9,
            },
        }
    }
}

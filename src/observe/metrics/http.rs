//! Requests and TCP connections.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const REQUESTS: &str = "workspace_http_requests_total";
const DURATION: &str = "workspace_http_request_duration_seconds";
const IN_FLIGHT: &str = "workspace_http_requests_in_flight";
const REFUSED: &str = "workspace_connections_refused_total";

pub(super) fn describe() {
    describe_counter!(REQUESTS, Unit::Count, "HTTP requests answered, by method, route pattern and status.");
    describe_histogram!(DURATION, Unit::Seconds, "Time from a request's headers to its response's headers.");
    describe_gauge!(IN_FLIGHT, Unit::Count, "HTTP requests being answered now.");
    describe_counter!(REFUSED, Unit::Count, "TCP connections closed at once because of a connection limit.");
    gauge!(IN_FLIGHT).set(0.0);
    counter!(REFUSED).increment(0);
}

/// One HTTP request was answered.
pub fn http_request(method: &'static str, route: &str, status: u16, took: Duration) {
    counter!(REQUESTS, "method" => method, "route" => route.to_owned(), "status" => status.to_string())
        .increment(1);
    histogram!(DURATION, "method" => method, "route" => route.to_owned()).record(took);
}

/// A connection was closed at once because of a connection limit.
pub fn connection_refused() {
    counter!(REFUSED).increment(1);
}

/// A request that is being answered, until it is dropped.
#[derive(Debug)]
pub struct InFlight(());

impl InFlight {
    /// Counts one more.
    pub fn start() -> Self {
        gauge!(IN_FLIGHT).increment(1.0);
        Self(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
    }
}

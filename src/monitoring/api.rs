//! Health, readiness and status over HTTP.

use poem::endpoint::make;
use poem::http::{StatusCode, header};
use poem::{Endpoint, Response};
use poem_openapi::payload::Json;
use poem_openapi::{OpenApi, Tags};

use super::Monitor;
use super::view::MonitoringStatus;
use crate::auth::{Admin, scope};
use crate::error::ApiError;

/// Seconds after which to ask again when the server is not ready.
const RETRY_AFTER: &str = "1";

/// `/health`: the process lives and answers. Asks nothing of anybody.
pub fn health() -> impl Endpoint {
    make(|_| async { answer(StatusCode::OK, r#"{"status":"ok"}"#) })
}

/// `/ready`: the server can do its work. Why not is for administrators, in the status.
pub fn ready(monitor: &Monitor) -> impl Endpoint + use<> {
    let monitor = monitor.clone();
    make(move |_| {
        let monitor = monitor.clone();
        async move {
            if monitor.inner.probe.readiness().await.ready {
                return answer(StatusCode::OK, r#"{"status":"ready"}"#);
            }
            let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"unavailable"}"#);
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER));
            response
        }
    })
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    Response::builder().status(status).content_type("application/json").body(body)
}

/// Operations on the server's state.
pub struct MonitoringApi {
    monitor: Monitor,
}

impl MonitoringApi {
    /// Reads from `monitor`.
    pub fn new(monitor: Monitor) -> Self {
        Self { monitor }
    }
}

#[derive(Tags)]
enum Tag {
    /// How the server is doing
    Monitoring,
}

#[OpenApi(tag = "Tag::Monitoring")]
impl MonitoringApi {
    /// The whole picture
    ///
    /// Uptime, build, readiness with its checks, request and message rates, latencies, clients, database and
    /// process. Rates and latencies cover the last second, minute and five minutes, or the time since the start
    /// when that is shorter.
    #[oai(path = "/monitoring/status", method = "get", operation_id = "get_monitoring_status")]
    async fn status(&self, _who: Admin<scope::MonitoringRead>) -> Result<Json<MonitoringStatus>, ApiError> {
        Ok(Json(self.monitor.status().await))
    }
}

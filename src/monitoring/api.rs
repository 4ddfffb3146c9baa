//! Health, readiness and status over HTTP.

use poem::endpoint::make;
use poem::http::{StatusCode, header};
use poem::{Endpoint, IntoResponse, Response};
use poem_openapi::param::Query;
use poem_openapi::payload::{Json, Payload};
use poem_openapi::registry::{MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, OpenApi, Tags};

use super::Monitor;
use super::series::{self, Asked, By, Metric, Plan, SeriesAnswer};
use super::view::MonitoringStatus;
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::timestamp::Timestamp;

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

    /// A metric over time
    ///
    /// Every second of the last five minutes, every minute of the last 30 days. Without `by` one line, `all`; with it the
    /// busiest labels and `other`, or those of `label`. What belongs to the current minute is lost when the server
    /// crashes, and only then.
    #[oai(path = "/monitoring/series", method = "get", operation_id = "get_monitoring_series")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the operation")]
    async fn series(
        &self,
        _who: Admin<scope::MonitoringRead>,
        /// What happened
        metric: Query<Metric>,
        /// What to split it by: `requests` by `route`; `rtt` by `client`; `signals` and `errors` by `client` or `app`;
        /// `measurements` by `app`, `version` or `view`; `server` by `gauge`, and no other way
        by: Query<Option<By>>,
        /// Of measurements (where it must be given): what was measured. Of signals by application: their kind
        #[oai(validator(max_length = 160))]
        name: Query<Option<String>>,
        /// Only this label; may be given up to 50 times
        label: Query<Vec<String>>,
        /// Start; an hour before `to` when absent
        from: Query<Option<Timestamp>>,
        /// End; now when absent
        to: Query<Option<Timestamp>>,
        /// Seconds of a step: 1 within the last 5 minutes, otherwise whole minutes, and whole hours for more than 8 days.
        /// Chosen when absent, for at most 1,000 points
        step: Query<Option<u64>>,
        /// The most lines, besides `other`: 1 to 50; 10 when absent
        limit: Query<Option<u64>>,
    ) -> Result<Written, ApiError> {
        let seconds = |at: Option<Timestamp>| at.map(|at| at.utc().timestamp());
        let asked = Asked {
            by: by.0,
            name: name.0,
            labels: label.0,
            from: seconds(from.0),
            to: seconds(to.0),
            step: step.0,
            limit: limit.0,
        };
        let plan = Plan::of(metric.0, asked, self.monitor.inner.clock.now().timestamp())?;
        Ok(Written(self.monitor.inner.series.read(&plan).await?))
    }
}

/// A series as a response; it is written in its own way.
struct Written(SeriesAnswer);

impl Payload for Written {
    const CONTENT_TYPE: &'static str = Json::<SeriesAnswer>::CONTENT_TYPE;

    fn schema_ref() -> MetaSchemaRef {
        SeriesAnswer::schema_ref()
    }

    fn register(registry: &mut Registry) {
        SeriesAnswer::register(registry);
    }
}

impl ApiResponse for Written {
    fn meta() -> MetaResponses {
        Json::<SeriesAnswer>::meta()
    }

    fn register(registry: &mut Registry) {
        SeriesAnswer::register(registry);
    }
}

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        Response::builder().content_type(Self::CONTENT_TYPE).body(series::text(self.0))
    }
}

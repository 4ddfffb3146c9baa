//! The outermost layer: what every request gets, and what every response tells.
//!
//! Before: request id, sender's address, identity. After: problem documents, security and CORS headers, one log
//! line, the request metrics.

use std::sync::Arc;
use std::time::Instant;

use poem::error::NotFoundError;
use poem::http::{HeaderValue, Method};
use poem::{Endpoint, IntoResponse, Middleware, PathPattern, Request, Response, Result};
use tracing::{Level, debug, info};

use super::{body, cors::Cors, headers, identify, operations::Operations, peer, problems};
use crate::app::Services;
use crate::audit::Watch;
use crate::auth::Sender;
use crate::dashboard;
use crate::observe::{Cause, metrics};
use crate::telemetry;

/// Id of a request, in its log line and in the response's `X-Request-Id`.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// One word for all paths that match no route: a label must come from a closed set.
const UNKNOWN: &str = "<unknown>";
/// Routes that machines ask without end.
const PROBES: [&str; 2] = ["/health", "/ready"];

/// One line at a level that is known only now; tracing wants it when compiling.
macro_rules! log {
    ($level:expr, $($line:tt)+) => {
        if $level == Level::DEBUG { debug!($($line)+) } else { info!($($line)+) }
    };
}

/// The middleware.
pub struct Context {
    services: Services,
    cors: Arc<Cors>,
    operations: Arc<Operations>,
}

impl Context {
    pub fn new(services: &Services, operations: Arc<Operations>) -> Self {
        let cors = Arc::new(Cors::new(&services.config.cors_origins));
        Self { services: services.clone(), cors, operations }
    }
}

impl<E: Endpoint> Middleware<E> for Context {
    type Output = ContextEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        ContextEndpoint {
            inner,
            services: self.services.clone(),
            cors: self.cors.clone(),
            operations: self.operations.clone(),
        }
    }
}

pub struct ContextEndpoint<E> {
    inner: E,
    services: Services,
    cors: Arc<Cors>,
    operations: Arc<Operations>,
}

impl<E: Endpoint> Endpoint for ContextEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let start = Instant::now();
        let _in_flight = metrics::InFlight::start();
        let (peer, secure) = peer::of(&request, &self.services.config.trusted_proxies);
        let id = request_id(&request, &self.services);
        let trace = Trace::of(&request);
        let sender = identify::sender(&request, &self.services.auth);
        let identity = match &sender {
            Sender::Known(identity) => Some(identity.clone()),
            _ => None,
        };
        let user = identity.as_ref().map(|identity| identity.user_id);
        let method = request.method().clone();
        let origin = request.headers().get("origin").cloned();
        // The collector has permissions of its own, by application.
        let collects = telemetry::collects(request.uri().path(), &self.services.config.base_path);
        let preflight = if collects { None } else { self.cors.preflight(&request) };
        request.set_data(peer);
        request.set_data(secure);
        request.set_data(RequestId(id.clone()));
        request.set_data(sender);
        let safe = matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
        let operation =
            (!safe).then(|| self.operations.operation(method.as_str(), request.uri().path())).flatten();
        let watch = identity.as_ref().zip(operation).map(|(who, operation)| {
            Watch::new(&self.services.audit, who, operation, peer.0.to_string(), id.to_string())
        });
        if let Some(watch) = &watch {
            request.set_data(watch.mark());
        }

        let (mut response, pattern) = match preflight {
            Some(response) => (response, None),
            None => match Box::pin(Cause::Request(id.clone()).scope(self.inner.call(request))).await {
                Ok(output) => {
                    let response = output.into_response();
                    let known = |p: &&PathPattern| !p.0.ends_with(dashboard::UNKNOWN);
                    let pattern = response.data::<PathPattern>().filter(known).cloned();
                    (response, pattern)
                }
                Err(error) => {
                    // A path below a known prefix carries the prefix' pattern, and is as unknown as any other.
                    let unknown = error.is::<NotFoundError>();
                    let pattern = error.data::<PathPattern>().filter(|_| !unknown).cloned();
                    let allow = pattern.as_ref().and_then(|p| self.operations.allow(&p.0));
                    // Faults that the framework found are logged here.
                    let refused = pattern.as_ref().zip(error.data::<body::Refused>());
                    let faults = refused.map(|(p, refused)| self.operations.faults(&p.0, refused));
                    let respond = async { problems::respond(error, allow, faults.unwrap_or_default()) };
                    let response = Cause::Request(id.clone()).scope(respond).await;
                    (response, pattern)
                }
            },
        };
        if !collects {
            self.cors.apply(origin.as_ref(), response.headers_mut());
        }
        headers::apply(response.headers_mut(), secure);
        insert(&mut response, "x-request-id", &id);
        insert(&mut response, "server-timing", &trace.server_timing());

        if let Some(watch) = watch {
            watch.answered(response.status().as_u16()).await;
        }

        let took = start.elapsed();
        let status = response.status();
        let base = self.services.config.base_path.as_str();
        let route = pattern.as_ref().map_or(UNKNOWN, |p| self.operations.name(&p.0));
        let route = route.strip_prefix(base).unwrap_or(route);
        let method_label = method_label(&method);
        metrics::http_request(method_label, route, status.as_u16(), took);
        self.services.monitor.series().request(method_label, route, status.as_u16(), took);
        if let Some(identity) = &identity {
            self.services.fleet.request(identity, method_label, route, status.as_u16(), took);
        }
        let duration_ms = took.as_secs_f64() * 1e3;
        // Probes come every few seconds for ever: at `info` they would be most of the log.
        let level = if PROBES.contains(&route) { Level::DEBUG } else { Level::INFO };
        log!(
            level,
            request.id = %id,
            trace.id = trace.id(),
            user.id = user.map(tracing::field::display),
            peer.address = %peer.0,
            method = method_label,
            route,
            status = status.as_u16(),
            duration_ms,
            "{method_label} {route} {} in {duration_ms:.1} ms",
            status.as_u16(),
        );
        Ok(response)
    }
}

fn insert(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Methods we serve; others share one label.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "<other>",
    }
}

/// The caller's `X-Request-Id` when it is harmless, otherwise a new one.
fn request_id(request: &Request, services: &Services) -> Arc<str> {
    let given = request.headers().get("x-request-id").and_then(|v| v.to_str().ok());
    let harmless = |id: &&str| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    match given.filter(harmless) {
        Some(id) => id.into(),
        None => crate::id::new(&services.clock).to_string().into(),
    }
}

/// A W3C trace context: continued when the caller sent one, so that its telemetry can be joined with our log.
struct Trace(String);

impl Trace {
    fn of(request: &Request) -> Self {
        let given = request.headers().get("traceparent").and_then(|v| v.to_str().ok()).filter(|v| {
            let parts: Vec<&str> = v.split('-').collect();
            let hex =
                |s: &str, n: usize| s.len() == n && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            parts.len() == 4 && parts[0] == "00" && hex(parts[1], 32) && hex(parts[2], 16) && hex(parts[3], 2)
        });
        Self(given.map_or_else(
            || {
                let random = uuid::Uuid::now_v7().simple().to_string();
                let span = &crate::id::digest(&random)[..8];
                let span: String = span.iter().map(|b| format!("{b:02x}")).collect();
                format!("00-{random}-{span}-01")
            },
            str::to_owned,
        ))
    }

    fn id(&self) -> &str {
        &self.0[3..35]
    }

    fn server_timing(&self) -> String {
        format!("traceparent;desc=\"{}\"", self.0)
    }
}

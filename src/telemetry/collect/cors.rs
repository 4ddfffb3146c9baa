//! Which pages may send: the collector's own answers to browsers, as the SDK needs them.

use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Request, Response};

use super::guard;
use crate::telemetry::Inner;

/// Everything that an SDK sends, in any of its configurations.
const HEADERS: &str = "content-type, content-encoding, authorization, x-api-key, x-faro-session-id, idempotency-key, \
                       traceparent, tracestate, baggage";
/// What an SDK reads of an answer.
const EXPOSED: &str = "Retry-After, X-Faro-Session-Status, Server-Timing";
/// Seconds for which a browser may remember a preflight; browsers have lower limits of their own.
const MAX_AGE: &str = "86400";

/// The answer for one origin.
pub struct Permission {
    /// `None` when the request does not come from a page.
    origin: Option<HeaderValue>,
    granted: bool,
}

impl Permission {
    /// Decides by the key's own origins; where it has none, or none is shown, by the server's and those of desktop
    /// applications. A preflight shows no header, so there any key's origin will do: the request itself is looked at
    /// again.
    pub fn of(inner: &Inner, request: &Request) -> Self {
        let Some(origin) = request.headers().get(header::ORIGIN) else {
            return Self { origin: None, granted: true };
        };
        let text = origin.to_str().unwrap_or_default();
        let ours = || inner.guard.is_configured(text) || is_desktop(text) || is_own(request, text);
        let granted = match guard::shown_key(request) {
            Some(shown) => match inner.keys.find(shown) {
                Some(key) if key.origins.is_empty() => ours(),
                Some(key) => key.names(text),
                // The answer, 401, may be read by whoever is known.
                None => ours() || inner.keys.some_allows(text),
            },
            None => {
                ours() || (request.method() == poem::http::Method::OPTIONS && inner.keys.some_allows(text))
            }
        };
        Self { origin: Some(origin.clone()), granted }
    }

    /// Whether the page may send.
    pub fn is_granted(&self) -> bool {
        self.granted
    }

    /// The answer to a preflight.
    pub fn preflight(&self) -> Response {
        let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
        self.apply(response.headers_mut());
        if self.granted && self.origin.is_some() {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        }
        response
    }

    /// Adds the permission to read an answer.
    pub fn apply(&self, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.origin.as_ref().filter(|_| self.granted) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

/// Electron's pages: `null` from files, `app://name` from its own scheme.
fn is_desktop(origin: &str) -> bool {
    origin == "null" || origin.starts_with("app://")
}

/// A page of this server, whose requests carry an origin, too.
fn is_own(request: &Request, origin: &str) -> bool {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, authority)| authority == host))
}

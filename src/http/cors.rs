//! Answers to browsers on other sites: only configured origins may read what we send.
//!
//! Same-origin requests carry an `Origin`, too, so an unknown one is not refused: it just gets no permission.

use std::collections::HashSet;

use poem::http::header::{self, HeaderMap, HeaderValue};
use poem::http::{Method, StatusCode};
use poem::{Request, Response};
use url::Origin;

/// Seconds for which a browser may remember a preflight: two hours, the most that Chromium honours.
const MAX_AGE: &str = "7200";
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const HEADERS: &str =
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id, traceparent";
const EXPOSED: &str = "ETag, Retry-After, X-Request-Id, Server-Timing";

/// The configured origins.
pub struct Cors {
    origins: HashSet<String>,
}

impl Cors {
    pub fn new(origins: &[Origin]) -> Self {
        Self { origins: origins.iter().map(Origin::ascii_serialization).collect() }
    }

    fn allows(&self, origin: Option<&HeaderValue>) -> bool {
        origin.and_then(|o| o.to_str().ok()).is_some_and(|o| self.origins.contains(o))
    }

    /// The answer to a preflight; `None` for every other request.
    pub fn preflight(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        let asks = request.method() == Method::OPTIONS
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks {
            return None;
        }
        let response = Response::builder().status(StatusCode::NO_CONTENT);
        Some(if self.allows(headers.get(header::ORIGIN)) {
            response
                .header(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                .header(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)
                .header(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE)
                .finish()
        } else {
            response.finish()
        })
    }

    /// Adds the permission to read, where there is one.
    pub fn apply(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if self.origins.is_empty() || headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin.filter(|o| self.allows(Some(o))) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

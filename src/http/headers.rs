//! Security headers of every response. A page that needs more than the strictest policy sets its own.

use poem::http::HeaderMap;
use poem::http::header::{self, HeaderName, HeaderValue};

use super::Secure;

/// Nothing may be loaded by, or framed around, a response that is not a page.
const CSP: &str = "default-src 'none'; frame-ancestors 'none'";
/// One year, for this host alone: what runs on others of its domain, and whether with TLS, is not ours to say.
const HSTS: &str = "max-age=31536000";

const ALWAYS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds what is missing.
pub fn apply(headers: &mut HeaderMap, secure: Secure) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if secure.0 {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}

//! From a request's credential to a [`Sender`], and the defence of cookie sessions against forged requests.

use poem::Request;
use poem::http::{HeaderMap, Method, header};

use crate::auth::{Auth, Sender};
use crate::error::ApiError;

/// Name of the dashboard's session cookie.
pub const COOKIE: &str = "workspace_session";
/// Header in which the dashboard repeats its session's CSRF token.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Who sent `request`. A bearer token wins over a cookie, as it cannot be sent by accident.
pub fn sender(request: &Request, auth: &Auth) -> Sender {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|v| {
            let (scheme, token) = v.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        return match token {
            Some(token) => {
                auth.bearer(token).map_or_else(Sender::Refused, |(identity, _)| Sender::Known(identity))
            }
            None => Sender::Refused(ApiError::unauthorized(
                "unauthorized",
                "`Authorization` must be `Bearer <token>`.",
            )),
        };
    }
    let Some(cookie) = cookie(request.headers()) else {
        return Sender::Anonymous;
    };
    match auth.cookie(cookie) {
        // A stale cookie is not the reader's fault: they are simply not logged in.
        Err(_) => Sender::Anonymous,
        Ok((identity, csrf)) => {
            let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
            let shown = request.headers().get(CSRF_HEADER).map(|v| v.as_bytes());
            if safe || shown.is_some_and(|s| subtle::ConstantTimeEq::ct_eq(s, csrf.as_bytes()).into()) {
                Sender::Known(identity)
            } else {
                Sender::Refused(ApiError::forbidden(
                    "csrf",
                    "A change made with the cookie session needs its token in `X-CSRF-Token`.",
                ))
            }
        }
    }
}

/// The value of the session cookie.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    named_cookie(headers, COOKIE)
}

/// The value of a cookie.
pub fn named_cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

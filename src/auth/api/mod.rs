//! Authentication over HTTP.

pub mod caller;
mod login;
mod others;
mod session;
mod setup;
mod token;

use poem::http::header;
use poem::{FromRequest, Request, RequestBody};
use poem_openapi::Tags;

use super::Auth;
use super::login::Origin;
use crate::error::ApiError;
use crate::http::{Peer, Secure};

/// Longest description of a device that is kept.
const DEVICE_MAX: usize = 200;

/// Every operation of authentication.
pub fn apis(auth: &Auth) -> impl poem_openapi::OpenApi + use<> {
    (
        login::LoginApi { auth: auth.clone() },
        others::OthersApi { auth: auth.clone() },
        session::SessionApi { auth: auth.clone() },
        setup::SetupApi { auth: auth.clone() },
        token::TokenApi { auth: auth.clone() },
    )
}

#[derive(Tags)]
enum Tag {
    /// Logging in and out, sessions, API tokens, and the first set-up
    Authentication,
}

/// What a request tells about where it comes from.
pub struct From {
    peer: Peer,
    secure: Secure,
    user_agent: String,
}

impl From {
    /// The origin of a session; `device` is what the sender calls itself, in place of its user agent.
    fn origin(&self, device: Option<String>) -> Origin {
        let device = device.unwrap_or_else(|| self.user_agent.clone());
        let device = device.chars().filter(|c| !c.is_control()).take(DEVICE_MAX).collect();
        Origin { address: self.peer.0, device }
    }
}

impl<'a> FromRequest<'a> for From {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let missing = || ApiError::internal("a request came past the outermost layer");
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok());
        Ok(Self {
            peer: *request.extensions().get::<Peer>().ok_or_else(missing)?,
            secure: *request.extensions().get::<Secure>().ok_or_else(missing)?,
            user_agent: user_agent.unwrap_or("").to_owned(),
        })
    }
}

/// `Set-Cookie` of a new or renewed session.
///
/// `SameSite=Strict` keeps it from every request that another site starts; with the CSRF token this is the
/// second of two locks.
fn set_cookie(auth: &Auth, value: &str, secure: Secure) -> String {
    cookie(auth, value, auth.inner.session_ttl.as_secs(), secure)
}

/// `Set-Cookie` that removes the cookie.
fn clear_cookie(auth: &Auth, secure: Secure) -> String {
    cookie(auth, "", 0, secure)
}

fn cookie(auth: &Auth, value: &str, max_age: u64, secure: Secure) -> String {
    let (name, path) = (crate::http::COOKIE, &auth.inner.cookie_path);
    let secure = if secure.0 { "; Secure" } else { "" };
    format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}")
}

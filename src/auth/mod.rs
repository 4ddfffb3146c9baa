//! Who is calling, and what they may do.
//!
//! Owns identities, roles, scopes, credentials (JWT, cookie, API token), passwords and sessions, and the
//! parameter types [`Viewer`], [`Member`], [`Admin`] through which an operation says who may call it.
//! What accounts are and how they are edited belongs to `users`.

mod api;
mod confirm;
mod directory;
mod entity;
mod error;
mod identity;
mod keys;
mod limiter;
mod login;
mod password;
mod refresh;
mod service;
mod sessions;
mod setup;
mod store;
mod tokens;
mod upkeep;

pub use api::apis;
pub use api::caller::{Admin, AnyScope, Caller, Member, Sender, SessionOnly, Viewer, scope};
pub use directory::Session;
pub use error::AuthError;
pub use identity::{Credential, Identity, Role, Scope, SessionKind};
pub use login::{CookieLogin, Origin, Tokens};
pub use password::NewPassword;
pub use service::{Auth, credential_id};

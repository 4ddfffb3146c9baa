//! Who is calling, and what they may do.
//!
//! Owns identities, roles, scopes, credentials (JWT, cookie, API token), passwords and sessions, and the
//! parameter types [`Viewer`], [`Member`], [`Admin`] through which an operation says who may call it.
//! What accounts are and how they are edited belongs to `users`.

mod caller;
mod identity;
mod service;

pub use caller::{Admin, AnyScope, Caller, Member, Sender, SessionOnly, Viewer, scope};
pub use identity::{Credential, Identity, Role, Scope, SessionKind};
pub use service::Auth;

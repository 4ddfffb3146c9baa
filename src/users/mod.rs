//! Accounts: what they are and how they are edited.
//!
//! Owns user names, display names, roles and their rules, and the table `users`. Who is calling, passwords'
//! hashes in use, sessions and tokens belong to [`crate::auth`], which keeps every account in memory and is told
//! of each change after its commit.

mod api;
mod cli;
mod entity;
mod model;
mod profile;
mod service;
pub(crate) mod store;

pub use api::{User, UsersApi, parse_names};
pub use cli::{UserTask, run as run_task};
pub use model::{Account, DisplayName, Username, key};
pub use profile::ProfileApi;
pub use service::{Change, NewAccount, UserError, Users};

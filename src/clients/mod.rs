//! The fleet: every installation of a client application that was ever seen, which of them are connected now, and
//! what an administrator can do to one.
//!
//! Owns `/api/clients`, `/api/installations`, `/api/me/data`, the rpc `diagnostics`, and the shape of a client, also in `monitor:clients`. The connections
//! themselves belong to `realtime`; what applications report belongs to `telemetry`, which tells [`Fleet::seen`] of whom
//! it heard.

mod actions;
mod api;
mod diagnostics;
mod fleet;
mod journal;
mod model;
mod orders;
mod query;
mod removal;
mod sessions;
mod sighting;
mod store;
mod timeline;
mod upkeep;
mod version;
mod view;
mod watch;

pub use actions::Recipients;
pub use api::apis;
pub use diagnostics::DiagnosticsRpc;
pub use fleet::{Bounds, Fleet};
pub use model::{Client, client, connected, found};
pub use orders::LogLevel;
pub use sighting::{FleetUser, Identified, Known, Sighting, installation_id};
pub use watch::{ClientChanges, Watch};

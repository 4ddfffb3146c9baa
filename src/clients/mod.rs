//! The fleet: which client applications are connected now, and what an administrator can do to one.
//!
//! Owns `/api/clients` and the shape of a client, also in `monitor:clients`. The connections themselves belong
//! to `realtime`; installations that are not connected are not known here.

mod api;
mod model;
mod watch;

pub use api::ClientsApi;
pub use model::{Client, connected};
pub use watch::{ClientChanges, Watch};

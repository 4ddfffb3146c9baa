//! The Centrifuge protocol: connections, channels, fan-out.
//!
//! Owns frames, one task per socket, the hub that knows who listens to what, and the codes of errors and
//! disconnects. What a channel means, who may use it and what is stored of it belongs to the slice that
//! implements its [`Namespace`].

mod channel;
mod codes;
mod commands;
mod connect;
mod connection;
mod hub;
mod namespace;
mod outbox;
mod pace;
mod protocol;
mod publication;
mod rtt;
mod socket;

pub use codes::{Disconnect, Error};
pub use connection::{AppInfo, Carried, Connection, Traffic};
pub use hub::{CHANNEL_NAME, Hub, HubStats};
pub use namespace::{History, HistoryQuery, Namespace, Position, Subscription};
pub use publication::{ClientInfo, Publication};
pub use rtt::RttSummary;
pub use socket::{Opened, Realtime, serve};

//! The Centrifuge protocol: connections, channels, fan-out.
//!
//! Owns frames, one task per socket, the hub that knows who listens to what, and the codes of errors and
//! disconnects. What a channel means, who may use it and what is stored of it belongs to the slice that
//! implements its [`Namespace`].

mod codes;
mod hub;
mod namespace;
mod publication;

pub use codes::{Disconnect, Error};
pub use hub::Hub;
pub use namespace::{History, HistoryQuery, Namespace, Position, Subscription};
pub use publication::{ClientInfo, Publication};

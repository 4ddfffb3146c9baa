//! What the program says about itself: log lines and Prometheus metrics.

mod cause;
pub mod logging;
mod loki;
pub mod metrics;

pub use cause::Cause;
pub use loki::ServerLines;
pub use metrics::{Build, LoginFailure, LokiFailed, LokiLines, SignalsRefused};

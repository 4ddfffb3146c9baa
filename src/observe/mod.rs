//! What the program says about itself: log lines and Prometheus metrics.

mod cause;
pub mod logging;
pub mod loki;
pub mod metrics;

pub use cause::Cause;

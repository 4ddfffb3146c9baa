//! What the program says about itself: log lines and Prometheus metrics.

pub mod logging;
pub mod metrics;

//! Round-trip time of a connection, from the server's own pings.

use std::collections::VecDeque;
use std::time::Duration;

/// Round trips remembered: half an hour of pings.
const WINDOW: usize = 72;

/// The last round trips of one connection.
#[derive(Clone, Debug, Default)]
pub struct RoundTrips {
    millis: VecDeque<f32>,
}

/// Round-trip times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RttSummary {
    /// The newest.
    pub last: f64,
    /// Median of the last half hour.
    pub p50: f64,
    /// 95th percentile of the last half hour.
    pub p95: f64,
}

impl RoundTrips {
    /// Adds a measurement.
    pub fn record(&mut self, took: Duration) {
        if self.millis.len() == WINDOW {
            self.millis.pop_front();
        }
        self.millis.push_back(took.as_secs_f32() * 1e3);
    }

    /// The figures; `None` before the first pong.
    pub fn summary(&self) -> Option<RttSummary> {
        let last = f64::from(*self.millis.back()?);
        let mut sorted: Vec<f32> = self.millis.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let at = |q: f64| {
            f64::from(sorted[((sorted.len() as f64 * q).ceil() as usize).clamp(1, sorted.len()) - 1])
        };
        Some(RttSummary { last, p50: at(0.5), p95: at(0.95) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_window() {
        let mut trips = RoundTrips::default();
        assert_eq!(trips.summary(), None);
        for ms in 1..=200 {
            trips.record(Duration::from_millis(ms));
        }
        let summary = trips.summary().unwrap();
        assert_eq!((summary.last, summary.p50), (200.0, 164.0));
        assert!((summary.p95 - 197.0).abs() < 0.01);
        // The newest is neither the largest nor a percentile.
        trips.record(Duration::from_millis(3));
        let summary = trips.summary().unwrap();
        assert_eq!((summary.last, summary.p50), (3.0, 164.0));
    }
}

//! Times as they come in, and their percentiles.

use std::time::Duration;

/// Times of one kind of call.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    micros: Vec<u32>,
}

impl Latency {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds those of another.
    pub fn join(&mut self, other: Self) {
        self.micros.extend(other.micros);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.micros.len()
    }

    /// Milliseconds at quantiles from 0 to 1; zeros when there is none.
    pub fn quantiles<const N: usize>(&mut self, at: [f64; N]) -> [f64; N] {
        self.micros.sort_unstable();
        at.map(|quantile| {
            let last = self.micros.len().saturating_sub(1);
            let index = (quantile * last as f64).round() as usize;
            self.micros.get(index).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
        })
    }
}

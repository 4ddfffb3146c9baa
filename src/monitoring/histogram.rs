//! Latencies in fixed buckets: small, added to without a lock, and merged by adding.

use std::array;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The first bound is 2^6 = 64 microseconds: less than that is measured noise.
const FIRST_BIT: u32 = 6;
/// Octaves up to 2^24 microseconds, about 17 s: longer than any request may take.
const OCTAVES: usize = 18;
/// Two buckets an octave, one below and one above: a percentile is wrong by a fifth at most.
const BUCKETS: usize = 2 * OCTAVES + 2;

/// The bucket of a duration in microseconds.
fn bucket(micros: u64) -> usize {
    let Some(bit) = micros.checked_ilog2().filter(|bit| *bit >= FIRST_BIT) else { return 0 };
    let upper_half = (micros >> (bit - 1)) & 1;
    let index = 1 + 2 * (bit - FIRST_BIT) as usize + upper_half as usize;
    index.min(BUCKETS - 1)
}

/// The least duration of a bucket, in microseconds.
fn lower(bucket: usize) -> f64 {
    let Some(index) = bucket.checked_sub(1) else { return 0.0 };
    let octave = f64::from(1u32 << (FIRST_BIT as usize + index / 2));
    if index % 2 == 0 { octave } else { octave * 1.5 }
}

/// How many took how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: [u32; BUCKETS],
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; BUCKETS] }
    }
}

impl Histogram {
    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|c| u64::from(*c)).sum()
    }

    /// The duration in milliseconds that the share `q` (0 to 1) did not exceed; `None` when nothing was counted.
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let rank = (total as f64 * q).ceil().clamp(1.0, total as f64);
        let mut before = 0.0;
        for (index, count) in self.counts.iter().enumerate() {
            let count = f64::from(*count);
            if before + count >= rank {
                let (from, to) = (lower(index), lower((index + 1).min(BUCKETS - 1)));
                // As if the bucket's values were spread evenly: a single one is taken to be in the middle.
                return Some((from + (to - from) * (rank - before - 0.5) / count) / 1e3);
            }
            before += count;
        }
        None
    }
}

/// A histogram that many threads add to.
#[derive(Debug)]
pub struct AtomicHistogram {
    counts: [AtomicU32; BUCKETS],
}

impl Default for AtomicHistogram {
    fn default() -> Self {
        Self { counts: array::from_fn(|_| AtomicU32::new(0)) }
    }
}

impl AtomicHistogram {
    /// Counts one.
    pub fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket(micros)].fetch_add(1, Ordering::Relaxed);
    }

    /// Takes out what was counted since the last time.
    pub fn drain(&self) -> Histogram {
        Histogram { counts: array::from_fn(|i| self.counts[i].swap(0, Ordering::Relaxed)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(micros: &[u64]) -> Histogram {
        let live = AtomicHistogram::default();
        micros.iter().for_each(|us| live.record(Duration::from_micros(*us)));
        live.drain()
    }

    #[test]
    fn nothing_has_no_percentiles() {
        assert_eq!(of(&[]).quantile_ms(0.5), None);
    }

    #[test]
    fn draining_leaves_nothing() {
        let live = AtomicHistogram::default();
        live.record(Duration::from_millis(3));
        assert_eq!((live.drain().total(), live.drain().total()), (1, 0));
    }

    #[test]
    fn hours_are_counted_as_the_longest() {
        assert_eq!(of(&[u64::MAX]).quantile_ms(0.5), Some(lower(BUCKETS - 1) / 1e3));
    }

    proptest! {
        #[test]
        fn every_duration_is_within_its_bucket(micros in 0u64..1 << 24) {
            let index = bucket(micros);
            prop_assert!(lower(index) <= micros as f64 && (micros as f64) < lower(index + 1));
        }

        #[test]
        fn a_percentile_is_close_to_the_exact_one(
            mut micros in prop::collection::vec(64u64..1 << 24, 1..300),
            q in 0.01f64..1.0,
        ) {
            let found = of(&micros).quantile_ms(q).unwrap() * 1e3;
            micros.sort_unstable();
            let rank = ((micros.len() as f64 * q).ceil() as usize).clamp(1, micros.len());
            let exact = micros[rank - 1] as f64;
            // An interpolated value lies in the same bucket, and a bucket is half an octave wide.
            prop_assert!(found >= exact / 1.5 && found <= exact * 1.5, "{found} for {exact}");
        }

        #[test]
        fn merging_is_counting_together(
            a in prop::collection::vec(0u64..1 << 25, 0..100),
            b in prop::collection::vec(0u64..1 << 25, 0..100),
        ) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(merged, of(&[a, b].concat()));
        }
    }
}

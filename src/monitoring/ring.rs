//! The last five minutes, second by second.

use std::collections::VecDeque;

use super::histogram::Histogram;

/// Seconds that are remembered: what the longest rate of the status needs.
pub const SECONDS: usize = 300;

/// The newest [`SECONDS`] values, newest last.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    values: VecDeque<T>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self { values: VecDeque::new() }
    }
}

impl<T> Ring<T> {
    /// Adds the newest; forgets the oldest when there are enough.
    pub fn push(&mut self, value: T) {
        if self.values.len() == SECONDS {
            self.values.pop_front();
        }
        self.values.push_back(value);
    }

    /// The newest `count`, newest first.
    pub fn newest(&self, count: usize) -> impl Iterator<Item = &T> {
        self.values.iter().rev().take(count)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }
}

/// Requests of one second, or of several put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Those answered with a status of 500 or more.
    pub errors: u32,
    /// How long all of them took.
    pub latency: Histogram,
}

impl Requests {
    /// Adds those of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.errors = self.errors.saturating_add(other.errors);
        self.latency.merge(&other.latency);
    }
}

/// Requests by second; a second without any takes no memory to speak of.
#[derive(Debug, Default)]
pub struct RequestRing {
    seconds: Ring<Option<Box<Requests>>>,
}

impl RequestRing {
    /// Adds the newest second.
    pub fn push(&mut self, second: Requests) {
        self.seconds.push((second.latency.total() > 0).then(|| Box::new(second)));
    }

    /// The newest `seconds` together.
    pub fn window(&self, seconds: usize) -> Requests {
        let mut sum = Requests::default();
        self.seconds.newest(seconds).flatten().for_each(|second| sum.merge(second));
        sum
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::histogram::AtomicHistogram;
    use super::*;

    fn second(count: u32) -> Requests {
        let live = AtomicHistogram::default();
        (0..count).for_each(|_| live.record(Duration::from_millis(1)));
        Requests { errors: count / 2, latency: live.drain() }
    }

    proptest! {
        #[test]
        fn a_window_is_the_sum_of_its_seconds(
            counts in prop::collection::vec(0u32..20, 0..700),
            width in 0usize..400,
        ) {
            let mut ring = RequestRing::default();
            counts.iter().for_each(|n| ring.push(second(*n)));
            let seen = counts.iter().rev().take(width.min(SECONDS));
            let sum = ring.window(width);
            prop_assert_eq!(sum.latency.total(), seen.clone().map(|n| u64::from(*n)).sum::<u64>());
            prop_assert_eq!(sum.errors, seen.map(|n| n / 2).sum::<u32>());
        }

        #[test]
        fn it_never_grows_beyond_its_size(values in prop::collection::vec(any::<u8>(), 0..1000)) {
            let mut ring = Ring::default();
            values.iter().for_each(|v| ring.push(*v));
            let kept: Vec<u8> = ring.iter().copied().collect();
            prop_assert_eq!(&kept[..], &values[values.len().saturating_sub(SECONDS)..]);
        }
    }
}

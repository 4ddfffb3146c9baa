//! The last five minutes, second by second.

use std::collections::VecDeque;

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_never_grows_beyond_its_size(values in prop::collection::vec(any::<u8>(), 0..1000)) {
            let mut ring = Ring::default();
            values.iter().for_each(|v| ring.push(*v));
            let kept: Vec<u8> = ring.iter().copied().collect();
            prop_assert_eq!(&kept[..], &values[values.len().saturating_sub(SECONDS)..]);
        }
    }
}

//! How fast, and how soon again: the allowance that catching up has, and the waits after a failure.

use std::time::Duration;

use tokio::time::Instant;

/// First wait after a failure.
const FIRST: Duration = Duration::from_millis(250);
/// Longest wait after a failure: what an operator who has mended Loki waits for at most.
pub const CEILING: Duration = Duration::from_secs(30);
/// Bytes a second beyond what arrives: half of what Loki takes from a tenant unless it is told otherwise (4 MB/s).
pub const CATCH_UP: u64 = 2 << 20;
/// Bytes that may go at once.
pub const BURST: u64 = 2 << 20;

/// How long to wait after so many failures in a row (1 for the first), with `chance` between 0 and 1: half of the
/// wait is by chance, so that several servers do not come back together. `asked` is what Loki asked for.
pub fn wait(failures: u32, chance: f64, asked: Option<Duration>) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(CEILING);
    let own = doubled.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    own.max(asked.unwrap_or_default()).min(CEILING)
}

/// What may be sent. What arrives may be sent on at once, so that traffic however heavy is not held back; beyond it
/// there is [`CATCH_UP`], so that the hours of an outage do not come all at once.
#[derive(Debug)]
pub struct Allowance {
    bytes: i64,
    seen: u64,
    at: Instant,
}

impl Allowance {
    /// A whole one. `arrived` are the bytes that have arrived so far.
    pub fn new(arrived: u64) -> Self {
        Self { bytes: BURST.cast_signed(), seen: arrived, at: Instant::now() }
    }

    /// Adds what came back with time and with arrivals.
    fn refill(&mut self, arrived: u64, now: Instant) {
        let back = CATCH_UP as f64 * now.duration_since(self.at).as_secs_f64();
        let more = back as u64 + arrived.saturating_sub(self.seen);
        self.bytes = self.bytes.saturating_add_unsigned(more).min(BURST.cast_signed());
        (self.seen, self.at) = (arrived, now);
    }

    /// Takes bytes, and tells how long to wait before they are sent. A page is taken whole, however large.
    pub fn take(&mut self, bytes: u64, arrived: u64) -> Duration {
        self.refill(arrived, Instant::now());
        self.bytes = self.bytes.saturating_sub_unsigned(bytes);
        let missing = self.bytes.saturating_neg().max(0);
        Duration::from_secs_f64(missing as f64 / CATCH_UP as f64)
    }
}

impl Allowance {
    /// Gives back what was not sent.
    pub fn give_back(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add_unsigned(bytes).min(BURST.cast_signed());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_ceiling() {
        let waits: Vec<u128> = (1..=9).map(|n| wait(n, 1.0, None).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        assert_eq!(wait(1, 0.0, None), Duration::from_millis(125));
        assert_eq!(wait(1, 0.0, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(wait(1, 0.0, Some(Duration::from_secs(3_600))), CEILING);
    }

    proptest! {
        #[test]
        fn no_wait_is_beyond_the_ceiling_or_nothing(failures: u32, chance: f64, asked: Option<u32>) {
            let wait = wait(failures, chance, asked.map(|s| Duration::from_secs(s.into())));
            prop_assert!(wait <= CEILING && wait >= FIRST / 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn catching_up_is_limited_and_what_arrives_is_not() {
        let mut allowance = Allowance::new(0);
        assert_eq!(allowance.take(BURST, 0), Duration::ZERO);
        assert_eq!(allowance.take(CATCH_UP, 0), Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        for n in 1..=9 {
            assert_eq!(allowance.take(BURST, BURST * n), Duration::ZERO, "it has just arrived");
        }
        assert_eq!(allowance.take(CATCH_UP / 2, BURST * 9), Duration::from_millis(500));
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(allowance.take(BURST, BURST * 99), Duration::ZERO);
        assert!(allowance.take(1, BURST * 99) > Duration::ZERO, "an outage does not add up");
    }
}

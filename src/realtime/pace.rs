//! How fast one connection may send commands.

use std::time::Instant;

/// Commands a second, sustained: far more than a person's client sends, little for the one writer behind it.
const RATE: f64 = 200.0;
/// Commands at once: a client that comes back and subscribes to all its channels, or flushes what it kept.
const BURST: f64 = 2000.0;
/// Refusals after which a client that does not listen to them is sent away.
const REFUSALS: u32 = 1000;

/// The decision about one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Run it.
    Granted,
    /// Answer with error 111.
    Refused,
    /// End the connection with 3013.
    Exhausted,
}

/// A token bucket.
#[derive(Debug)]
pub struct Pace {
    tokens: f64,
    at: Instant,
    refusals: u32,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self { tokens: BURST, at: now, refusals: 0 }
    }

    /// Takes one command.
    pub fn take(&mut self, now: Instant) -> Allowance {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * RATE).min(BURST);
        self.at = now;
        // Only a client that was quiet for a while begins anew: one that keeps pressing gets a place now and then.
        if self.tokens >= BURST {
            self.refusals = 0;
        }
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Allowance::Granted;
        }
        self.refusals += 1;
        if self.refusals > REFUSALS { Allowance::Exhausted } else { Allowance::Refused }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_then_the_rate_then_the_end() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert!((0..2000).all(|_| pace.take(start) == Allowance::Granted));
        assert_eq!(pace.take(start), Allowance::Refused);
        let later = start + Duration::from_secs(1);
        assert!((0..200).all(|_| pace.take(later) == Allowance::Granted));
        assert!((0..999).all(|_| pace.take(later) == Allowance::Refused));
        assert_eq!(pace.take(later), Allowance::Exhausted);
        let rested = later + Duration::from_secs(11);
        assert_eq!(pace.take(rested), Allowance::Granted);
    }
}

//! Budgets that come back with time: how much a name, an address or a key may do.
//!
//! Owns the arithmetic and its bounded memory. How large a budget is, and what is taken from it, belongs to whoever
//! limits something.

use std::collections::HashMap;
use std::hash::Hash;

/// Keys remembered at once: some 5 MB. Only what was used lately needs a place.
const REMEMBERED: usize = 50_000;
/// Least time between two sweeps of a full table, in microseconds.
const SWEEP_US: i64 = 1_000_000;

/// How much there is at once, and how fast it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Units at once.
    pub burst: i64,
    /// Microseconds until one unit is back.
    pub refill_us: i64,
}

impl Budget {
    /// `rate` units a second, and as many at once as come back in ten seconds.
    pub fn per_second(rate: u32) -> Self {
        let rate = i64::from(rate.max(1));
        Self { burst: rate * 10, refill_us: (1_000_000 / rate).max(1) }
    }

    /// One of `parts` equal parts: less at once, and slower to come back.
    pub fn part(self, parts: i64) -> Self {
        Self { burst: (self.burst / parts).max(1), refill_us: self.refill_us * parts }
    }

    /// The same, of which one of `parts` equal parts is left alone: less at once, and as fast to come back.
    pub fn beyond(self, parts: i64) -> Self {
        Self { burst: (self.burst - self.burst / parts).max(1), ..self }
    }
}

/// The budgets of many keys, each kept as "the time at which all will be back": one number a key, and none for a
/// whole budget. Times are microseconds since 1970.
#[derive(Debug)]
pub struct Budgets<K> {
    whole_at: HashMap<K, i64>,
    swept_us: i64,
}

impl<K> Default for Budgets<K> {
    fn default() -> Self {
        Self { whole_at: HashMap::new(), swept_us: i64::MIN }
    }
}

impl<K: Clone + Eq + Hash> Budgets<K> {
    /// Microseconds until the key has a unit; 0 or less when it has one.
    pub fn wait(&self, budget: Budget, key: &K, now: i64) -> i64 {
        self.whole_at.get(key).map_or(0, |at| at - now - (budget.burst - 1) * budget.refill_us)
    }

    /// Takes a unit, also one that is not there.
    pub fn take(&mut self, budget: Budget, key: K, now: i64) {
        self.make_room(&key, now);
        let at = self.whole_at.entry(key).or_insert(now);
        *at = (*at).max(now) + budget.refill_us;
    }

    /// Takes a unit when there is one.
    ///
    /// # Errors
    /// The microseconds until there is one.
    pub fn spend(&mut self, budget: Budget, key: K, now: i64) -> Result<(), i64> {
        let wait = self.wait(budget, &key, now);
        if wait > 0 {
            return Err(wait);
        }
        self.take(budget, key, now);
        Ok(())
    }

    /// Gives a unit back that was taken.
    pub fn give_back(&mut self, budget: Budget, key: &K) {
        if let Some(at) = self.whole_at.get_mut(key) {
            *at -= budget.refill_us;
        }
    }

    /// Makes a budget whole.
    pub fn clear(&mut self, key: &K) {
        self.whole_at.remove(key);
    }

    /// Keeps the table bounded: whole budgets go first; under a flood of keys any one goes, which is more likely
    /// one of the flood's.
    fn make_room(&mut self, key: &K, now: i64) {
        if self.whole_at.len() < REMEMBERED || self.whole_at.contains_key(key) {
            return;
        }
        if now.saturating_sub(self.swept_us) >= SWEEP_US {
            self.swept_us = now;
            self.whole_at.retain(|_, at| *at > now);
        }
        if self.whole_at.len() >= REMEMBERED
            && let Some(any) = self.whole_at.keys().next().cloned()
        {
            self.whole_at.remove(&any);
        }
    }
}

/// Whole seconds to wait, for `Retry-After`.
pub fn seconds(wait_us: i64) -> u64 {
    wait_us.max(1).unsigned_abs().div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_US: i64 = 3_600_000_000;

    #[test]
    fn a_budget_is_spent_at_once_and_comes_back_with_time() {
        let (budget, mut budgets) = (Budget::per_second(100), Budgets::default());
        for _ in 0..1000 {
            budgets.spend(budget, "key", 0).unwrap();
        }
        assert_eq!(budgets.spend(budget, "key", 0), Err(10_000));
        budgets.spend(budget, "other", 0).unwrap();
        budgets.spend(budget, "key", 10_000).unwrap();
        budgets.spend(budget, "key", 10_000).unwrap_err();
    }

    #[test]
    fn memory_is_bounded() {
        let (budget, mut budgets) = (Budget { burst: 10, refill_us: 60_000_000 }, Budgets::default());
        for n in 0..REMEMBERED + 1000 {
            budgets.take(budget, n, 0);
        }
        assert_eq!(budgets.whole_at.len(), REMEMBERED);
        // An hour later all of them are whole again.
        budgets.take(budget, usize::MAX, HOUR_US);
        assert_eq!(budgets.whole_at.len(), 1);
    }
}

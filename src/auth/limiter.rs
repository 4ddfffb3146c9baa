//! Failed logins: how many a name or an address may have.
//!
//! Each name and each address has a budget of failures that comes back with time. A login takes from both before
//! the password is looked at, and gets it back if it was right; so a burst of guesses sent at once is not cheaper.
//! Names count whether or not an account has them, so that the limit tells nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Mutex;

use crate::clock::Clock;
use crate::http::network;
use crate::observe::metrics::LoginFailure;

/// Failures of one name in a row; then one a minute: some 1,500 guesses a day.
const NAME: Budget = Budget { burst: 10, refill_ms: 60_000 };
/// Failures from one address, which may be a whole office; then one every ten seconds.
const ADDRESS: Budget = Budget { burst: 50, refill_ms: 10_000 };
/// Names, and addresses, remembered at once: some 5 MB. Only failures within the last minutes need a place.
const REMEMBERED: usize = 50_000;
/// Least time between two sweeps of a full table.
const SWEEP_MS: i64 = 1_000;

#[derive(Clone, Copy, Debug)]
struct Budget {
    burst: i64,
    refill_ms: i64,
}

/// The budgets of every name and address.
#[derive(Debug)]
pub struct Limiter {
    clock: Clock,
    tables: Mutex<Tables>,
}

#[derive(Debug)]
struct Tables {
    names: Table<String>,
    addresses: Table<IpAddr>,
}

/// A try that took from the budgets.
#[derive(Debug)]
pub struct Attempt {
    name: String,
    address: IpAddr,
}

/// A try that was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// Seconds until the next try may succeed.
    pub retry_after: u64,
    /// Which budget is spent.
    pub reason: LoginFailure,
}

impl Limiter {
    pub fn new(clock: Clock) -> Self {
        let tables = Tables { names: Table::new(NAME), addresses: Table::new(ADDRESS) };
        Self { clock, tables: Mutex::new(tables) }
    }

    /// Takes one try of `name` (without case) from `address`.
    pub fn begin(&self, name: String, address: IpAddr) -> Result<Attempt, Refused> {
        let (now, address) = (self.clock.now_ms(), network(address));
        let mut tables = self.tables.lock().expect("no panic while held");
        let refused = |wait_ms: i64, reason| Refused {
            retry_after: wait_ms.max(1).unsigned_abs().div_ceil(1000),
            reason,
        };
        let wait = tables.addresses.wait(&address, now);
        if wait > 0 {
            return Err(refused(wait, LoginFailure::AddressLimit));
        }
        let wait = tables.names.wait(&name, now);
        if wait > 0 {
            return Err(refused(wait, LoginFailure::AccountLimit));
        }
        tables.addresses.take(address, now);
        tables.names.take(name.clone(), now);
        Ok(Attempt { name, address })
    }

    /// The password was right: the name's budget is whole again, the address gets back what this try took.
    pub fn succeeded(&self, attempt: Attempt) {
        let mut tables = self.tables.lock().expect("no panic while held");
        tables.names.clear(&attempt.name);
        tables.addresses.give_back(&attempt.address);
    }

    /// The password was not looked at, through no fault of the sender.
    pub fn undecided(&self, attempt: Attempt) {
        let mut tables = self.tables.lock().expect("no panic while held");
        tables.names.give_back(&attempt.name);
        tables.addresses.give_back(&attempt.address);
    }
}

/// Budgets as "the time at which all will be back": one number a key, and none for a whole budget.
#[derive(Debug)]
struct Table<K> {
    budget: Budget,
    whole_at: HashMap<K, i64>,
    swept_ms: i64,
}

impl<K: Clone + Eq + Hash> Table<K> {
    fn new(budget: Budget) -> Self {
        Self { budget, whole_at: HashMap::new(), swept_ms: i64::MIN }
    }

    /// Milliseconds until the key has a try; 0 or less when it has one.
    fn wait(&self, key: &K, now: i64) -> i64 {
        let Budget { burst, refill_ms } = self.budget;
        self.whole_at.get(key).map_or(0, |at| at - now - (burst - 1) * refill_ms)
    }

    fn take(&mut self, key: K, now: i64) {
        self.make_room(&key, now);
        let at = self.whole_at.entry(key).or_insert(now);
        *at = (*at).max(now) + self.budget.refill_ms;
    }

    fn give_back(&mut self, key: &K) {
        if let Some(at) = self.whole_at.get_mut(key) {
            *at -= self.budget.refill_ms;
        }
    }

    fn clear(&mut self, key: &K) {
        self.whole_at.remove(key);
    }

    /// Keeps the table bounded: whole budgets go first; under a flood of keys any one goes, which is more likely
    /// one of the flood's.
    fn make_room(&mut self, key: &K, now: i64) {
        if self.whole_at.len() < REMEMBERED || self.whole_at.contains_key(key) {
            return;
        }
        if now.saturating_sub(self.swept_ms) >= SWEEP_MS {
            self.swept_ms = now;
            self.whole_at.retain(|_, at| *at > now);
        }
        if self.whole_at.len() >= REMEMBERED
            && let Some(any) = self.whole_at.keys().next().cloned()
        {
            self.whole_at.remove(&any);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn a_name_has_ten_tries_and_then_one_a_minute_from_anywhere() {
        let clock = Clock::system();
        let limiter = Limiter::new(clock.clone());
        for n in 0..10 {
            limiter.begin("ann".into(), address(n)).unwrap();
        }
        let refused = limiter.begin("ann".into(), address(11)).unwrap_err();
        assert_eq!(refused.reason, LoginFailure::AccountLimit);
        assert!((59..=60).contains(&refused.retry_after), "{}", refused.retry_after);
        limiter.begin("ben".into(), address(11)).unwrap();
        clock.advance(TimeDelta::seconds(60));
        limiter.begin("ann".into(), address(11)).unwrap();
        limiter.begin("ann".into(), address(11)).unwrap_err();
    }

    #[test]
    fn an_address_has_fifty_tries_over_all_names() {
        let limiter = Limiter::new(Clock::system());
        for n in 0..50 {
            limiter.begin(format!("user{n}"), address(1)).unwrap();
        }
        let refused = limiter.begin("ann".into(), address(1)).unwrap_err();
        assert_eq!(refused.reason, LoginFailure::AddressLimit);
        assert!((9..=10).contains(&refused.retry_after), "{}", refused.retry_after);
        limiter.begin("ann".into(), address(2)).unwrap();
    }

    #[test]
    fn success_takes_nothing() {
        let limiter = Limiter::new(Clock::system());
        for _ in 0..1000 {
            let attempt = limiter.begin("ann".into(), address(1)).unwrap();
            limiter.succeeded(attempt);
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one_sender() {
        let limiter = Limiter::new(Clock::system());
        for n in 0..50 {
            limiter.begin(format!("user{n}"), format!("2001:db8::{n}").parse().unwrap()).unwrap();
        }
        limiter.begin("ann".into(), "2001:db8::ffff".parse().unwrap()).unwrap_err();
        limiter.begin("ann".into(), "2001:db8:0:1::1".parse().unwrap()).unwrap();
    }

    #[test]
    fn memory_is_bounded() {
        let mut table = Table::new(NAME);
        for n in 0..REMEMBERED + 1000 {
            table.take(n, 0);
        }
        assert_eq!(table.whole_at.len(), REMEMBERED);
        // An hour later all of them are whole again.
        table.take(usize::MAX, 3_600_000);
        assert_eq!(table.whole_at.len(), 1);
    }
}

//! Failed logins: how many a name or an address may have.
//!
//! Each name and each address has a budget of failures that comes back with time. A login takes from both before
//! the password is looked at, and gets it back if it was right; so a burst of guesses sent at once is not cheaper.
//! Names count whether or not an account has them, so that the limit tells nothing.

use std::net::IpAddr;
use std::sync::Mutex;

use crate::budget::{self, Budget, Budgets};
use crate::clock::Clock;
use crate::http::network;
use crate::observe::LoginFailure;

/// Failures of one name in a row; then one a minute: some 1,500 guesses a day.
const NAME: Budget = Budget { burst: 10, refill_us: 60_000_000 };
/// Failures from one address, which may be a whole office; then one every ten seconds.
const ADDRESS: Budget = Budget { burst: 50, refill_us: 10_000_000 };

/// The budgets of every name and address.
#[derive(Debug)]
pub struct Limiter {
    clock: Clock,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    names: Budgets<String>,
    addresses: Budgets<IpAddr>,
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
        Self { clock, tables: Mutex::default() }
    }

    /// Takes one try of `name` (without case) from `address`.
    pub fn begin(&self, name: String, address: IpAddr) -> Result<Attempt, Refused> {
        let (now, address) = (self.clock.now().timestamp_micros(), network(address));
        let mut tables = self.tables.lock().expect("no panic while held");
        let refused = |wait: i64, reason| Refused { retry_after: budget::seconds(wait), reason };
        let wait = tables.addresses.wait(ADDRESS, &address, now);
        if wait > 0 {
            return Err(refused(wait, LoginFailure::AddressLimit));
        }
        let wait = tables.names.wait(NAME, &name, now);
        if wait > 0 {
            return Err(refused(wait, LoginFailure::AccountLimit));
        }
        tables.addresses.take(ADDRESS, address, now);
        tables.names.take(NAME, name.clone(), now);
        Ok(Attempt { name, address })
    }

    /// The password was right: the name's budget is whole again, the address gets back what this try took.
    pub fn succeeded(&self, attempt: Attempt) {
        let mut tables = self.tables.lock().expect("no panic while held");
        tables.names.clear(&attempt.name);
        tables.addresses.give_back(ADDRESS, &attempt.address);
    }

    /// The password was not looked at, through no fault of the sender.
    pub fn undecided(&self, attempt: Attempt) {
        let mut tables = self.tables.lock().expect("no panic while held");
        tables.names.give_back(NAME, &attempt.name);
        tables.addresses.give_back(ADDRESS, &attempt.address);
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
}

//! What the server logs, which may be changed while it runs: for a while, or until it stops.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{ConfigError, log_filter};

/// Puts a filter, already checked, in force.
pub type Apply = Box<dyn Fn(&str) + Send + Sync>;

/// See the module. Clones share it.
#[derive(Clone)]
pub struct Levels {
    inner: Arc<Inner>,
}

struct Inner {
    configured: String,
    clock: Clock,
    changed: Mutex<Option<Change>>,
    again: Notify,
    apply: OnceLock<Apply>,
}

/// A filter in place of the configured one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As in `LOG_LEVEL`.
    pub filter: String,
    /// When it ends by itself; `None` for when the server stops.
    pub until: Option<DateTime<Utc>>,
    /// Login name of whoever set it.
    pub by: String,
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Levels").field(&self.inner.configured).finish()
    }
}

impl Levels {
    /// The configured filter is in force.
    pub fn new(configured: &str, clock: &Clock) -> Self {
        let inner = Inner {
            configured: configured.to_owned(),
            clock: clock.clone(),
            changed: Mutex::default(),
            again: Notify::new(),
            apply: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Changes are put in force with `apply` from now on. One server of a process can.
    pub fn attach(&self, apply: Apply) {
        let _ = self.inner.apply.set(apply);
    }

    /// The configured filter.
    pub fn configured(&self) -> &str {
        &self.inner.configured
    }

    /// What is in force in its place.
    pub fn changed(&self) -> Option<Change> {
        self.inner.changed.lock().expect("no panic while held").clone()
    }

    /// Puts `filter` in force, for `minutes` or until the server stops.
    ///
    /// # Errors
    /// What is wrong with the filter; the one in force stays.
    pub fn set(&self, filter: &str, minutes: Option<u16>, by: &str) -> Result<Change, ConfigError> {
        let filter = log_filter(&Some(filter.to_owned()))?;
        let until = minutes.map(|minutes| self.inner.clock.now() + TimeDelta::minutes(minutes.into()));
        let change = Change { filter, until, by: by.to_owned() };
        // Said under the filter that lets more through is not known; both are said as warnings, which most let through.
        tracing::warn!(
            log.filter = change.filter,
            user.name = by,
            "`{by}` set the log level to `{}`",
            change.filter
        );
        self.put(Some(change.clone()));
        Ok(change)
    }

    /// Puts the configured filter in force again.
    pub fn reset(&self) {
        if self.changed().is_some() {
            self.put(None);
            tracing::warn!(log.filter = self.configured(), "The log level is `{}` again", self.configured());
        }
    }

    fn put(&self, change: Option<Change>) {
        let mut changed = self.inner.changed.lock().expect("no panic while held");
        if let Some(apply) = self.inner.apply.get() {
            apply(change.as_ref().map_or(&self.inner.configured, |change| &change.filter));
        }
        *changed = change;
        self.inner.again.notify_one();
    }

    /// Ends changes when it is time, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let Inner { clock, again, .. } = &*self.inner;
        loop {
            let until = self.changed().and_then(|change| change.until);
            let over = async {
                match until {
                    Some(until) => clock.sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => self.reset(),
                () = again.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_ends_by_itself() {
        let clock = Clock::system();
        let levels = Levels::new("info", &clock);
        let applied = Arc::<Mutex<Vec<String>>>::default();
        let seen = applied.clone();
        levels.attach(Box::new(move |filter| seen.lock().unwrap().push(filter.to_owned())));
        let stop = CancellationToken::new();
        let running = tokio::spawn(levels.clone().run(stop.clone()));
        assert!(levels.set("loud", Some(5), "ann").is_err());
        assert_eq!(levels.changed(), None);
        levels.set("debug", Some(5), "ann").unwrap();
        assert_eq!(levels.changed().unwrap().filter, "debug");
        while levels.changed().is_some() {
            clock.advance(TimeDelta::minutes(6));
            tokio::task::yield_now().await;
        }
        assert_eq!(*applied.lock().unwrap(), ["debug", "info"]);
        stop.cancel();
        running.await.unwrap();
    }
}

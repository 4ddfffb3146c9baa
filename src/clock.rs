//! Time, in one place, so that tests can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

/// Where the program reads the wall clock. Clones share the same time.
///
/// It is the machine's clock plus an offset that only tests change; a move wakes whoever waits in
/// [`Clock::sleep_until`].
#[derive(Clone, Debug, Default)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    offset_ms: AtomicI64,
    moved: Notify,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// The present, in UTC.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.inner.offset_ms.load(Ordering::Relaxed))
    }

    /// The present in milliseconds since 1970, the unit of every time in the database.
    pub fn now_ms(&self) -> i64 {
        self.now().timestamp_millis()
    }

    /// Moves this clock forwards (or back, with a negative step).
    pub fn advance(&self, step: TimeDelta) {
        self.inner.offset_ms.fetch_add(step.num_milliseconds(), Ordering::Relaxed);
        self.inner.moved.notify_waiters();
    }

    /// Waits until this clock shows `at`.
    pub async fn sleep_until(&self, at: DateTime<Utc>) {
        loop {
            let moved = self.inner.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let Ok(left) = (at - self.now()).to_std() else {
                return;
            };
            if left.is_zero() {
                return;
            }
            // The machine's clock may be set while we wait: look again every minute.
            let step = left.min(std::time::Duration::from_secs(60));
            tokio::select! {
                () = tokio::time::sleep(step) => {}
                () = moved => {}
            }
        }
    }
}

/// `ms` since 1970 as a UTC time; what is out of range becomes 1970.
pub fn from_ms(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

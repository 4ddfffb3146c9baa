//! Signals for Loki: read from the store after a cursor, written as Alloy writes them, pushed at least once.
//!
//! - **Nothing is lost while Loki is away.** The signals are on the disk anyway; the cursor moves after Loki has taken or
//!   refused them, and is kept beside them. Pushes that fail are repeated for ever, at least every 30 seconds. A
//!   wrong login or path (401, 403, 404) is such a failure, too: somebody will mend it. So is a 5xx, however often it comes: it
//!   says that something is wrong with Loki, never that something is wrong with the lines, which is a 400. To set lines aside
//!   after so many of them would lose what an outage holds up; the order of streams would be lost with it. What holds it up
//!   shows in `workspace_loki_backlog_seconds` and in the log.
//! - **In order.** One push at a time, entries by id; a stream's times rise with the ids. Sent twice, an entry is the same,
//!   and Loki keeps it once.
//! - **What Loki refuses** (400: too old, too long) is found by halving the push, set aside in `loki_refused` and
//!   counted, and the rest goes on. The signals stay in the store.
//! - **Catching up is limited** to [`pace::CATCH_UP`] beyond what arrives meanwhile, in the same order.
//! - **Retention does not wait for Loki**: a disk that fills up would stop everything. Signals that are deleted for their
//!   age or for the room they take before Loki had them are counted in `workspace_loki_lost_signals_total`, and the log
//!   says so. What somebody erases on purpose is not counted. Neither is it pushed: what had to wait is read again before it is
//!   pushed.
//! - **It begins at the first start with `LOKI_URL`**: what was stored before would mostly be refused as too old. From then
//!   on the cursor stays, also through starts without the setting.
//!
//! Labels are `app` (registered ones, else `other`), `kind`, `level` and `env`; everything else stands in the line, and not in
//! structured metadata, which older schemas of Loki refuse. Spans are no lines. Stacks are as they were sent: source maps
//! are private, and may come after the line. The server's own lines go to Loki by another
//! way: `observe::loki`.

mod api;
mod batch;
mod line;
mod logfmt;
mod meta;
mod outbox;
mod pace;
mod push;
mod store;

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sea_orm::DbErr;
use tokio::sync::Notify;

pub use api::LokiApi;
pub use outbox::Outbox;

use crate::db::Db;

/// What the store tells the outbox, and the outbox retention.
#[derive(Debug)]
pub struct Feed {
    woken: Notify,
    bytes: AtomicU64,
    shipped: AtomicI64,
    failures: Mutex<Failures>,
}

/// What went wrong with pushes.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    /// Since when none succeeds, in milliseconds since 1970; `None` while they do.
    pub since_ms: Option<i64>,
    /// The last one since the start: when, and in words.
    pub last: Option<(i64, String)>,
}

impl Default for Feed {
    /// Of a server without a Loki: nothing is left to ship.
    fn default() -> Self {
        Self {
            woken: Notify::new(),
            bytes: AtomicU64::new(0),
            shipped: AtomicI64::new(i64::MAX),
            failures: Mutex::default(),
        }
    }
}

impl Feed {
    /// Reads how far it is; `last` is where it begins the first time.
    pub async fn load(&self, db: &Db, last: i64) -> Result<(), DbErr> {
        let cursor = match store::cursor(db.read()).await? {
            Some(cursor) => cursor,
            None => {
                let write =
                    db.write(move |tx| Box::pin(async move { store::put_cursor(tx.conn(), last).await }));
                write.await?;
                last
            }
        };
        self.set_shipped(cursor);
        Ok(())
    }

    /// Signals of so many bytes, with their contexts, are stored.
    pub fn stored(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.woken.notify_one();
    }

    /// Bytes that were stored since the start.
    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns once something was stored since the last call.
    async fn woken(&self) {
        self.woken.notified().await;
    }

    /// The last signal that Loki has or refused; the greatest number without a Loki.
    pub fn shipped(&self) -> i64 {
        self.shipped.load(Ordering::Relaxed)
    }

    /// What went wrong since the start.
    pub fn failures(&self) -> Failures {
        self.failures.lock().expect("no panic while held").clone()
    }

    /// A push failed, or Loki refused it.
    fn failed(&self, now_ms: i64, words: &str, stuck: bool) {
        let mut failures = self.failures.lock().expect("no panic while held");
        failures.last = Some((now_ms, words.to_owned()));
        if stuck {
            failures.since_ms.get_or_insert(now_ms);
        }
    }

    /// A push was answered as one wishes.
    fn recovered(&self) {
        self.failures.lock().expect("no panic while held").since_ms = None;
    }

    fn set_shipped(&self, signal_id: i64) {
        self.shipped.store(signal_id, Ordering::Relaxed);
    }
}

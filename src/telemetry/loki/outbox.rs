//! The task that ships signals: a page at a time, in their order, each until Loki has taken or refused it.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::Feed;
use super::batch::{self, Entry};
use super::pace::{self, Allowance};
use super::push::{Failure, Pusher};
use super::store::{self, Page};
use crate::clock::Clock;
use crate::config::LokiUrl;
use crate::db::Db;
use crate::observe::{LokiFailed, LokiLines, metrics};
use crate::telemetry::keys::AppKeys;
use crate::timeline;

/// Pause after a push that took everything there was, so that more is gathered for the next one. Also how late signals
/// are in Loki.
const GATHER: Duration = Duration::from_millis(250);
/// Longest time without a look, should nobody tell of new signals.
const IDLE: Duration = Duration::from_secs(10);
/// Time between two counts of what is left, which reads an index.
const COUNT: Duration = Duration::from_secs(10);
/// How long a push may go on after the stop signal, less than tasks are given.
const FINISH: Duration = Duration::from_secs(2);

/// See the module.
pub struct Outbox {
    db: Db,
    clock: Clock,
    keys: AppKeys,
    feed: Arc<Feed>,
    pusher: Pusher,
    shown: String,
    cursor: i64,
    allowance: Allowance,
    trouble: Option<Trouble>,
    counted: Option<Instant>,
}

/// Pushes that fail one after the other.
struct Trouble {
    reason: LokiFailed,
    failures: u32,
    since: Instant,
}

/// What became of a push.
enum Sent {
    Taken,
    Refused(String),
    /// To be tried again, unless the server stops; it may have been taken.
    Left,
}

impl Outbox {
    /// Goes on where the feed says.
    pub fn new(url: &LokiUrl, db: Db, clock: Clock, keys: AppKeys, feed: Arc<Feed>) -> Self {
        Self {
            db,
            clock,
            keys,
            pusher: Pusher::new(url),
            shown: url.to_string(),
            cursor: feed.shipped(),
            allowance: Allowance::new(feed.bytes()),
            feed,
            trouble: None,
            counted: None,
        }
    }

    /// Ships until `stop`; a push in flight may end. What is left is shipped after the next start.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match store::page(self.db.read(), self.cursor).await {
                Ok(page) if page.through > self.cursor => {
                    let full = page.full;
                    self.ship(page, &stop).await;
                    if !full {
                        self.pause(GATHER, &stop).await;
                    }
                }
                Ok(_) => {
                    metrics::loki_backlog(0, 0);
                    self.rest(&stop).await;
                }
                Err(e) => {
                    tracing::warn!(error = %e, "Signals for Loki could not be read");
                    self.pause(IDLE, &stop).await;
                }
            }
        }
    }

    /// Until there is something.
    async fn rest(&self, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.feed.woken() => {}
            () = tokio::time::sleep(IDLE) => {}
        }
    }

    async fn pause(&self, time: Duration, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    async fn ship(&mut self, mut page: Page, stop: &CancellationToken) {
        let wait = self.allowance.take(page.bytes, self.feed.bytes());
        if !wait.is_zero() {
            self.pause(wait, stop).await;
            self.allowance.give_back(page.bytes);
            page = match store::page(self.db.read(), self.cursor).await {
                // What was erased meanwhile is not in it; what is more than before is owed.
                Ok(page) => page,
                Err(e) => return tracing::warn!(error = %e, "Signals for Loki could not be read"),
            };
            self.allowance.take(page.bytes, self.feed.bytes());
        }
        let (through, bytes, keys) = (page.through, page.bytes, self.keys.clone());
        let entries = blocking(move || batch::entries(&page, |app| keys.is_registered(app))).await;
        let entries: Arc<[Entry]> = entries.into();
        // Parts that are still to be pushed, the next one last.
        let mut parts: Vec<Range<usize>> = std::iter::once(0..entries.len()).collect();
        let (mut refused, mut why) = (0_u32, String::new());
        while let Some(part) = parts.pop().filter(|_| !stop.is_cancelled()) {
            let done = if parts.is_empty() { through } else { entries[part.end - 1].id };
            match self.push(&entries, part.clone(), stop).await {
                Sent::Taken => self.move_to(done).await,
                Sent::Refused(_) if part.len() > 1 => {
                    let middle = part.start.midpoint(part.end);
                    parts.extend([middle..part.end, part.start..middle]);
                }
                Sent::Refused(reason) => {
                    self.set_aside(entries[part.start].id, &reason, done).await;
                    refused += 1;
                    why = reason;
                }
                // It is read again: what is deleted meanwhile, perhaps because somebody erases it, is not pushed.
                Sent::Left => {
                    self.allowance.give_back(bytes);
                    break;
                }
            }
        }
        if refused > 0 {
            tracing::warn!(signals = refused, reason = why, "Loki refused signals, which are set aside");
        }
    }

    /// Pushes a part once; after a failure it waits.
    async fn push(&mut self, entries: &Arc<[Entry]>, part: Range<usize>, stop: &CancellationToken) -> Sent {
        if part.is_empty() {
            return Sent::Taken;
        }
        let (all, range) = (entries.clone(), part.clone());
        let body = Bytes::from(blocking(move || batch::body(&all[range])).await);
        let entries = &entries[part];
        self.observe(entries[0].id).await;
        let start = Instant::now();
        let answer = tokio::select! {
            answer = self.pusher.push(body) => answer,
            () = async { stop.cancelled().await; tokio::time::sleep(FINISH).await } => return Sent::Left,
        };
        metrics::loki_push_seconds(start.elapsed());
        match answer {
            Ok(()) => {
                metrics::loki_pushed(LokiLines::Client, entries.len() as u64, batch::bytes(entries));
                self.recovered();
                Sent::Taken
            }
            Err(Failure::Refused(reason)) => {
                metrics::loki_failed(LokiLines::Client, LokiFailed::Refused);
                self.feed.failed(self.clock.now_ms(), &reason, false);
                // It answers, and to these very lines.
                self.recovered();
                Sent::Refused(reason)
            }
            Err(Failure::Later { reason, words, after }) => {
                metrics::loki_failed(LokiLines::Client, reason);
                self.feed.failed(self.clock.now_ms(), &words, true);
                let failures = self.failed(reason, &words);
                self.pause(pace::wait(failures, chance(), after), stop).await;
                Sent::Left
            }
        }
    }

    /// Notes a failure; gives how many there were in a row. Each kind of trouble is told once.
    fn failed(&mut self, reason: LokiFailed, words: &str) -> u32 {
        let known = self.trouble.as_ref().is_some_and(|trouble| trouble.reason == reason);
        let trouble = self.trouble.get_or_insert(Trouble { reason, failures: 0, since: Instant::now() });
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.reason = reason;
        let failures = trouble.failures;
        if !known {
            let loki = &self.shown;
            if reason == LokiFailed::Configuration {
                tracing::error!(
                    loki,
                    error = words,
                    "Loki does not let us push; look at LOKI_URL. Signals wait"
                );
            } else {
                tracing::warn!(loki, error = words, "Loki takes no lines now; signals wait");
            }
        }
        failures
    }

    fn recovered(&mut self) {
        self.feed.recovered();
        if let Some(trouble) = self.trouble.take() {
            let seconds = trouble.since.elapsed().as_secs();
            tracing::info!(seconds, failures = trouble.failures, "Loki takes lines again");
        }
    }

    async fn move_to(&mut self, signal_id: i64) {
        let write =
            self.db.write(move |tx| Box::pin(async move { store::put_cursor(tx.conn(), signal_id).await }));
        self.moved(write.await, signal_id);
    }

    async fn set_aside(&mut self, refused: i64, reason: &str, signal_id: i64) {
        metrics::loki_refused();
        let (reason, now) = (reason.to_owned(), self.clock.now_ms());
        let write = self.db.write(move |tx| {
            Box::pin(async move {
                store::put_refused(tx.conn(), refused, &reason, now).await?;
                store::put_cursor(tx.conn(), signal_id).await
            })
        });
        self.moved(write.await, signal_id);
    }

    /// Goes on after `signal_id`. What could not be noted is shipped again should the server die now: at least once.
    fn moved(&mut self, noted: Result<(), DbErr>, signal_id: i64) {
        if let Err(e) = noted {
            tracing::warn!(error = %e, "How far signals are shipped could not be noted");
        }
        self.cursor = signal_id;
        self.feed.set_shipped(signal_id);
    }

    /// Tells how much is left, of which `oldest` is the first.
    async fn observe(&mut self, oldest: i64) {
        let seconds = (self.clock.now_ms() - timeline::ms(oldest)).max(0) / 1_000;
        if self.counted.is_some_and(|at| at.elapsed() < COUNT) {
            return metrics::loki_backlog_seconds(seconds);
        }
        self.counted = Some(Instant::now());
        // Only a figure: what is wrong with the database shows elsewhere.
        let behind = store::behind(self.db.read(), self.cursor).await.unwrap_or_default();
        metrics::loki_backlog(behind, seconds);
    }
}

/// Runs what takes milliseconds of computing away from the tasks that wait for sockets.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("it does not panic, and nobody aborts it")
}

/// A number from 0 to 1.
fn chance() -> f64 {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}

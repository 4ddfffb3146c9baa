//! The server's own lines in the database: the newest, within bounds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::DbErr;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::line::LogLine;
use super::store::{self, Kept};
use super::tap::{Tap, Written};
use crate::db::Db;
use crate::observe::metrics;
use crate::timeline::Ids;
use crate::told::{Listener, Teller};

/// Lines kept, at most.
const LINES: i64 = 1_000_000;
/// Bytes kept, at most: 256 MiB, which is about as many lines.
const BYTES: i64 = 256 << 20;
/// Lines that are deleted in one write: some milliseconds.
const STEP: i64 = 2_000;
/// How long lines are gathered for one write. Also how late the tail is.
const GATHER: Duration = Duration::from_millis(100);
/// Lines in one write.
const BATCH: usize = 1_000;
/// Writes that a slow listener may be behind.
const TAIL: usize = 64;

/// See the module.
pub struct Ring {
    db: Db,
    size: Mutex<Kept>,
    ids: Arc<Ids>,
    tail: Arc<Teller<LogLine>>,
}

/// Takes lines that wait until a batch is full.
fn fill(batch: &mut Vec<Written>, lines: &mut mpsc::Receiver<Written>) {
    while batch.len() < BATCH
        && let Ok(line) = lines.try_recv()
    {
        batch.push(line);
    }
}

impl Ring {
    pub fn new(db: Db) -> Self {
        Self { db, size: Mutex::default(), ids: Arc::new(Ids::after(0)), tail: Arc::new(Teller::new(TAIL)) }
    }

    pub async fn load(&self) -> Result<(), DbErr> {
        let (size, last) = store::kept(self.db.read()).await?;
        self.ids.raise(last);
        *self.size.lock().expect("no panic while held") = size;
        Ok(())
    }

    /// Lines that are kept from now on.
    pub fn tail(&self) -> Listener<LogLine> {
        self.tail.listen()
    }

    /// Keeps lines until `stop`, and then what is left.
    pub async fn run(&self, tap: Tap, stop: CancellationToken) {
        let Tap(mut lines) = tap;
        while !stop.is_cancelled() {
            let mut batch = Vec::new();
            tokio::select! {
                () = stop.cancelled() => {}
                _ = lines.recv_many(&mut batch, 1) => {
                    // More will come while these wait.
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(GATHER) => {}
                    }
                }
            }
            fill(&mut batch, &mut lines);
            self.keep(batch).await;
        }
        // Whatever waits by now, and no more: others may write lines for as long as this does.
        for _ in 0..=lines.len().div_ceil(BATCH) {
            let mut batch = Vec::new();
            fill(&mut batch, &mut lines);
            self.keep(batch).await;
        }
    }

    async fn keep(&self, batch: Vec<Written>) {
        if batch.is_empty() {
            return;
        }
        let lost = batch.len();
        let excess = self.excess();
        let (ids, tail) = (self.ids.clone(), self.tail.clone());
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                let mut change = Kept::default();
                let mut lines = Vec::with_capacity(batch.len());
                let mut rows = Vec::with_capacity(batch.len());
                // The time of the commit, as signals have it: who reads on behind a line misses none that was written
                // before and stored after it.
                let now = chrono::Utc::now().timestamp_millis();
                for line in batch {
                    let row = store::row(ids.next(now), line);
                    change.lines += 1;
                    change.bytes += row.bytes();
                    lines.push(row.line());
                    rows.push(row);
                }
                store::insert(tx.conn(), rows).await?;
                if excess > 0 {
                    let deleted = store::delete_oldest(tx.conn(), excess).await?;
                    change.lines -= deleted.lines;
                    change.bytes -= deleted.bytes;
                }
                tx.after_commit(move || tail.tell(lines));
                Ok::<_, DbErr>(change)
            })
        });
        match written.await {
            Ok(change) => {
                let mut size = self.size.lock().expect("no panic while held");
                size.lines += change.lines;
                size.bytes += change.bytes;
            }
            // A line about it would be the next to fail; stdout has these lines.
            Err(_) => metrics::server_log_lost(lost),
        }
    }

    /// Takes off what somebody else deleted.
    pub fn shrunk(&self, gone: Kept) {
        let mut size = self.size.lock().expect("no panic while held");
        size.lines -= gone.lines;
        size.bytes -= gone.bytes;
    }

    /// How many of the oldest lines to delete with the next write.
    fn excess(&self) -> i64 {
        let size = *self.size.lock().expect("no panic while held");
        if size.bytes > BYTES { STEP } else { (size.lines - LINES).clamp(0, STEP) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::telemetry::Level;

    #[tokio::test]
    async fn everything_that_waits_is_kept_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("lines.sqlite")).await.unwrap();
        let count = BATCH * 3 + BATCH / 2;
        let (sender, lines) = mpsc::channel(count);
        for n in 0..count {
            let (message, fields) = (format!("line {n}"), Map::new());
            sender.try_send(Written { level: Level::Info, target: "t", message, fields }).unwrap();
        }
        let stop = CancellationToken::new();
        stop.cancel();
        Ring::new(db.clone()).run(Tap(lines), stop).await;
        let (kept, _) = store::kept(db.read()).await.unwrap();
        assert_eq!(kept.lines, count as i64);
    }
}

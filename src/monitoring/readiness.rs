//! Whether the server can do its work: the writer answers, the schema is current, the disk has room.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::DbErr;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::view::{DiskStatus, Readiness, ReadinessCheck};
use crate::db::{Db, migrations};

/// Longest wait for the database: a prober gives up after a few seconds itself.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer is good for: asking costs a place in the write queue, and anybody may ask.
const FRESH: Duration = Duration::from_secs(1);
/// Least room on the disk: a write-ahead log of the usual size, a few times over.
const LEAST_FREE_BYTES: u64 = 64 << 20;

/// Finds out, at most once a second however many ask.
#[derive(Debug)]
pub struct Probe {
    db: Db,
    stop: CancellationToken,
    last: Mutex<Option<(Instant, Arc<Readiness>)>>,
}

impl Probe {
    /// Asks about `db`, and is not ready any more once `stop` is cancelled.
    pub fn new(db: Db, stop: CancellationToken) -> Self {
        Self { db, stop, last: Mutex::default() }
    }

    /// The state, at most a second old.
    pub async fn readiness(&self) -> Arc<Readiness> {
        let mut last = self.last.lock().await;
        if let Some((at, readiness)) = last.as_ref()
            && at.elapsed() < FRESH
            && readiness.checks[0].ok != self.stop.is_cancelled()
        {
            return readiness.clone();
        }
        let readiness = Arc::new(self.look().await);
        *last = Some((Instant::now(), readiness.clone()));
        readiness
    }

    async fn look(&self) -> Readiness {
        let (writer, migrations, disk) = tokio::join!(self.writer(), self.migrations(), self.disk());
        let running = if self.stop.is_cancelled() { Err("stopping") } else { Ok("serving") };
        let room = disk.as_ref().map_err(Clone::clone).and_then(room);
        let checks = vec![
            check("running", running.map(str::to_owned).map_err(str::to_owned)),
            check("writer", writer),
            check("migrations", migrations),
            check("disk", room),
        ];
        Readiness { ready: checks.iter().all(|c| c.ok), checks, disk: disk.ok() }
    }

    async fn writer(&self) -> Result<String, String> {
        let start = Instant::now();
        within(self.db.answers()).await?;
        Ok(format!("answered in {} ms", start.elapsed().as_millis()))
    }

    async fn migrations(&self) -> Result<String, String> {
        let pending = within(migrations::pending(self.db.read())).await?;
        if pending.is_empty() { Ok("none pending".to_owned()) } else { Err(format!("pending: {pending:?}")) }
    }

    /// On its own thread: a network disk may take its time.
    async fn disk(&self) -> Result<DiskStatus, String> {
        let dir = self.db.path().parent().filter(|d| !d.as_os_str().is_empty());
        let dir = dir.map_or_else(|| PathBuf::from("."), PathBuf::from);
        let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&dir));
        let stat = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(stat))) => stat,
            Ok(Ok(Err(e))) => return Err(e.to_string()),
            Ok(Err(e)) => return Err(e.to_string()),
            Err(_) => return Err(format!("no answer within {PATIENCE:?}")),
        };
        Ok(DiskStatus {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }
}

/// Whether there is enough room to go on writing.
fn room(disk: &DiskStatus) -> Result<String, String> {
    let free = disk.free_bytes;
    if free < LEAST_FREE_BYTES {
        Err(format!("{free} bytes free, fewer than {LEAST_FREE_BYTES}"))
    } else {
        Ok(format!("{free} bytes free"))
    }
}

async fn within<T>(asked: impl Future<Output = Result<T, DbErr>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer.map_err(|e| e.to_string()),
        Err(_) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

fn check(name: &str, outcome: Result<String, String>) -> ReadinessCheck {
    let ok = outcome.is_ok();
    let (Ok(detail) | Err(detail)) = outcome;
    ReadinessCheck { name: name.to_owned(), ok, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_ready() {
        let disk = |free_bytes| DiskStatus { free_bytes, total_bytes: 1 << 40 };
        assert!(room(&disk(LEAST_FREE_BYTES)).is_ok());
        assert!(room(&disk(LEAST_FREE_BYTES - 1)).is_err());
    }

    #[tokio::test]
    async fn a_server_that_stops_is_not_ready_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let stop = CancellationToken::new();
        let db = Db::open(&dir.path().join("workspace.sqlite")).await.unwrap();
        let probe = Probe::new(db, stop.clone());
        let before = probe.readiness().await;
        assert!(before.ready, "{before:?}");
        stop.cancel();
        let after = probe.readiness().await;
        let failed: Vec<&str> = after.checks.iter().filter(|c| !c.ok).map(|c| c.name.as_str()).collect();
        assert_eq!((after.ready, failed), (false, vec!["running"]));
    }
}

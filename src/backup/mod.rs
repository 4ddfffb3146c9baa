//! Backups: made while the server runs, verified before they count, and restored whole or not at all.
//!
//! Owns the commands `backup` and `restore`, the schedule, `/api/backups`, and the backup before a migration. How a database
//! takes the place of another one belongs to `db`.
//!
//! A backup is one file: the database as SQLite's `VACUUM INTO` copies it, with what the backup is and the secret that signs
//! tokens in a table of its own, compressed by gzip. Beside it stands the same with its SHA-256, as JSON. Everything else
//! in the data directory can be made anew.

mod api;
mod check;
mod command;
mod error;
mod keep;
mod manifest;
mod restore;
mod store;
mod take;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use api::BackupsApi;
pub use command::{backup, restore};
pub use error::BackupError;
pub use keep::list as kept;
pub use manifest::{Manifest, Reason};
use take::Job;

use crate::clock::{Clock, from_ms};
use crate::config::{Config, ConfigError};
use crate::db::{Db, Schema};
use crate::idempotency::{self, Key, KeyError};
use crate::observe::metrics;

/// How soon the first backup of a server is made that has none: late enough for a first look around.
const FIRST: TimeDelta = TimeDelta::minutes(10);
/// How soon one that failed is tried again.
const AGAIN: TimeDelta = TimeDelta::hours(1);
/// How often the directory is looked at: backups are also made by the command.
const LOOK: TimeDelta = TimeDelta::minutes(1);

/// Backups of a running server. Clones share everything.
#[derive(Clone, Debug)]
pub struct Backups {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: PathBuf,
    dir: PathBuf,
    keep: usize,
    every: Option<TimeDelta>,
    db: Db,
    clock: Clock,
    tasks: TaskTracker,
    stop: CancellationToken,
    started: DateTime<Utc>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Attempt>,
    last: Option<Attempt>,
}

/// A backup that is being made, or was.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Id of the backup.
    pub id: Uuid,
    /// Why.
    pub reason: Reason,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Why there is none.
    pub error: Option<String>,
}

/// Whether one could go back, if one had to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// There is a backup that is not too old.
    Ok,
    /// There is none yet, and it is not time.
    Waiting,
    /// The newest is older than two periods.
    Old,
    /// The last one failed.
    Failed,
    /// The server makes none by itself.
    Off,
}

impl Backups {
    /// Backups of `db` as the configuration says; none is made before [`Backups::run`].
    pub fn new(
        config: &Config,
        db: &Db,
        clock: &Clock,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let inner = Inner {
            database: config.database.clone(),
            dir: config.backup_dir(),
            keep: config.backup.keep,
            every: config.backup.every.and_then(|every| TimeDelta::from_std(every).ok()),
            db: db.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            stop: stop.clone(),
            started: clock.now(),
            state: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().expect("no panic while held")
    }

    /// Every backup, the newest first.
    pub async fn list(&self) -> Vec<Manifest> {
        let dir = self.inner.dir.clone();
        tokio::task::spawn_blocking(move || keep::list(&dir)).await.unwrap_or_default()
    }

    /// Makes backups when it is time, until `stop`.
    pub async fn run(self) {
        let Inner { clock, stop, .. } = &*self.inner;
        loop {
            let newest = self.list().await.into_iter().next();
            if let Some(newest) = &newest {
                metrics::backup_made(
                    newest.content.created_at.timestamp(),
                    newest.size_bytes,
                    newest.took_ms,
                );
            }
            let due = self.due(newest.as_ref());
            let now = clock.now();
            if due.is_some_and(|due| due <= now) {
                let attempt = self.attempt(Reason::Scheduled);
                if self.reserve(&attempt).is_ok() {
                    self.inner.tasks.spawn(self.clone().make(attempt));
                }
            }
            let next = due.filter(|due| *due > now).map_or(now + LOOK, |due| due.min(now + LOOK));
            tokio::select! {
                () = clock.sleep_until(next) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// When the next one is to be made, if the server makes any.
    pub fn due(&self, newest: Option<&Manifest>) -> Option<DateTime<Utc>> {
        let Inner { every, started, clock, .. } = &*self.inner;
        let every = (*every)?;
        // One of the future was made while the clock was wrong.
        let newest = newest.map(|newest| newest.content.created_at.min(clock.now()));
        let due = newest.map_or(*started + FIRST.min(every), |newest| newest + every);
        let failed = self.state().last.clone().filter(|last| last.error.is_some());
        Some(failed.map_or(due, |last| due.max(last.started_at + AGAIN.min(every))))
    }

    /// Whether one could go back to `newest`.
    pub fn health(&self, newest: Option<&Manifest>) -> Health {
        let Inner { every, started, clock, .. } = &*self.inner;
        let made = newest.map(|newest| newest.content.created_at);
        let failed =
            self.state().last.as_ref().filter(|last| last.error.is_some()).map(|last| last.started_at);
        if failed.is_some_and(|failed| made.is_none_or(|made| made < failed)) {
            return Health::Failed;
        }
        let Some(every) = *every else { return Health::Off };
        let old = clock.now() - made.unwrap_or(*started) > every * 2;
        match (old, made) {
            (true, _) => Health::Old,
            (false, Some(_)) => Health::Ok,
            (false, None) => Health::Waiting,
        }
    }

    /// The one that is being made now, or the last one when it failed.
    pub fn unfinished(&self) -> Option<Attempt> {
        let state = self.state();
        state.running.clone().or_else(|| state.last.clone().filter(|last| last.error.is_some()))
    }

    /// Makes sure that no other one is made at the same time.
    fn reserve(&self, attempt: &Attempt) -> Result<(), BackupError> {
        let mut state = self.state();
        if state.running.is_some() {
            return Err(BackupError::Busy);
        }
        state.running = Some(attempt.clone());
        Ok(())
    }

    fn attempt(&self, reason: Reason) -> Attempt {
        let Inner { clock, .. } = &*self.inner;
        Attempt { id: crate::id::new(clock), reason, started_at: clock.now(), error: None }
    }

    async fn make(self, mut attempt: Attempt) {
        let Inner { database, dir, keep, stop, .. } = &*self.inner;
        let job = Job {
            id: attempt.id,
            database: database.clone(),
            dir: dir.clone(),
            keep: *keep,
            reason: attempt.reason,
            now: from_ms(attempt.started_at.timestamp_millis()),
            stop: stop.clone(),
        };
        let done = tokio::select! {
            done = take::take(job) => done,
            () = stop.cancelled() => Err(BackupError::Stopped),
        };
        match done {
            Ok(made) => {
                metrics::backup_result(true);
                metrics::backup_made(made.content.created_at.timestamp(), made.size_bytes, made.took_ms);
                tracing::info!(
                    backup.file = made.file,
                    backup.rows = made.content.all_rows(),
                    backup.bytes = made.size_bytes,
                    duration_ms = made.took_ms,
                    "Made and verified the backup `{}` in {} ms",
                    made.file,
                    made.took_ms
                );
            }
            // Not a fault of the server: its next start makes up for it.
            Err(BackupError::Stopped) => attempt.error = Some(BackupError::Stopped.to_string()),
            Err(e) => {
                metrics::backup_result(false);
                let (found, fix) = (e.to_string(), e.fix());
                tracing::error!(error = found, "The backup failed: {found}; {fix}");
                attempt.error = Some(found);
            }
        }
        let mut state = self.state();
        state.running = None;
        state.last = Some(attempt);
    }

    /// Begins to make one that somebody asked for. The same key again gives the same one.
    ///
    /// # Errors
    /// [`BackupError::Busy`] when another one is being made.
    pub async fn ask(&self, key: Option<Key>) -> Result<(Attempt, Option<Manifest>), BackupError> {
        // A task of its own: a caller that leaves must not leave the place taken.
        let asked = self.inner.tasks.spawn(self.clone().asked(key));
        asked.await.unwrap_or(Err(BackupError::Stopped))
    }

    async fn asked(self, key: Option<Key>) -> Result<(Attempt, Option<Manifest>), BackupError> {
        let (attempt, now_ms) = (self.attempt(Reason::Manual), self.inner.clock.now_ms());
        let (backups, begun) = (self.clone(), attempt.clone());
        let made = self.inner.db.write::<Option<Uuid>, BackupError, _>(move |tx| {
            Box::pin(async move {
                if let Some(id) = idempotency::made(tx, key.as_ref(), now_ms).await? {
                    return Ok(Some(id));
                }
                backups.reserve(&begun)?;
                idempotency::keep(tx, key.as_ref(), 202, begun.id, now_ms).await?;
                Ok(None)
            })
        });
        let before = made.await.inspect_err(|_| {
            let mut state = self.state();
            state.running.take_if(|running| running.id == attempt.id);
        })?;
        let Some(before) = before else {
            self.inner.tasks.spawn(self.clone().make(attempt.clone()));
            return Ok((attempt, None));
        };
        let known = {
            let state = self.state();
            [state.running.clone(), state.last.clone()].into_iter().flatten().find(|one| one.id == before)
        };
        let made = self.list().await.into_iter().find(|made| made.content.id == before);
        let known = known.or_else(|| {
            let Manifest { content, .. } = made.as_ref()?;
            let (reason, started_at) = (content.reason, content.created_at);
            Some(Attempt { id: before, reason, started_at, error: None })
        });
        Ok((known.ok_or(KeyError::Spent)?, made))
    }
}

/// Makes a backup when this program is about to change the schema of a database that holds something.
///
/// # Errors
/// One line when it cannot: then the schema must stay as it is.
pub async fn before_migration(config: &Config, clock: &Clock) -> Result<(), ConfigError> {
    // An empty file is one that is about to become a database; what is none is for whoever opens it to say.
    if !std::fs::metadata(&config.database).is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let Ok(applied) = store::applied(&config.database).await else { return Ok(()) };
    let Schema::Behind(missing) = Schema::of(&applied) else { return Ok(()) };
    if applied.is_empty() {
        return Ok(());
    }
    let made =
        take::take(job(config, clock, &config.backup_dir(), Reason::Migration)).await.map_err(|e| {
            let found = format!("no backup could be made before the schema is changed: {e}");
            ConfigError::new("BACKUP_DIR", found, format!("{}, or run `migrate --no-backup` first", e.fix()))
        })?;
    tracing::info!(
        backup.file = made.file,
        "Made the backup `{}` before {missing} changes of the schema",
        made.file
    );
    Ok(())
}

/// A job of a command, which nobody cuts short but by killing it.
fn job(config: &Config, clock: &Clock, dir: &Path, reason: Reason) -> Job {
    Job {
        id: crate::id::new(clock),
        database: config.database.clone(),
        dir: dir.to_owned(),
        keep: config.backup.keep,
        reason,
        now: from_ms(clock.now_ms()),
        stop: CancellationToken::new(),
    }
}

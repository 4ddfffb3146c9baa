//! The two doors to the database: [`Db::read`] for queries, [`Db::write`] for changes.
//!
//! Owns connections, pragmas, migrations and group commit. What is stored, and the queries, belong to
//! the slices' `store` modules.

pub mod bulk;
mod fault;
pub mod json;
mod lock;
pub mod migrations;
mod needle;
mod replace;
mod search;
mod writer;

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement, Value};

pub use fault::is_passing;
pub use lock::{DataLock, is_locked};
pub use migrations::Schema;
pub use needle::Needle;
pub use replace::{Staging, own_as, parent, sync_dir};
pub use search::{Words, matches};
use writer::Writer;
pub use writer::{Tx, Written};

use crate::config::ConfigError;
use crate::observe::metrics;

/// How long a connection waits for another process's lock.
const BUSY_TIMEOUT_MS: &str = "5000";
/// Pages of the database that a connection keeps in memory, in KiB: the writer's, where everything is changed, and a
/// reader's. Together 48 MB.
const CACHE_KIB: (u32, u32) = (16_000, 8_000);
/// Readers at once. Each has its own thread; more than this only queue on the same two to four cores.
const READERS: u32 = 4;

/// Handle to the database; clones share it.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    writer: Writer,
    path: PathBuf,
    epoch: Arc<str>,
}

impl Db {
    /// Opens the database, makes it when it is not there, and applies migrations.
    ///
    /// # Errors
    /// One line that names the setting when the directory or file cannot be used, or when a newer
    /// version of the program wrote it.
    pub async fn open(path: &Path) -> Result<Self, ConfigError> {
        let fault = |e: DbErr| {
            ConfigError::new(
                "DATABASE_PATH",
                format!("cannot use `{}` ({e})", path.display()),
                "name a SQLite file that can be read and written",
            )
        };
        prepare_file(path)?;
        let write = connect(path, 1, false).await.map_err(fault)?;
        migrations::apply(&write, path).await?;
        let mut read = connect(path, READERS, true).await.map_err(fault)?;
        read.set_metric_callback(|query| metrics::read_seconds(query.elapsed));
        let epoch = epoch(&read).await.map_err(fault)?;
        Ok(Self { read, writer: Writer::start(write), path: path.to_owned(), epoch: epoch.into() })
    }

    /// The read-only pool.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Runs `job` in the one writer and returns when what it wrote is durable.
    ///
    /// Jobs that arrive together share one commit. A job that returns an error leaves no trace, and the
    /// others of its commit stay. No network or other wait belongs in a job: everybody else's writes
    /// wait behind it.
    ///
    /// # Errors
    /// The job's own error, or a [`DbErr`] when the commit failed or the writer is overloaded or gone.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbErr> + Send + 'static,
        F: for<'c> FnOnce(&'c Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Waits until the writer has done a job that changes nothing.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn answers(&self) -> Result<(), DbErr> {
        self.write(|tx| Box::pin(async move { tx.conn().execute_unprepared("SELECT 1").await.map(drop) }))
            .await
    }

    /// Jobs that wait for the writer now.
    pub fn write_queue_depth(&self) -> usize {
        self.writer.depth()
    }

    /// How many writes shared each of the last commits, newest first.
    pub fn recent_commits(&self) -> Vec<u64> {
        self.writer.recent_commits()
    }

    /// What the writer has done so far.
    pub fn written(&self) -> Written {
        self.writer.written()
    }

    /// Bytes of the database file and its write-ahead log.
    pub fn size_bytes(&self) -> u64 {
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        [&self.path, &PathBuf::from(wal)]
            .iter()
            .filter_map(|p| std::fs::metadata(p).ok())
            .map(|m| m.len())
            .sum()
    }

    /// Free bytes and all bytes of the disk with the database; none where the system does not say.
    pub fn disk_bytes(&self) -> Option<(u64, u64)> {
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let stat = rustix::fs::statvfs(dir).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Some((bytes(stat.f_bavail), bytes(stat.f_blocks)))
    }

    /// The epoch of every stream in this database: positions of another epoch are not to be trusted. It changes
    /// when a backup is restored.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Finishes what is queued, then closes every connection.
    pub async fn close(&self) {
        self.writer.close().await;
        // The handle may be cloned; closing by reference ends the pool for all of them.
        if let Err(e) = self.read.close_by_ref().await {
            tracing::warn!(error = %e, "Could not close the read pool");
        }
    }
}

async fn epoch(conn: &DatabaseConnection) -> Result<String, DbErr> {
    let row = conn.query_one_raw(statement(conn, "SELECT value FROM meta WHERE key = 'epoch'", [])).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the epoch".to_owned()))?.try_get("", "value")
}

/// A statement in SQL, with `$1`, `$2`, ... for `values`.
pub fn statement(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(conn.get_database_backend(), sql, values)
}

/// A connection to a database that a server may be using, for a look: it makes nothing and changes nothing.
///
/// # Errors
/// When it cannot be opened.
pub async fn peek(path: &Path) -> Result<DatabaseConnection, DbErr> {
    connect(path, 1, true).await
}

/// Makes missing directories and proves that the file can be written, so that the fault is clear.
fn prepare_file(path: &Path) -> Result<(), ConfigError> {
    let fix = "name a file in a directory that this user may write";
    if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| {
            ConfigError::new(
                "DATABASE_PATH",
                format!("cannot make the directory `{}` ({e})", dir.display()),
                fix,
            )
        })?;
    }
    if path.is_dir() {
        return Err(ConfigError::new(
            "DATABASE_PATH",
            format!("`{}` is a directory", path.display()),
            "name a file",
        ));
    }
    // What is made new is for its owner alone: it holds password hashes and everybody's messages. SQLite gives the
    // write-ahead log the permissions of the database.
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop).map_err(|e| {
        ConfigError::new("DATABASE_PATH", format!("cannot write `{}` ({e})", path.display()), fix)
    })
}

async fn connect(path: &Path, connections: u32, read_only: bool) -> Result<DatabaseConnection, DbErr> {
    let file = path.to_owned();
    // A number below zero counts KiB, and not pages.
    let cache = format!("-{}", if read_only { CACHE_KIB.1 } else { CACHE_KIB.0 });
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |o| {
            // The order is that of execution: whoever meets a lock in the first statement must wait.
            let o = o
                .filename(&file)
                .in_memory(false)
                .shared_cache(false)
                .pragma("busy_timeout", BUSY_TIMEOUT_MS);
            let o =
                o.pragma("journal_mode", "WAL").pragma("synchronous", "FULL").pragma("foreign_keys", "ON");
            let o = o
                .pragma("temp_store", "MEMORY")
                .pragma("cache_size", cache.clone())
                .statement_cache_capacity(256);
            if read_only { o.pragma("query_only", "ON") } else { o }
        });
    Database::connect(options).await
}

impl Db {
    /// A handle without a database, for what only needs its type.
    pub fn disconnected() -> Self {
        Self {
            read: DatabaseConnection::default(),
            writer: Writer::closed(),
            path: PathBuf::new(),
            epoch: "".into(),
        }
    }
}

//! What is asked of the live database, and of a copy.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, TransactionTrait, Value,
};
use tokio::time::Instant;

use crate::db::statement;

/// How long to wait for another process's lock.
const BUSY_TIMEOUT_MS: &str = "5000";
/// Longest time that writers wait so that the copy and the count are of the same moment.
const HOLD: Duration = Duration::from_secs(2);
/// How soon to look again whether the copy has begun.
const LOOK: Duration = Duration::from_millis(2);
/// The table in which a copy says what it is.
const TABLE: &str = "workspace_backup";

/// How a database is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// A server may be writing to it.
    Live,
    /// It is ours alone, and not kept when we fail.
    Ours,
    /// Nobody writes to it.
    Still,
}

async fn connect(path: &Path, access: Access) -> Result<DatabaseConnection, DbErr> {
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(1)
        .min_connections(1)
        .sqlx_logging(false)
        // One connection from beginning to end: it holds locks and snapshots.
        .idle_timeout(Duration::from_secs(86_400))
        .max_lifetime(Duration::from_secs(86_400))
        .map_sqlx_sqlite_opts(move |o| {
            let o = o
                .filename(&file)
                .in_memory(false)
                .shared_cache(false)
                .create_if_missing(false)
                .foreign_keys(false)
                .pragma("busy_timeout", BUSY_TIMEOUT_MS)
                .pragma("temp_store", "MEMORY");
            match access {
                Access::Live => o,
                Access::Ours => o.pragma("journal_mode", "MEMORY").pragma("synchronous", "OFF"),
                Access::Still => o.read_only(true).immutable(true),
            }
        });
    Database::connect(options).await
}

/// The names of the migrations that the database has had; none when it is empty.
///
/// # Errors
/// When it is no database.
pub async fn applied(path: &Path) -> Result<Vec<String>, DbErr> {
    let db = connect(path, Access::Live).await?;
    let applied = migrations(&db).await;
    db.close().await?;
    applied
}

async fn migrations(conn: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'seaql_migrations'";
    if conn.query_one_raw(statement(conn, there, [])).await?.is_none() {
        return Ok(Vec::new());
    }
    let sql = "SELECT version FROM seaql_migrations ORDER BY version";
    let rows = conn.query_all_raw(statement(conn, sql, [])).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// What was copied.
pub struct Copied {
    /// Rows of each table, counted in the database that was copied.
    pub rows: BTreeMap<String, u64>,
    /// Migrations that it has had.
    pub applied: Vec<String>,
}

/// Copies the database at `from`, which may be in use, into the empty file `to`.
///
/// Writers wait for a moment, in which both the copy and the count begin; afterwards each reads on by itself what was there
/// then.
///
/// # Errors
/// When the database or the disk fails.
pub async fn copy(from: &Path, to: &Path) -> Result<Copied, DbErr> {
    let (writers, counting, copying) = tokio::try_join!(
        connect(from, Access::Live),
        connect(from, Access::Live),
        connect(from, Access::Live)
    )?;
    writers.execute_unprepared("BEGIN IMMEDIATE").await?;
    let count = counting.begin().await?;
    let applied = migrations(&count).await?;
    let file: Value = to.to_string_lossy().into_owned().into();
    let copy = {
        let db = copying.clone();
        async move { db.execute_raw(statement(&db, "VACUUM INTO $1", [file])).await.map(drop) }
    };
    tokio::pin!(copy);
    let (held, mut copied) = (Instant::now(), None);
    let begun = loop {
        tokio::select! {
            done = &mut copy, if copied.is_none() => copied = Some(done),
            () = tokio::time::sleep(LOOK) => {}
        }
        if copied.is_some() || std::fs::metadata(to).is_ok_and(|file| file.len() > 0) {
            break true;
        }
        if held.elapsed() > HOLD {
            break false;
        }
    };
    writers.execute_unprepared("ROLLBACK").await?;
    let (rows, copied) = tokio::join!(rows(&count), async {
        match copied {
            Some(done) => done,
            None => copy.await,
        }
    });
    copied?;
    let mut rows = rows?;
    count.rollback().await?;
    if !begun {
        // The disk is so slow that the moments may differ: then the copy counts for itself.
        let still = connect(to, Access::Still).await?;
        rows = self::rows(&still).await?;
        still.close().await?;
    }
    for db in [writers, counting, copying] {
        db.close().await?;
    }
    Ok(Copied { rows, applied })
}

/// Counts the rows of each table.
async fn rows(conn: &impl ConnectionTrait) -> Result<BTreeMap<String, u64>, DbErr> {
    // Virtual tables keep what they have in tables of their own.
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' \
               AND sql NOT LIKE 'CREATE VIRTUAL%' AND name <> $1";
    let mut counted = BTreeMap::new();
    for row in conn.query_all_raw(statement(conn, sql, [TABLE.into()])).await? {
        let name: String = row.try_get("", "name")?;
        let sql = format!("SELECT COUNT(*) AS n FROM \"{}\"", name.replace('"', "\"\""));
        let count = conn.query_one_raw(statement(conn, &sql, [])).await?;
        let count: i64 = count.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
        counted.insert(name, count.unsigned_abs());
    }
    Ok(counted)
}

/// Writes into a copy what it is, and the secret that belongs to it.
///
/// # Errors
/// When the disk fails.
pub async fn stamp(copy: &Path, content: &str, secret: Option<&str>) -> Result<(), DbErr> {
    let db = connect(copy, Access::Ours).await?;
    db.execute_unprepared(&format!("CREATE TABLE {TABLE} (content TEXT NOT NULL, secret TEXT) STRICT"))
        .await?;
    let values: [Value; 2] = [content.into(), secret.into()];
    db.execute_raw(statement(&db, &format!("INSERT INTO {TABLE} VALUES ($1, $2)"), values)).await?;
    db.close().await
}

/// What a copy is, as it says and as it was found.
pub struct Found {
    /// What [`stamp`] wrote.
    pub content: String,
    /// The secret.
    pub secret: Option<String>,
    /// Migrations that it has had.
    pub applied: Vec<String>,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// What SQLite says of it: `ok`, or what is wrong.
    pub integrity: String,
}

/// Reads all of a copy.
///
/// # Errors
/// When it is no database, or none that [`stamp`] wrote to.
pub async fn examine(copy: &Path) -> Result<Found, DbErr> {
    let db = connect(copy, Access::Still).await?;
    let row = db.query_one_raw(statement(&db, "PRAGMA integrity_check(1)", [])).await?;
    let integrity = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
    let row = db.query_one_raw(statement(&db, &format!("SELECT content, secret FROM {TABLE}"), [])).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("what the backup is".to_owned()))?;
    let (content, secret) = (row.try_get("", "content")?, row.try_get("", "secret")?);
    let found = Found { content, secret, applied: migrations(&db).await?, rows: rows(&db).await?, integrity };
    db.close().await?;
    Ok(found)
}

/// Makes a copy a database to serve from: with another epoch, so that no client believes to be at a place that it does not
/// have any more.
///
/// # Errors
/// When the disk fails.
pub async fn renew(copy: &Path) -> Result<(), DbErr> {
    let db = connect(copy, Access::Ours).await?;
    db.execute_unprepared(&format!("DROP TABLE {TABLE}")).await?;
    db.execute_unprepared("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'epoch'").await?;
    db.close().await
}

//! Putting a backup in the place of the data.

use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::check;
use super::error::BackupError;
use super::manifest::Content;
use super::store;
use super::take::room;
use crate::db::{self, DataLock, Schema, Staging};

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub content: Content,
    /// The directory with the data that was there before; `None` when there was none.
    pub aside: Option<PathBuf>,
}

/// Restores `file` over `database`, which no server may be using.
///
/// The backup is verified first. Then one rename decides: before it nothing has happened, after it the restore is finished
/// by whoever takes the lock next, if this process cannot.
///
/// # Errors
/// What is in the way; the data is as it was.
pub async fn restore(file: &Path, database: &Path, now: DateTime<Utc>) -> Result<Restored, BackupError> {
    let packed = fs::metadata(file).map_err(BackupError::file("read", file))?.len();
    let dir = db::parent(database);
    if !dir.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(BackupError::file("make", dir))?;
    }
    let _lock = DataLock::take(database).map_err(|mut e| {
        if e.found.contains("is in use") {
            "stop the server first; nothing was changed".clone_into(&mut e.fix);
        }
        BackupError::Locked(e)
    })?;
    room(dir, packed)?;
    let staging = Staging::begin(database).map_err(BackupError::file("write", dir))?;
    let copy = staging.database();
    let make = || File::options().write(true).create_new(true).mode(0o600).open(&copy);
    make().map_err(BackupError::file("write", &copy))?;
    let checked = check::check(file, copy.clone(), &CancellationToken::new()).await?;
    if let Schema::Newer(schema) = Schema::of(&checked.applied) {
        return Err(BackupError::Newer { path: file.to_owned(), schema });
    }
    store::renew(&copy).await?;
    if let Some(secret) = checked.secret {
        let path = staging.secret();
        let write = || {
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(secret.as_bytes())
        };
        write().map_err(BackupError::file("write", &path))?;
    }
    let aside = format!("before-restore-{}", now.format("%Y%m%dT%H%M%S%.3fZ"));
    let aside = staging.commit(&aside).map_err(BackupError::file("replace", database))?;
    Ok(Restored { content: checked.content, aside: Some(aside).filter(|aside| aside.is_dir()) })
}

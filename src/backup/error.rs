//! What can go wrong with a backup: always with what to do about it, as the reader may have lost a database.

use std::io;
use std::path::{Path, PathBuf};

use sea_orm::DbErr;

use crate::config::ConfigError;
use crate::error::ApiError;
use crate::idempotency::KeyError;

/// Why there is no backup, or why it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Another one is being made.
    #[error("another backup is being made")]
    Busy,
    /// There is nothing to back up.
    #[error("there is no database `{}`", .0.display())]
    NoDatabase(PathBuf),
    /// There is nothing to restore.
    #[error("there is no backup in `{}`", .0.display())]
    NoBackup(PathBuf),
    /// There is not enough room.
    #[error("`{}` has {free} bytes free, and {needed} are needed", dir.display())]
    NoRoom { dir: PathBuf, needed: u64, free: u64 },
    /// A file cannot be read or written.
    #[error("cannot {what} `{}` ({cause})", path.display())]
    File { what: &'static str, path: PathBuf, cause: io::Error },
    /// A backup is not what it was.
    #[error("`{}` is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    /// It was made by a newer version.
    #[error("`{}` was made by a newer version (schema `{schema}`)", path.display())]
    Newer { path: PathBuf, schema: String },
    /// The database failed.
    #[error("the database failed ({0})")]
    Db(#[from] DbErr),
    /// The server stops.
    #[error("it was cut short, as the server stops")]
    Stopped,
    /// The data is in use, or cannot be locked.
    #[error("{}", .0.found)]
    Locked(ConfigError),
    /// The key came with something else.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl BackupError {
    /// For `map_err`: `what` failed with `path`.
    pub fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { what, path, cause }
    }

    /// What to do about it.
    pub fn fix(&self) -> &str {
        match self {
            Self::Busy => "wait until it is done",
            Self::NoDatabase(_) => "name the file of the server in DATABASE_PATH",
            Self::NoBackup(_) => "name a file, or the directory in BACKUP_DIR",
            Self::NoRoom { .. } => "make room, or name a directory on another disk",
            Self::File { cause, .. } if cause.kind() == io::ErrorKind::StorageFull => "make room on the disk",
            Self::File { .. } => "name a directory that this user may read and write",
            Self::Damaged { .. } => "take another backup: the data is as it was",
            Self::Newer { .. } => {
                "restore it with that version, or take an older backup: the data is as it was"
            }
            Self::Db(_) => "see what the log says of the disk and of the database",
            Self::Stopped => "it is made when the server runs again",
            Self::Locked(error) => &error.fix,
            Self::Key(_) => "use a new key",
        }
    }

    /// As the one line of a command that failed.
    pub fn of_command(&self, command: &str) -> ConfigError {
        match self {
            Self::Locked(error) => error.clone(),
            _ => ConfigError::new(command, self.to_string(), self.fix()),
        }
    }
}

impl From<BackupError> for ApiError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Busy => Self::conflict("backup_running", "Another backup is being made."),
            BackupError::Key(error) => error.into(),
            BackupError::Db(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

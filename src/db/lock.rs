//! One server per database: what lives in memory (sessions, rooms' offsets) would be wrong in two.

use std::fs::File;
use std::path::Path;

use crate::config::ConfigError;

/// Held as long as this process owns the database; the kernel releases it however the process ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Makes the directory of `database` if need be, then takes the lock.
    ///
    /// # Errors
    /// As [`DataLock::take`], or when the directory cannot be made.
    pub fn prepare(database: &Path) -> Result<Self, ConfigError> {
        super::prepare_file(database)?;
        Self::take(database)
    }

    /// Takes the lock beside the database.
    ///
    /// # Errors
    /// One line when another process has it, or the lock file cannot be made.
    fn take(database: &Path) -> Result<Self, ConfigError> {
        let path = database.with_extension("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| {
            ConfigError::new(
                "DATABASE_PATH",
                format!("cannot write `{}` ({e})", path.display()),
                "name a file in a directory that this user may write",
            )
        })?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            ConfigError::new(
                "DATABASE_PATH",
                format!("`{}` is in use by another workspace-server", database.display()),
                "stop that one or name another file",
            )
        })?;
        Ok(Self { _file: file })
    }
}

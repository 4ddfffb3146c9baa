//! One server per database: what lives in memory (sessions, rooms' offsets) would be wrong in two.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::replace;
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
        // Between the two halves of a restore the database is not there, and must not be made.
        if !replace::is_pending(database) {
            super::prepare_file(database)?;
        }
        Self::take(database)
    }

    /// Takes the lock beside the database, in a directory that is there. The database need not be; what a restore left to do
    /// is done.
    ///
    /// # Errors
    /// One line when another process has it, or the lock file cannot be made.
    pub fn take(database: &Path) -> Result<Self, ConfigError> {
        let path = database.with_extension("lock");
        let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(
            |e| {
                ConfigError::new(
                    "DATABASE_PATH",
                    format!("cannot write `{}` ({e})", path.display()),
                    "name a file in a directory that this user may write",
                )
            },
        )?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|e| refused(e, database, &path))?;
        replace::own_as(&path, replace::parent(&path));
        match replace::finish(database) {
            Ok(None) => {}
            Ok(Some(aside)) => {
                tracing::warn!(
                    "Finished a restore that was cut short; the old data is in `{}`",
                    aside.display()
                );
            }
            Err(e) => {
                return Err(ConfigError::new(
                    "DATABASE_PATH",
                    format!(
                        "a restore of `{}` was cut short, and cannot be finished ({e})",
                        database.display()
                    ),
                    "make its directory writable for this user, and start again",
                ));
            }
        }
        Ok(Self { _file: file })
    }
}

/// Whether a process owns the database now.
pub fn is_locked(database: &Path) -> bool {
    let file = File::open(database.with_extension("lock"));
    file.is_ok_and(|file| {
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
    })
}

/// Why the lock at `path` cannot be had.
fn refused(error: Errno, database: &Path, path: &Path) -> ConfigError {
    if error == Errno::WOULDBLOCK {
        return ConfigError::new(
            "DATABASE_PATH",
            format!("`{}` is in use by another workspace-server", database.display()),
            "stop that one or name another file",
        );
    }
    // Network file systems, for one, may have no locks.
    ConfigError::new(
        "DATABASE_PATH",
        format!("cannot lock `{}` ({error})", path.display()),
        "name a file on a file system that has locks",
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_lock_is_its_owners_alone_and_tells_who_has_it_from_what_it_cannot_do() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("workspace.sqlite");
        let held = DataLock::prepare(&database).unwrap();
        let path = dir.path().join("workspace.lock");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(DataLock::prepare(&database).unwrap_err().found.contains("is in use by another"));
        drop(held);
        DataLock::prepare(&database).unwrap();
        let without = refused(Errno::NOLCK, &database, &path);
        assert!(without.found.starts_with("cannot lock") && !without.found.contains("in use"), "{without}");
    }
}

//! Putting another database in the place of this one: whenever the process ends, the old or the new one is there, whole.
//!
//! What is to come is made ready in a directory of its own beside the database. The rename of that directory decides:
//! before it nothing has happened, and after it whoever takes the [`super::DataLock`] next finishes what is left to do.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// Names inside the directory: the database, the secret that signs tokens, and where the old ones go.
const DATABASE: &str = "database";
const SECRET: &str = "jwt-secret";
const ASIDE: &str = "aside";
/// What SQLite keeps beside a database, and the database: a log without its database is of use to nobody.
const FILES: [&str; 4] = ["-shm", "-wal", "-journal", ""];

/// A database that is being made ready. Dropped, it leaves no trace.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    dir: PathBuf,
}

impl Staging {
    /// An empty place beside `target`, which may or may not exist; the caller has its lock.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn begin(target: &Path) -> io::Result<Self> {
        let dir = target.with_extension("restore-partial");
        remove(&dir)?;
        DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Self { target: target.to_owned(), dir })
    }

    /// Where the new database is to be written, closed and without a log beside it.
    pub fn database(&self) -> PathBuf {
        self.dir.join(DATABASE)
    }

    /// Where the secret that signs tokens is to be written, if there is one.
    pub fn secret(&self) -> PathBuf {
        self.dir.join(SECRET)
    }

    /// Puts it in place. What was there goes into the directory `aside` beside it. Gives that directory.
    ///
    /// # Errors
    /// When the file system fails; nothing has happened then, or what is left happens when the lock is taken next.
    pub fn commit(self, aside: &str) -> io::Result<PathBuf> {
        for file in [self.database(), self.secret()].iter().filter(|file| file.exists()) {
            alike(file, &self.target)?;
            File::open(file)?.sync_all()?;
        }
        let mut name = File::create(self.dir.join(ASIDE))?;
        name.write_all(aside.as_bytes())?;
        name.sync_all()?;
        sync_dir(&self.dir)?;
        fs::rename(&self.dir, ready(&self.target))?;
        sync_dir(parent(&self.target))?;
        finish(&self.target).map(|aside| aside.unwrap_or_default())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = remove(&self.dir);
    }
}

/// Whether something decided is left to do.
pub fn is_pending(target: &Path) -> bool {
    ready(target).join(ASIDE).exists()
}

/// Does what is left to do; gives the directory in which the old files are, if there was something. The caller has the lock.
///
/// # Errors
/// When the file system fails; it can be called again.
pub fn finish(target: &Path) -> io::Result<Option<PathBuf>> {
    let ready = ready(target);
    let name = match fs::read_to_string(ready.join(ASIDE)) {
        Ok(name) => name,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let dir = parent(target);
    let aside = dir.join(name.trim());
    if ready.join(DATABASE).exists() {
        for suffix in FILES {
            let mut file = target.as_os_str().to_owned();
            file.push(suffix);
            move_aside(Path::new(&file), &aside)?;
        }
        fs::rename(ready.join(DATABASE), target)?;
    }
    if ready.join(SECRET).exists() {
        let secret = target.with_extension("jwt-secret");
        move_aside(&secret, &aside)?;
        fs::rename(ready.join(SECRET), secret)?;
    }
    sync_dir(dir)?;
    remove(&ready)?;
    Ok(Some(aside))
}

fn ready(target: &Path) -> PathBuf {
    target.with_extension("restore")
}

fn move_aside(file: &Path, aside: &Path) -> io::Result<()> {
    if !file.exists() {
        return Ok(());
    }
    if !aside.exists() {
        DirBuilder::new().mode(0o700).create(aside)?;
        own_as(aside, parent(aside));
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // Something made by hand between two attempts must not take the place of what is kept.
    let mut free = (0..).map(|n| aside.join(if n == 0 { name.clone() } else { format!("{name}.{n}") }));
    let free = free.find(|path| !path.exists()).unwrap_or_else(|| aside.join(&name));
    fs::rename(file, free)?;
    sync_dir(aside)
}

/// Gives `file` the permissions of `like`, or of a new file when that is not there.
fn alike(file: &Path, like: &Path) -> io::Result<()> {
    let (mode, owner) = match fs::metadata(like) {
        Ok(old) => (old.mode() & 0o777, like),
        Err(_) => (0o600, parent(like)),
    };
    fs::set_permissions(file, fs::Permissions::from_mode(mode))?;
    own_as(file, owner);
    Ok(())
}

/// Gives `file` the owner of `like`, as far as this process may: what root makes in a directory of the server's user must be
/// that user's, or the server cannot use it.
pub fn own_as(file: &Path, like: &Path) {
    if let (Ok(now), Ok(like)) = (fs::metadata(file), fs::metadata(like))
        && (now.uid(), now.gid()) != (like.uid(), like.gid())
    {
        let _ = chown(file, Some(like.uid()), Some(like.gid()));
    }
}

/// The directory of a file.
pub fn parent(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Waits until what was made, renamed or removed in `dir` is on the disk.
///
/// # Errors
/// When the disk fails.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn remove(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step that `finish` takes can be the last one of a process.
    #[test]
    fn what_was_cut_short_is_finished_from_wherever_it_ended() {
        for step in 0..6 {
            let dir = tempfile::tempdir().unwrap();
            let at = |name: &str| dir.path().join(name);
            let database = at("data.sqlite");
            for (name, text) in [("data.sqlite", "old"), ("data.sqlite-wal", "log"), ("data.jwt-secret", "s")]
            {
                fs::write(at(name), text).unwrap();
            }
            let staging = Staging::begin(&database).unwrap();
            fs::write(staging.database(), "new").unwrap();
            fs::write(staging.secret(), "t").unwrap();
            fs::write(staging.dir.join(ASIDE), "kept").unwrap();
            fs::rename(&staging.dir, at("data.restore")).unwrap();
            let rename = |from: &str, to: &str| fs::rename(at(from), at(to)).unwrap();
            if step > 0 {
                fs::create_dir(at("kept")).unwrap();
                rename("data.sqlite-wal", "kept/data.sqlite-wal");
            }
            if step > 1 {
                rename("data.sqlite", "kept/data.sqlite");
            }
            if step > 2 {
                rename("data.restore/database", "data.sqlite");
            }
            if step > 3 {
                rename("data.jwt-secret", "kept/data.jwt-secret");
            }
            if step > 4 {
                rename("data.restore/jwt-secret", "data.jwt-secret");
            }
            assert!(is_pending(&database));
            assert_eq!(finish(&database).unwrap(), Some(at("kept")));
            let read = |name: &str| fs::read_to_string(at(name)).unwrap();
            assert_eq!((read("data.sqlite"), read("data.jwt-secret")), ("new".to_owned(), "t".to_owned()));
            assert_eq!(
                (read("kept/data.sqlite"), read("kept/data.sqlite-wal")),
                ("old".into(), "log".into())
            );
            assert_eq!(read("kept/data.jwt-secret"), "s");
            assert!(!at("data.sqlite-wal").exists() && !at("data.restore").exists(), "after {step}");
            assert_eq!(finish(&database).unwrap(), None);
        }
    }

    #[test]
    fn what_is_not_committed_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("data.sqlite");
        fs::write(&database, "old").unwrap();
        let staging = Staging::begin(&database).unwrap();
        fs::write(staging.database(), "new").unwrap();
        drop(staging);
        assert!(!is_pending(&database));
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }
}

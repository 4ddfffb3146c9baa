//! Making a backup: copy, stamp, compress, verify, and only then give it its name.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::FlockOperation;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::check;
use super::error::BackupError;
use super::keep;
use super::manifest::{Content, Manifest, Reason, beside};
use super::store;
use crate::db;

/// What a file is called while it is not a backup yet: a cut one is never taken for one, and removed by the next.
pub const PARTIAL: &str = ".partial-";
/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// What to back up, and where to.
#[derive(Clone, Debug)]
pub struct Job {
    /// Id of the backup.
    pub id: Uuid,
    /// The database file; a server may be using it.
    pub database: PathBuf,
    /// The directory of backups; made when it is not there.
    pub dir: PathBuf,
    /// How many to keep.
    pub keep: usize,
    /// Why.
    pub reason: Reason,
    /// The present.
    pub now: DateTime<Utc>,
    /// Cancelled when it is not wanted any more.
    pub stop: CancellationToken,
}

/// Files that are removed at the end, however it comes.
pub struct Scratch(Vec<PathBuf>);

impl Scratch {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// A new and empty file that only its owner reads.
    pub fn file(&mut self, path: PathBuf) -> Result<PathBuf, BackupError> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(BackupError::file("write", &path))?;
        self.0.push(path.clone());
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes a backup, verifies it, and removes those that are too many.
///
/// # Errors
/// Why there is none; what was there before is untouched.
pub async fn take(job: Job) -> Result<Manifest, BackupError> {
    let start = Instant::now();
    let Job { database, dir, .. } = &job;
    let size = fs::metadata(database).map_err(|_| BackupError::NoDatabase(database.clone()))?.len();
    let _lock = lock(dir, database)?;
    keep::sweep(dir);
    // The copy, and at worst as much again of what does not compress.
    room(dir, size.saturating_mul(2))?;
    let mut scratch = Scratch::new();
    let place = |kind: &str| dir.join(format!("{PARTIAL}{}.{kind}", job.id.simple()));

    let copy = scratch.file(place("copy"))?;
    let copied = store::copy(database, &copy).await.map_err(|e| full(e, dir))?;
    let content = Content {
        id: job.id,
        created_at: job.now,
        reason: job.reason,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: copied.applied.last().cloned().unwrap_or_default(),
        rows: copied.rows,
    };
    let secret = fs::read_to_string(database.with_extension("jwt-secret")).ok();
    let written = serde_json::to_string(&content).unwrap_or_default();
    store::stamp(&copy, &written, secret.as_deref()).await.map_err(|e| full(e, dir))?;

    let packed = scratch.file(place("gz"))?;
    let (from, to, stop) = (copy.clone(), packed.clone(), job.stop.clone());
    let database_bytes = blocking(move || pack(&from, &to, &stop)).await?;
    let _ = fs::remove_file(&copy);

    let checked = check::check(&packed, scratch.file(place("check"))?, &job.stop).await?;
    if checked.content != content {
        return Err(BackupError::Damaged { path: packed, why: "it is not what was copied".to_owned() });
    }
    let manifest = Manifest {
        file: content.file_name(),
        content,
        size_bytes: checked.size_bytes,
        sha256: checked.sha256,
        database_bytes,
        took_ms: start.elapsed().as_millis() as u64,
    };
    name(dir, &packed, &manifest, &mut scratch, place("json"))?;
    keep::prune(dir, job.keep);
    Ok(manifest)
}

/// Gives a verified backup its name. From then on it is one: what is said of it is there before.
fn name(
    dir: &Path,
    packed: &Path,
    manifest: &Manifest,
    scratch: &mut Scratch,
    partial: PathBuf,
) -> Result<(), BackupError> {
    let (target, text) =
        (dir.join(&manifest.file), serde_json::to_string_pretty(manifest).unwrap_or_default());
    let said = scratch.file(partial)?;
    let write = || -> std::io::Result<()> {
        fs::write(&said, text + "\n")?;
        File::open(&said)?.sync_all()?;
        for file in [&said, packed] {
            db::own_as(file, dir);
        }
        fs::rename(&said, beside(&target))?;
        fs::rename(packed, &target)?;
        db::sync_dir(dir)
    };
    write().map_err(BackupError::file("write", &target))
}

/// Makes the directory, and has it alone until the file is dropped.
fn lock(dir: &Path, database: &Path) -> Result<File, BackupError> {
    if !dir.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(BackupError::file("make", dir))?;
        db::own_as(dir, db::parent(database));
    }
    let path = dir.join(".lock");
    let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(BackupError::file("write", &path))?;
    db::own_as(&path, dir);
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(BackupError::Busy),
        Err(e) => Err(BackupError::file("lock", &path)(e.into())),
    }
}

/// Refuses when the disk of `dir` has less than `needed` bytes: a disk that is filled up stops the server, too.
pub fn room(dir: &Path, needed: u64) -> Result<(), BackupError> {
    let stat = rustix::fs::statvfs(dir).map_err(|e| BackupError::file("look at", dir)(e.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < needed { Err(BackupError::NoRoom { dir: dir.to_owned(), needed, free }) } else { Ok(()) }
}

/// A database error of a copy, told as what it is when the disk is full.
fn full(error: sea_orm::DbErr, dir: &Path) -> BackupError {
    if error.to_string().contains("is full") {
        return BackupError::file("write", dir)(std::io::ErrorKind::StorageFull.into());
    }
    error.into()
}

/// Runs what waits for the disk on a thread of its own.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(BackupError::Stopped))
}

/// Compresses `from` into `to`, which is on the disk afterwards. Gives the bytes of `from`.
fn pack(from: &Path, to: &Path, stop: &CancellationToken) -> Result<u64, BackupError> {
    let mut input = BufReader::new(File::open(from).map_err(BackupError::file("read", from))?);
    let output = File::options().write(true).open(to).map_err(BackupError::file("write", to))?;
    // Twice as large as the best, and five times as quick.
    let mut gz = GzEncoder::new(BufWriter::with_capacity(CHUNK, output), Compression::fast());
    let (mut chunk, mut bytes) = (vec![0; CHUNK], 0);
    loop {
        if stop.is_cancelled() {
            return Err(BackupError::Stopped);
        }
        let read = input.read(&mut chunk).map_err(BackupError::file("read", from))?;
        if read == 0 {
            break;
        }
        gz.write_all(&chunk[..read]).map_err(BackupError::file("write", to))?;
        bytes += read as u64;
    }
    let written = gz.finish().and_then(|buffer| buffer.into_inner()?.sync_all());
    written.map_err(BackupError::file("write", to))?;
    Ok(bytes)
}

//! Whether a backup is good: every byte of it is read, and every page and row of the database in it.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::error::BackupError;
use super::manifest::{Content, Manifest, beside};
use super::store;
use super::take::blocking;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// A backup that is good, unpacked.
#[derive(Debug)]
pub struct Checked {
    /// What it says it is.
    pub content: Content,
    /// Migrations that its database has had.
    pub applied: Vec<String>,
    /// The secret that signs tokens, if it was in a file of the server.
    pub secret: Option<String>,
    /// Bytes of its file.
    pub size_bytes: u64,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// Reads a file and hashes what passes.
struct Hashing<R> {
    from: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Checks the backup `file`, and leaves the database that is in it in the file `database`.
///
/// # Errors
/// [`BackupError::Damaged`], or what else went wrong.
pub async fn check(file: &Path, database: PathBuf, stop: &CancellationToken) -> Result<Checked, BackupError> {
    let damaged = |why: String| BackupError::Damaged { path: file.to_owned(), why };
    let (from, to, stop) = (file.to_owned(), database.clone(), stop.clone());
    let (size_bytes, sha256) = blocking(move || unpack(&from, &to, &stop)).await?;
    if let Some(manifest) = manifest(file)? {
        if manifest.size_bytes != size_bytes {
            let said = manifest.size_bytes;
            return Err(damaged(format!("it has {size_bytes} bytes, and had {said} when it was made")));
        }
        if manifest.sha256 != sha256 {
            return Err(damaged("its SHA-256 is not the one that it was made with".to_owned()));
        }
    }
    let found =
        store::examine(&database).await.map_err(|e| damaged(format!("its database cannot be read ({e})")))?;
    if found.integrity != "ok" {
        return Err(damaged(format!("its database is not whole ({})", found.integrity)));
    }
    let content: Content = serde_json::from_str(&found.content)
        .map_err(|e| damaged(format!("it does not say what it is ({e})")))?;
    if let Some((table, rows)) =
        content.rows.iter().find(|(table, rows)| found.rows.get(*table) != Some(rows))
    {
        let is = found.rows.get(table).copied().unwrap_or_default();
        return Err(damaged(format!("its table `{table}` has {is} rows, and had {rows} when it was made")));
    }
    Ok(Checked { content, applied: found.applied, secret: found.secret, size_bytes, sha256 })
}

/// What stands beside a backup; `None` when nothing does, as when the file alone was carried here.
fn manifest(file: &Path) -> Result<Option<Manifest>, BackupError> {
    let path = beside(file);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(BackupError::file("read", &path)(e)),
    };
    let parsed = serde_json::from_slice(&text);
    parsed.map(Some).map_err(|e| BackupError::Damaged { path, why: format!("it cannot be understood ({e})") })
}

/// Unpacks `from` into `to`; gives the bytes and the SHA-256 of `from`.
fn unpack(from: &Path, to: &Path, stop: &CancellationToken) -> Result<(u64, String), BackupError> {
    let damaged = |e: io::Error| {
        let why = match e.kind() {
            io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
            _ => format!("it cannot be unpacked ({e})"),
        };
        BackupError::Damaged { path: from.to_owned(), why }
    };
    let file = File::open(from).map_err(BackupError::file("read", from))?;
    let hashing = Hashing { from: BufReader::with_capacity(CHUNK, file), hash: Sha256::new(), bytes: 0 };
    let mut gz = MultiGzDecoder::new(hashing);
    let mut output = File::options().write(true).open(to).map_err(BackupError::file("write", to))?;
    let mut chunk = vec![0; CHUNK];
    loop {
        if stop.is_cancelled() {
            return Err(BackupError::Stopped);
        }
        let read = gz.read(&mut chunk).map_err(damaged)?;
        if read == 0 {
            break;
        }
        output.write_all(&chunk[..read]).map_err(BackupError::file("write", to))?;
    }
    let Hashing { hash, bytes, .. } = gz.into_inner();
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, digest))
}

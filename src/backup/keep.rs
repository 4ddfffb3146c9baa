//! The directory of backups: what is in it, and what has to go.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::BackupError;
use super::manifest::{Manifest, beside, is_backup};
use super::take::PARTIAL;

/// Every backup in `dir` by its name, the newest first; none when there is no such directory.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_backup(name)).collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    names
}

/// What is said of the backups in `dir`, the newest first. One of which nothing is said is left out.
pub fn list(dir: &Path) -> Vec<Manifest> {
    let read = |name: String| {
        let said = fs::read(beside(&dir.join(name))).ok()?;
        serde_json::from_slice(&said).ok()
    };
    names(dir).into_iter().filter_map(read).collect()
}

/// The file that `what` names: a path, or `latest` for the newest in `dir`.
pub fn find(what: &Path, dir: &Path) -> Result<PathBuf, BackupError> {
    if what != Path::new("latest") {
        return Ok(what.to_owned());
    }
    let newest = names(dir).into_iter().next();
    newest.map(|name| dir.join(name)).ok_or_else(|| BackupError::NoBackup(dir.to_owned()))
}

/// Removes the oldest, so that `keep` are left.
pub fn prune(dir: &Path, keep: usize) {
    for name in names(dir).into_iter().skip(keep) {
        let file = dir.join(&name);
        // The backup before what is said of it: alone that says nothing, and the other way round it would be unknown.
        let removed = fs::remove_file(&file).and_then(|()| fs::remove_file(beside(&file)));
        if let Err(e) = removed {
            tracing::warn!(error = %e, "Could not remove the old backup `{name}`");
        }
    }
}

/// Removes what backups that were cut short have left. The caller has the directory alone.
pub fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap_or_default();
        let orphan =
            name.strip_suffix(".json").is_some_and(|file| is_backup(file) && !dir.join(file).exists());
        if name.starts_with(PARTIAL) || orphan {
            let _ = fs::remove_file(path);
        }
    }
}

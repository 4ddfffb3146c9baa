//! `workspace-server backup` and `workspace-server restore`.

use std::path::{Path, PathBuf};

use super::manifest::Reason;
use super::{BackupError, job, keep, restore as restoring, take};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};

/// Makes a backup, whether a server is running or not. Gives what to say.
///
/// # Errors
/// One line that says why there is none.
pub async fn backup(
    config: &Config,
    to: Option<PathBuf>,
    keep: Option<usize>,
) -> Result<String, ConfigError> {
    let dir = to.unwrap_or_else(|| config.backup_dir());
    let mut job = job(config, &Clock::system(), &dir, Reason::Manual);
    job.keep = keep.unwrap_or(job.keep);
    let made = take::take(job).await.map_err(|e| e.of_command("backup"))?;
    Ok(format!(
        "Made and verified `{}`: {} rows in {} tables, {} bytes, in {} ms.",
        dir.join(&made.file).display(),
        made.content.all_rows(),
        made.content.rows.len(),
        made.size_bytes,
        made.took_ms
    ))
}

/// Restores a backup: a file, or `latest`. Gives what to say.
///
/// # Errors
/// One line that says why it is not restored; the data is as it was.
pub async fn restore(config: &Config, what: &Path) -> Result<String, ConfigError> {
    let fault = |e: BackupError| e.of_command("restore");
    let file = keep::find(what, &config.backup_dir()).map_err(fault)?;
    let done = restoring::restore(&file, &config.database, Clock::system().now()).await.map_err(fault)?;
    let mut said = format!(
        "Restored `{}` of {}: {} rows in {} tables.",
        file.display(),
        done.content.created_at.format("%Y-%m-%d %H:%M:%S UTC"),
        done.content.all_rows(),
        done.content.rows.len()
    );
    if let Some(aside) = done.aside {
        said.push_str(&format!(
            "\nThe data from before is in `{}`: remove it when all is well.",
            aside.display()
        ));
    }
    said.push_str(
        "\nSessions and tokens that were ended after the backup are good again: end them once more.",
    );
    Ok(said)
}

//! Where backups are kept, how often they are made, and how many.

use std::path::PathBuf;
use std::time::Duration;

use super::{ConfigError, Settings, values};

/// Backups of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSettings {
    /// Where they are kept; `None` means beside the database.
    pub dir: Option<PathBuf>,
    /// Time from one to the next; `None` means that the server makes none by itself.
    pub every: Option<Duration>,
    /// How many are kept.
    pub keep: usize,
}

impl BackupSettings {
    /// Reads the settings `BACKUP_*`.
    ///
    /// # Errors
    /// The first fault, naming the setting.
    pub fn read(s: &Settings) -> Result<Self, ConfigError> {
        let hours = match values::given(&s.backup_every_hours) {
            Some("off") => 0,
            _ => values::number("BACKUP_EVERY_HOURS", &s.backup_every_hours, "24", 0..=8_760)?,
        };
        Ok(Self {
            dir: values::given(&s.backup_dir).map(PathBuf::from),
            every: (hours > 0).then(|| Duration::from_secs(hours * 3_600)),
            keep: values::number("BACKUP_KEEP", &s.backup_keep, "7", 1..=10_000)? as usize,
        })
    }
}

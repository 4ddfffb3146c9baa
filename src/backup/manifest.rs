//! What is said of a backup: in it, so that it can be judged when it is alone, and in a file beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use poem_openapi::Enum;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a backup is called, after its prefix: time, then schema.
const TIME: &str = "%Y%m%dT%H%M%S%.3fZ";
const PREFIX: &str = "workspace-";
const SUFFIX: &str = ".sqlite.gz";

/// Why a backup was made
#[derive(Clone, Copy, Debug, Deserialize, Enum, PartialEq, Eq, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was time
    Scheduled,
    /// Somebody asked for it
    Manual,
    /// A new version was about to change the schema
    Migration,
}

/// What stands in the backup itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Content {
    /// Id of the backup.
    pub id: Uuid,
    /// When it was begun: what was acknowledged before is in it.
    pub created_at: DateTime<Utc>,
    /// Why.
    pub reason: Reason,
    /// Version of the program that made it.
    pub program: String,
    /// The last migration that the database has had.
    pub schema: String,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
}

/// What stands beside the backup.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Manifest {
    /// What stands in it.
    #[serde(flatten)]
    pub content: Content,
    /// Name of its file.
    pub file: String,
    /// Bytes of its file.
    pub size_bytes: u64,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// Bytes of the database in it.
    pub database_bytes: u64,
    /// Milliseconds that it took, verification included.
    pub took_ms: u64,
}

impl Content {
    /// The name of its file: names sort as their times do.
    pub fn file_name(&self) -> String {
        let schema = self.schema.split('_').next().filter(|name| !name.is_empty()).unwrap_or("m0000");
        format!("{PREFIX}{}-{schema}{SUFFIX}", self.created_at.format(TIME))
    }

    /// Rows of all tables.
    pub fn all_rows(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// Whether a file is called as a backup is.
pub fn is_backup(name: &str) -> bool {
    let parts = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)?.split_once('-'));
    parts.is_some_and(|(time, schema)| {
        DateTime::parse_from_str(&format!("{time}+0000"), &format!("{TIME}%z")).is_ok()
            && schema.starts_with('m')
            && schema.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// The file beside a backup.
pub fn beside(backup: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_their_times_do() {
        let at = |ms: i64| {
            let content = Content {
                id: Uuid::nil(),
                created_at: DateTime::from_timestamp_millis(ms).unwrap(),
                reason: Reason::Manual,
                program: String::new(),
                schema: "m0017_own_lines".to_owned(),
                rows: BTreeMap::new(),
            };
            content.file_name()
        };
        assert_eq!(at(1_795_341_600_120), "workspace-20261122T100000.120Z-m0017.sqlite.gz");
        let mut names: Vec<String> = [0, 5, 999, 1_000, 60_000, 1_795_341_600_120].map(at).into();
        let sorted = names.clone();
        names.sort();
        assert_eq!(names, sorted);
        assert!(names.iter().all(|name| is_backup(name)));
        for other in [
            "workspace-x-m0017.sqlite.gz",
            ".partial-1.gz",
            "workspace-20261122T100000.120Z-m0017.sqlite.gz.json",
        ] {
            assert!(!is_backup(other), "{other}");
        }
    }
}

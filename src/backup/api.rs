//! Backups over HTTP.

use chrono::{DateTime, Utc};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, Tags};
use uuid::Uuid;

use super::{Attempt, Backups, Health, Manifest, Reason};
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::idempotency::IdempotencyKey;
use crate::timestamp::Timestamp;

/// Operations on backups.
pub struct BackupsApi {
    backups: Backups,
}

impl BackupsApi {
    /// Asks `backups`.
    pub fn new(backups: Backups) -> Self {
        Self { backups }
    }
}

#[derive(Tags)]
enum Tag {
    /// Copies of everything, to go back to
    Backups,
}

/// Whether one could go back, if one had to
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
enum BackupHealth {
    /// There is a backup that is not too old
    Ok,
    /// There is none yet, and it is not time
    Waiting,
    /// The newest is older than two periods
    Old,
    /// The last one failed
    Failed,
    /// The server makes none by itself
    Off,
}

/// A verified backup
#[derive(Clone, Debug, Object)]
#[oai(example)]
struct Backup {
    /// Its id
    id: Uuid,
    /// Name of its file
    file: String,
    /// When it was begun: what was acknowledged before is in it
    created_at: Timestamp,
    /// Why it was made
    reason: Reason,
    /// Version of the server that made it
    version: String,
    /// The last change of the schema that is in it
    schema: String,
    /// Bytes of its file
    size_bytes: u64,
    /// Bytes of the database in it
    database_bytes: u64,
    /// SHA-256 of its file, in hexadecimal
    sha256: String,
    /// Rows of all tables
    rows: u64,
    /// Milliseconds that it took, verification included
    took_ms: u64,
}

impl From<Manifest> for Backup {
    fn from(made: Manifest) -> Self {
        Self {
            rows: made.content.all_rows(),
            id: made.content.id,
            file: made.file,
            created_at: made.content.created_at.into(),
            reason: made.content.reason,
            version: made.content.program,
            schema: made.content.schema,
            size_bytes: made.size_bytes,
            database_bytes: made.database_bytes,
            sha256: made.sha256,
            took_ms: made.took_ms,
        }
    }
}

impl Example for Backup {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0001),
            file: "workspace-20261122T100000.120Z-m0017.sqlite.gz".to_owned(),
            created_at: Timestamp::from_ms(1_795_341_600_120),
            reason: Reason::Scheduled,
            version: "0.1.0".to_owned(),
            schema: "m0017_own_lines".to_owned(),
            size_bytes: 1_283_411,
            database_bytes: 6_483_968,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            rows: 18_204,
            took_ms: 412,
        }
    }
}

/// A backup that is being made, or was
#[derive(Clone, Debug, Object)]
#[oai(example)]
struct BackupAttempt {
    /// Id of the backup
    id: Uuid,
    /// Why
    reason: Reason,
    /// When it began
    started_at: Timestamp,
    /// Whether it is being made now
    running: bool,
    /// Why there is none; null while it is being made, and when there is one
    error: Option<String>,
    /// What was made; null while it is being made, and when that failed
    backup: Option<Backup>,
}

impl BackupAttempt {
    fn of(attempt: Attempt, made: Option<Manifest>) -> Self {
        Self {
            id: attempt.id,
            reason: attempt.reason,
            started_at: attempt.started_at.into(),
            running: attempt.error.is_none() && made.is_none(),
            error: attempt.error,
            backup: made.map(Backup::from),
        }
    }
}

impl Example for BackupAttempt {
    fn example() -> Self {
        let Backup { id, created_at, .. } = Backup::example();
        Self { id, reason: Reason::Manual, started_at: created_at, running: true, error: None, backup: None }
    }
}

/// Backups of this server
#[derive(Debug, Object)]
#[oai(example)]
struct BackupList {
    /// Whether one could go back, if one had to
    health: BackupHealth,
    /// Directory of the backups, on the server
    directory: String,
    /// Hours from one to the next that the server makes by itself; null when it makes none
    every_hours: Option<i64>,
    /// How many are kept
    keep: u64,
    /// When the next one will be made; null when the server makes none by itself
    next_at: Option<Timestamp>,
    /// The one that is being made now
    running: Option<BackupAttempt>,
    /// The last one that this server has tried to make since it started
    last: Option<BackupAttempt>,
    /// Verified backups, the newest first
    items: Vec<Backup>,
}

impl Example for BackupList {
    fn example() -> Self {
        Self {
            health: BackupHealth::Ok,
            directory: "/var/workspace/data/backups".to_owned(),
            every_hours: Some(24),
            keep: 7,
            next_at: Some(Timestamp::from_ms(1_795_428_000_120)),
            running: None,
            last: None,
            items: vec![Backup::example()],
        }
    }
}

/// A backup was begun
#[derive(ApiResponse)]
enum Begun {
    /// It is being made; `GET /api/backups` says what became of it
    #[oai(status = 202)]
    Attempt(Json<BackupAttempt>),
}

#[OpenApi(tag = "Tag::Backups")]
impl BackupsApi {
    /// List backups
    ///
    /// Those in the directory of the backups that were verified when they were made, also by the command
    /// `workspace-server backup`, and how the server is doing with them.
    #[oai(path = "/backups", method = "get", operation_id = "list_backups")]
    async fn list(&self, _who: Admin<scope::MonitoringRead>) -> Result<Json<BackupList>, ApiError> {
        let Backups { inner } = &self.backups;
        let kept = self.backups.list().await;
        let newest = kept.first();
        let due: Option<DateTime<Utc>> = self.backups.due(newest);
        let (running, last) = {
            let state = self.backups.state();
            (state.running.clone(), state.last.clone())
        };
        let made =
            last.as_ref().and_then(|last| kept.iter().find(|made| made.content.id == last.id).cloned());
        Ok(Json(BackupList {
            health: match self.backups.health(newest) {
                Health::Ok => BackupHealth::Ok,
                Health::Waiting => BackupHealth::Waiting,
                Health::Old => BackupHealth::Old,
                Health::Failed => BackupHealth::Failed,
                Health::Off => BackupHealth::Off,
            },
            directory: inner.dir.display().to_string(),
            every_hours: inner.every.map(|every| every.num_hours()),
            keep: inner.keep as u64,
            next_at: due.map(Timestamp::from),
            running: running.map(|one| BackupAttempt::of(one, None)),
            last: last.map(|last| BackupAttempt { running: false, ..BackupAttempt::of(last, made) }),
            items: kept.into_iter().map(Backup::from).collect(),
        }))
    }

    /// Make a backup
    ///
    /// Begins at once and goes on beside the server's work; one at a time (409 `backup_running`). It counts when it was
    /// verified: unpacked, checked page by page, and its rows compared with those that were copied.
    #[oai(path = "/backups", method = "post", operation_id = "create_backup")]
    async fn create(
        &self,
        _who: Admin<scope::ServerWrite>,
        /// Names this attempt for 24 hours: repeated with it, the same request makes nothing new
        #[oai(name = "Idempotency-Key")]
        key: IdempotencyKey,
    ) -> Result<Begun, ApiError> {
        let (attempt, made) = self.backups.ask(key.0).await?;
        Ok(Begun::Attempt(Json(BackupAttempt::of(attempt, made))))
    }
}

//! Schema versions: append-only SQL files, one per slice and change.
//!
//! A released file is never edited; a change is a new file at the end of [`ALL`].

use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::config::ConfigError;

/// Every migration in order: name and SQL.
const ALL: &[(&str, &str)] = &[
    ("m0001_accounts", include_str!("migrations/m0001_accounts.sql")),
    ("m0002_chat", include_str!("migrations/m0002_chat.sql")),
    ("m0003_agenda", include_str!("migrations/m0003_agenda.sql")),
    ("m0004_inbox", include_str!("migrations/m0004_inbox.sql")),
    ("m0005_chat_bounds", include_str!("migrations/m0005_chat_bounds.sql")),
    ("m0006_telemetry", include_str!("migrations/m0006_telemetry.sql")),
    ("m0007_fleet", include_str!("migrations/m0007_fleet.sql")),
    ("m0008_idempotency", include_str!("migrations/m0008_idempotency.sql")),
    ("m0009_series", include_str!("migrations/m0009_series.sql")),
    ("m0010_logs", include_str!("migrations/m0010_logs.sql")),
    ("m0011_loki", include_str!("migrations/m0011_loki.sql")),
    ("m0012_source_maps", include_str!("migrations/m0012_source_maps.sql")),
    ("m0013_error_states", include_str!("migrations/m0013_error_states.sql")),
    ("m0014_audit", include_str!("migrations/m0014_audit.sql")),
    ("m0015_last_error", include_str!("migrations/m0015_last_error.sql")),
    ("m0016_signal_bounds", include_str!("migrations/m0016_signal_bounds.sql")),
    ("m0017_own_lines", include_str!("migrations/m0017_own_lines.sql")),
    ("m0018_error_group_ids", include_str!("migrations/m0018_error_group_ids.sql")),
    ("m0019_batch_contents", include_str!("migrations/m0019_batch_contents.sql")),
    ("m0020_last_error_from_before", include_str!("migrations/m0020_last_error_from_before.sql")),
];

/// What a database has had, by the names of its migrations, against what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// All of them.
    Current,
    /// Some of them: so many are missing.
    Behind(usize),
    /// One that this program does not know, as a newer version has written it.
    Newer(String),
}

impl Schema {
    /// Compares the names of the migrations that a database has had with those that there are.
    pub fn of(applied: &[String]) -> Self {
        let unknown = applied.iter().find(|name| !ALL.iter().any(|(known, _)| known == name));
        match (unknown, ALL.len().saturating_sub(applied.len())) {
            (Some(name), _) => Self::Newer(name.clone()),
            (None, 0) => Self::Current,
            (None, missing) => Self::Behind(missing),
        }
    }
}

/// Applies what is missing.
///
/// # Errors
/// One line when the database is newer than this program, or a statement fails.
pub async fn apply(db: &DatabaseConnection, path: &Path) -> Result<(), ConfigError> {
    let fault = |e: DbErr| {
        ConfigError::new(
            "DATABASE_PATH",
            format!("the schema of `{}` cannot be brought up to date ({e})", path.display()),
            "restore a backup or report this line",
        )
    };
    let applied = Migrator::get_migration_models(db).await.map_err(fault)?;
    let applied: Vec<String> = applied.into_iter().map(|m| m.version).collect();
    if let Schema::Newer(newer) = Schema::of(&applied) {
        return Err(ConfigError::new(
            "DATABASE_PATH",
            format!("`{}` was written by a newer version (schema `{newer}`)", path.display()),
            "start that version, or restore a backup made by this one",
        ));
    }
    Migrator::up(db, None).await.map_err(fault)
}

/// How the schema of `db` stands to this program.
///
/// # Errors
/// When the database does not answer, or is none of ours.
pub async fn state(db: &DatabaseConnection) -> Result<Schema, DbErr> {
    let sql = "SELECT version FROM seaql_migrations ORDER BY version";
    let rows = db.query_all_raw(super::statement(db, sql, [])).await?;
    let applied: Vec<String> = rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
    Ok(Schema::of(&applied))
}

/// Names of the migrations that `db` has not had yet.
///
/// # Errors
/// When the database does not answer.
pub async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let pending = Migrator::get_pending_migrations_read_only(db).await?;
    Ok(pending.iter().map(|m| m.name().to_owned()).collect())
}

struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        ALL.iter().map(|&(name, sql)| Box::new(SqlFile { name, sql }) as Box<dyn MigrationTrait>).collect()
    }
}

struct SqlFile {
    name: &'static str,
    sql: &'static str,
}

impl MigrationName for SqlFile {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for SqlFile {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.sql).await.map(drop)
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

//! Queries on source maps.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::cache::Digest;
use super::file::File;
use crate::db::statement;

/// A map without its content.
#[derive(Clone, Debug, FromQueryResult)]
pub struct MapRow {
    pub id: Uuid,
    pub app: String,
    pub version: String,
    pub file: String,
    pub digest: Vec<u8>,
    pub size: i64,
    pub stored: i64,
    pub sources: i64,
    pub uploaded_at: i64,
    pub uploaded_by: Uuid,
}

const COLUMNS: &str = "id, app, version, file, digest, size, stored, sources, uploaded_at, uploaded_by";

/// How much there is, seen from one version of an application.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Usage {
    /// Bytes of all maps.
    pub total: i64,
    /// Bytes of the application's.
    pub of_app: i64,
    /// Bytes of the version's.
    pub of_version: i64,
    /// Files of the version.
    pub files: i64,
    /// Other versions of the application.
    pub others: i64,
}

pub async fn usage(conn: &impl ConnectionTrait, app: &str, version: &str) -> Result<Usage, DbErr> {
    let sql = "SELECT COALESCE(SUM(stored), 0) AS total, \
               COALESCE(SUM(CASE WHEN app = $1 THEN stored END), 0) AS of_app, \
               COALESCE(SUM(CASE WHEN app = $1 AND version = $2 THEN stored END), 0) AS of_version, \
               COUNT(CASE WHEN app = $1 AND version = $2 THEN 1 END) AS files, \
               COUNT(DISTINCT CASE WHEN app = $1 AND version <> $2 THEN version END) AS others FROM source_maps";
    let row = Usage::find_by_statement(statement(conn, sql, [app.into(), version.into()])).one(conn).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("a sum of all rows".to_owned()))
}

/// The map of a file.
pub async fn of_file(
    conn: &impl ConnectionTrait,
    app: &str,
    version: &str,
    file: &File,
) -> Result<Option<MapRow>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM source_maps WHERE app = $1 AND version = $2 AND file = $3");
    let values = [app.into(), version.into(), file.as_str().into()];
    MapRow::find_by_statement(statement(conn, &sql, values)).one(conn).await
}

/// Adds a map; another one of the same file gives way to it, and its id stays.
pub async fn put(conn: &impl ConnectionTrait, row: &MapRow, content: Vec<u8>) -> Result<MapRow, DbErr> {
    let sql = format!(
        "INSERT INTO source_maps ({COLUMNS}, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (app, version, file) DO UPDATE SET digest = excluded.digest, size = excluded.size, \
         stored = excluded.stored, sources = excluded.sources, uploaded_at = excluded.uploaded_at, \
         uploaded_by = excluded.uploaded_by, content = excluded.content RETURNING {COLUMNS}"
    );
    let values: [Value; 11] = [
        row.id.into(),
        row.app.as_str().into(),
        row.version.as_str().into(),
        row.file.as_str().into(),
        row.digest.clone().into(),
        row.size.into(),
        row.stored.into(),
        row.sources.into(),
        row.uploaded_at.into(),
        row.uploaded_by.into(),
        content.into(),
    ];
    let row = MapRow::find_by_statement(statement(conn, &sql, values)).one(conn).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the map just put".to_owned()))
}

/// Deletes one map of the application's oldest version but `version`; gives what it held.
pub async fn delete_oldest(
    conn: &impl ConnectionTrait,
    app: &str,
    version: &str,
) -> Result<Option<Vec<u8>>, DbErr> {
    let sql = "DELETE FROM source_maps WHERE id = (SELECT id FROM source_maps WHERE app = $1 AND version = \
               (SELECT version FROM source_maps WHERE app = $1 AND version <> $2 GROUP BY version \
               ORDER BY MAX(uploaded_at), version LIMIT 1) LIMIT 1) RETURNING digest";
    deleted(conn, sql, vec![app.into(), version.into()]).await
}

/// Deletes a map; gives what it held.
pub async fn delete(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Vec<u8>>, DbErr> {
    deleted(conn, "DELETE FROM source_maps WHERE id = $1 RETURNING digest", vec![id.into()]).await
}

async fn deleted(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<Vec<u8>>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        digest: Vec<u8>,
    }
    Ok(Row::find_by_statement(statement(conn, sql, values)).one(conn).await?.map(|row| row.digest))
}

/// Maps, those of the newest files first, from the one after `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    app: Option<String>,
    version: Option<String>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<MapRow>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM source_maps WHERE ($1 IS NULL OR app = $1) AND ($2 IS NULL OR version = $2) \
         AND ($3 IS NULL OR id < $3) ORDER BY id DESC LIMIT {limit}"
    );
    let values = [app.into(), version.into(), after.into()];
    MapRow::find_by_statement(statement(conn, &sql, values)).all(conn).await
}

/// A file of a version that has a map.
pub struct Mapped {
    pub id: Uuid,
    pub file: File,
    pub digest: Digest,
    pub size: i64,
}

/// The files of a version that have maps.
pub async fn of_version(conn: &impl ConnectionTrait, app: &str, version: &str) -> Result<Vec<Mapped>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
        file: String,
        digest: Vec<u8>,
        size: i64,
    }
    let sql = "SELECT id, file, digest, size FROM source_maps WHERE app = $1 AND version = $2";
    let rows = Row::find_by_statement(statement(conn, sql, [app.into(), version.into()])).all(conn).await?;
    let mapped = rows.into_iter().filter_map(|row| {
        let digest = row.digest.try_into().ok()?;
        Some(Mapped { id: row.id, file: File::stored(row.file), digest, size: row.size })
    });
    Ok(mapped.collect())
}

/// What a map holds, compressed, unless it holds something else by now.
pub async fn content(
    conn: &impl ConnectionTrait,
    id: Uuid,
    digest: &Digest,
) -> Result<Option<Vec<u8>>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        content: Vec<u8>,
    }
    let sql = "SELECT content FROM source_maps WHERE id = $1 AND digest = $2";
    let row = Row::find_by_statement(statement(conn, sql, [id.into(), digest.to_vec().into()]));
    Ok(row.one(conn).await?.map(|row| row.content))
}

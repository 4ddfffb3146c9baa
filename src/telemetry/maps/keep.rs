//! What is taken and stored: a map that can be read, as far as there is room, and what goes to make some.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest as _, Sha256};

use super::cache::Digest;
use super::file::File;
use super::map::Map;
use super::outline::Unreadable;
use super::store::{self, MapRow};
use super::{MAX_BYTES, MapError, SourceMaps, Stored, Wanted};
use crate::http::body;

/// Versions of an application that have maps, the last ones: a release a week for a year.
const VERSIONS: i64 = 50;
/// Files of a version: a large application in several hundred parts, several times over.
const FILES: i64 = 2_000;
/// Bytes that a map counts for at least: a page of the database.
const PAGE: usize = 4 << 10;

/// A map that was checked, as it is stored.
struct Checked {
    digest: Digest,
    size: usize,
    sources: usize,
    content: Vec<u8>,
}

/// What a write job says.
enum Put {
    Done(Stored, Option<Vec<u8>>),
    /// An older version of the application has to go first.
    Crowded,
}

impl SourceMaps {
    /// Checks and stores a map. The same one again changes nothing; another of the same file takes its place.
    ///
    /// # Errors
    /// When it is no map, when there is no room, or when the database fails.
    pub async fn put(&self, wanted: Wanted, body: Bytes, gzip: bool) -> Result<Stored, MapError> {
        let checked = self.apart(move || check(body, gzip)).await??;
        let row = MapRow {
            id: crate::id::new(&self.clock),
            app: wanted.app,
            version: wanted.version,
            file: wanted.file.as_str().to_owned(),
            digest: checked.digest.to_vec(),
            size: checked.size as i64,
            stored: checked.content.len().max(PAGE) as i64,
            sources: checked.sources as i64,
            uploaded_at: self.clock.now_ms(),
            uploaded_by: wanted.by,
        };
        let (row, content) = (Arc::new(row), Arc::new(checked.content));
        loop {
            let (new, file, content) = (row.clone(), wanted.file.clone(), content.clone());
            let max = self.max_bytes;
            let job = self.db.write(move |tx| {
                Box::pin(async move { try_put(tx.conn(), &new, &file, &content, max).await })
            });
            match job.await? {
                Put::Done(stored, former) => {
                    self.forget(former);
                    return Ok(stored);
                }
                // One map in a write, so that others need not wait for long.
                Put::Crowded => self.delete_oldest(&row.app, &row.version).await?,
            }
        }
    }

    /// Bytes of all maps, compressed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bytes(&self) -> Result<u64, DbErr> {
        Ok(store::usage(self.db.read(), "", "").await?.total.unsigned_abs())
    }

    async fn delete_oldest(&self, app: &str, version: &str) -> Result<(), DbErr> {
        let (app, version) = (app.to_owned(), version.to_owned());
        let job = self
            .db
            .write(move |tx| Box::pin(async move { store::delete_oldest(tx.conn(), &app, &version).await }));
        self.forget(job.await?);
        Ok(())
    }
}

/// Reads a body as a map, and compresses it for the database.
fn check(body: Bytes, gzip: bool) -> Result<Checked, MapError> {
    let damaged = |e| Unreadable(format!("it cannot be decompressed ({e})"));
    let json = match gzip {
        true => body::gunzip(&body, MAX_BYTES).map_err(damaged)?.ok_or(MapError::TooLarge)?.into(),
        false => body,
    };
    let outline = Map::read(&json)?.outline;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let content =
        encoder.write_all(&json).and_then(|()| encoder.finish()).expect("memory takes what is written");
    Ok(Checked { digest: Sha256::digest(&json).into(), size: json.len(), sources: outline.sources, content })
}

/// Stores a map if there is room; within a write job.
async fn try_put(
    conn: &impl ConnectionTrait,
    row: &MapRow,
    file: &File,
    content: &[u8],
    max: i64,
) -> Result<Put, MapError> {
    let former = store::of_file(conn, &row.app, &row.version, file).await?;
    if let Some(same) = former.as_ref().filter(|former| former.digest == row.digest) {
        return Ok(Put::Done(Stored::Same(same.clone()), None));
    }
    let usage = store::usage(conn, &row.app, &row.version).await?;
    let more = row.stored - former.as_ref().map_or(0, |former| former.stored);
    let share = max / 2;
    if former.is_none() && usage.files >= FILES {
        return Err(MapError::Full(format!("A version has source maps of at most {FILES} files.")));
    }
    if usage.of_version + more > share {
        return Err(MapError::Full(format!(
            "The source maps of a version take at most {share} bytes, compressed."
        )));
    }
    let others = usage.total - usage.of_app;
    if others + usage.of_version + more > max {
        return Err(MapError::Full(format!(
            "All source maps together take at most {max} bytes, compressed (`SOURCE_MAPS_MAX_MB`): delete some."
        )));
    }
    if usage.others + 1 > VERSIONS || usage.of_app + more > share || usage.total + more > max {
        return Ok(Put::Crowded);
    }
    let stored = store::put(conn, row, content.to_vec()).await?;
    Ok(Put::Done(Stored::New(stored), former.map(|former| former.digest)))
}

//! Source maps of client applications: private, by application, version and file; and stacks that are resolved with them.
//!
//! Owns the maps: what is taken, how much, for how long, and who may see them. Stacks are resolved when they are read, so
//! a map counts for errors that came before it, and none counts when it is deleted. What comes in is stored as it was
//! sent, and errors are grouped by it: a map that is not in memory would have to be read first, and the same fault would be
//! two errors, before and after. Names of files are compared without what bundlers add (see `groups`).
//!
//! Maps are read by one task at a time, outside the threads that serve sockets, and kept in memory up to a bound. What is
//! too much in the database makes the application's oldest versions go, when something new comes.

mod api;
mod cache;
mod file;
mod keep;
mod map;
mod mappings;
mod outline;
mod stack;
mod store;
mod upload;
mod view;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use sea_orm::DbErr;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use api::SourceMapsApi;
pub use stack::Original;
pub use upload::body_limit;
pub use view::StackFrame;

use super::signal::Frame;
use crate::clock::Clock;
use crate::db::Db;
use crate::http::body;
use crate::observe::metrics;
use cache::{Cache, Digest};
use file::File;
use map::Map;
use outline::Unreadable;
use store::{MapRow, Mapped};

/// Most bytes of a map, after decompression: those of the largest applications, with their sources in them.
pub const MAX_BYTES: usize = 32 << 20;
/// Uploads at once, each with up to [`MAX_BYTES`] in memory.
const UPLOADS: usize = 2;
/// Bytes of maps, after decompression, that are read for one stack: those of its innermost frames count first.
const STACK_BYTES: i64 = 64 << 20;
/// Frames that are resolved, the innermost: twice what browsers give.
const STACK_FRAMES: usize = 100;

/// Why a map was not stored or deleted.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// There is none with this id.
    #[error("no such map")]
    Unknown,
    /// It is no map, or one that holds too much.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It is larger than [`MAX_BYTES`].
    #[error("a source map has at most {MAX_BYTES} bytes")]
    TooLarge,
    /// There is no room, and no older version of the application to make some.
    #[error("{0}")]
    Full(String),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What became of an upload.
#[derive(Debug)]
pub enum Stored {
    /// It is there now.
    New(MapRow),
    /// It was there before.
    Same(MapRow),
}

/// A map to store: for which application, version and file, and by whom.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// `app.name` of the telemetry.
    pub app: String,
    /// `app.version` of the telemetry.
    pub version: String,
    /// The script.
    pub file: File,
    /// The account.
    pub by: Uuid,
}

/// The source maps. Clones share everything.
#[derive(Clone, Debug)]
pub struct SourceMaps {
    db: Db,
    clock: Clock,
    max_bytes: i64,
    cache: Arc<Cache>,
    /// Held while a map is read.
    reading: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

impl SourceMaps {
    /// Reads nothing yet.
    pub fn new(db: Db, clock: Clock, max_bytes: i64) -> Self {
        let (reading, uploads) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(UPLOADS)));
        Self { db, clock, max_bytes, cache: Arc::new(Cache::new()), reading, uploads }
    }

    /// Deletes a map: stacks are as they were sent again.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn delete(&self, id: Uuid) -> Result<(), MapError> {
        let job = self.db.write(move |tx| Box::pin(async move { store::delete(tx.conn(), id).await }));
        let deleted: Option<Vec<u8>> = job.await?;
        self.forget(Some(deleted.ok_or(MapError::Unknown)?));
        Ok(())
    }

    /// Takes from memory what is no longer stored. Where another file holds the same, it is read again.
    fn forget(&self, digest: Option<Vec<u8>>) {
        if let Some(digest) = digest.and_then(|digest| Digest::try_from(digest).ok()) {
            let bytes = self.cache.forget(&digest);
            metrics::source_maps_cached(self.cache.len(), bytes);
        }
    }

    /// Resolves a stack of an application's version, the innermost frame first: one place for each frame, `None` where
    /// nothing is known.
    ///
    /// # Errors
    /// When the database fails.
    async fn resolve(
        &self,
        app: &str,
        version: &str,
        frames: &[Frame],
    ) -> Result<Vec<Option<Original>>, DbErr> {
        let mut unresolved = vec![None; frames.len()];
        let frames = &frames[..frames.len().min(STACK_FRAMES)];
        if version.is_empty() || frames.is_empty() {
            return Ok(unresolved);
        }
        let files = store::of_version(self.db.read(), app, version).await?;
        let mut left = STACK_BYTES;
        let mut known: HashMap<Digest, Option<Arc<Map>>> = HashMap::new();
        let mut maps = Vec::with_capacity(frames.len());
        for frame in frames {
            let file =
                File::seen(&frame.filename).filter(|_| frame.lineno.is_some() && frame.colno.is_some());
            let at = file.and_then(|file| file.among(files.iter().map(|mapped| &mapped.file)));
            let Some(mapped) = at.map(|at| &files[at]) else {
                maps.push(None);
                continue;
            };
            maps.push(match known.entry(mapped.digest) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(unknown) => unknown.insert(self.map(mapped, &mut left).await?).clone(),
            });
        }
        if maps.iter().all(Option::is_none) {
            return Ok(unresolved);
        }
        let frames = frames.to_vec();
        let resolved = tokio::task::spawn_blocking(move || stack::resolve(&frames, &maps)).await;
        for (place, resolved) in unresolved.iter_mut().zip(resolved.unwrap_or_default()) {
            *place = resolved;
        }
        Ok(unresolved)
    }

    /// The map, from memory or from the database; `None` when it is gone by now, or too much for this stack.
    async fn map(&self, mapped: &Mapped, left: &mut i64) -> Result<Option<Arc<Map>>, DbErr> {
        if let Some(map) = self.cache.get(&mapped.digest) {
            return Ok(Some(map));
        }
        if *left < mapped.size {
            return Ok(None);
        }
        *left -= mapped.size;
        let Some(content) = store::content(self.db.read(), mapped.id, &mapped.digest).await? else {
            return Ok(None);
        };
        let (cache, digest) = (self.cache.clone(), mapped.digest);
        let read = self.apart(move || {
            // Somebody else may have read it while this waited.
            if let Some(map) = cache.get(&digest) {
                return Ok(map);
            }
            let start = Instant::now();
            let json = body::gunzip(&content, MAX_BYTES).ok().flatten();
            let json = json.ok_or_else(|| Unreadable("it is damaged".to_owned()))?;
            let map = Arc::new(Map::read(&json)?);
            metrics::source_map_read(Some(start.elapsed()));
            let bytes = cache.put(digest, &map);
            metrics::source_maps_cached(cache.len(), bytes);
            Ok(map)
        });
        let read: Result<Arc<Map>, MapError> = read.await.and_then(|read| read);
        Ok(read
            .inspect_err(|e| {
                metrics::source_map_read(None);
                tracing::warn!(map.id = %mapped.id, error = %e, "A source map cannot be read");
            })
            .ok())
    }

    /// Does what takes long on a thread that may be blocked, one at a time, also when nobody waits for it any more.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MapError> {
        let turn = self.reading.clone().acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|e| {
            tracing::error!(error = %e, "A source map could not be read");
            Unreadable("it cannot be read".to_owned()).into()
        })
    }
}

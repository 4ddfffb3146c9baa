//! From a batch to the disk: a bounded queue, and one task that commits what waits together.
//!
//! Owns order, bounds and what is told after a commit. The statements belong to `store`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use sea_orm::DbErr;
use tokio::sync::{OwnedSemaphorePermit, broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::context::{Context, ContextHash};
use super::keys::AppKeys;
use super::loki::Feed;
use super::sessions::Sessions;
use super::signal::{Kind, Level, Signal};
use super::store::kept::{self, Owner};
use super::store::{self, Faults, NewSignal};
use crate::clock::Clock;
use crate::db::Db;
use crate::monitoring::series::Series;
use crate::observe::metrics;
use crate::timeline::Ids;

/// Batches that wait; their bytes are bounded before they get here.
const QUEUE: usize = 1024;
/// Signals in one commit: a tenth of a second of the heaviest load, so that other writes do not wait long.
const COMMIT: usize = 1_000;
/// Contexts remembered, some 4 MB: the sessions and pages of the last minutes.
const CONTEXTS: usize = 50_000;
/// After how long a context's last use is written again. Retention keeps contexts that were used within a day.
const CONTEXT_AGE_MS: i64 = 3_600_000;
/// Signals erased in one write job: some milliseconds.
const ERASED: u64 = 1_000;
/// Commits that a slow listener may be behind.
const TAIL: usize = 256;

/// Type of the measurements that the SDK makes by itself.
const WEB_VITALS: &str = "web-vitals";

/// What identifies a batch that is sent again.
pub type BatchKey = [u8; 16];

/// A signal that is in the database.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id, which is also its time.
    pub id: i64,
    /// Who and where.
    pub context: Arc<Context>,
    /// What.
    pub signal: Signal,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Signals that were stored now.
    pub stored: usize,
    /// Whether the batch had been stored before.
    pub again: bool,
}

/// Why a batch was not stored. It may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Too much waits already, or the server stops.
    #[error("too much waits to be stored")]
    Full,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// A batch on its way.
struct Entry {
    context: Context,
    signals: Vec<Signal>,
    key: Option<BatchKey>,
    /// Held until it is stored: bounds the bytes that wait.
    _room: Option<OwnedSemaphorePermit>,
    reply: oneshot::Sender<Result<Accepted, Arc<DbErr>>>,
}

/// See the module.
pub struct Intake {
    db: Db,
    clock: Clock,
    keys: AppKeys,
    sessions: Sessions,
    series: Series,
    ids: Arc<Ids>,
    queue: mpsc::Sender<Entry>,
    waiting: Mutex<Option<mpsc::Receiver<Entry>>>,
    contexts: Arc<Mutex<Known>>,
    feed: Arc<Feed>,
    tail: broadcast::Sender<Arc<Vec<Stored>>>,
}

/// Contexts whose row is known.
type Known = HashMap<ContextHash, (i64, i64)>;

impl Intake {
    pub fn new(
        db: Db,
        clock: Clock,
        keys: AppKeys,
        sessions: Sessions,
        series: Series,
        feed: Arc<Feed>,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        Self {
            db,
            clock,
            keys,
            sessions,
            series,
            ids: Arc::new(Ids::after(0)),
            queue,
            waiting: Mutex::new(Some(waiting)),
            contexts: Arc::default(),
            feed,
            tail: broadcast::channel(TAIL).0,
        }
    }

    /// Reads the id to go on after; gives it.
    pub async fn load(&self) -> Result<i64, DbErr> {
        let last = store::last_id(self.db.read()).await?;
        self.ids.raise(last);
        Ok(last)
    }

    pub fn tail(&self) -> broadcast::Receiver<Arc<Vec<Stored>>> {
        self.tail.subscribe()
    }

    /// Stores a batch, and returns when it is durable.
    pub async fn store(
        &self,
        context: Context,
        signals: Vec<Signal>,
        key: Option<BatchKey>,
        room: Option<OwnedSemaphorePermit>,
    ) -> Result<Accepted, Refused> {
        let (reply, answer) = oneshot::channel();
        let entry = Entry { context, signals, key, _room: room, reply };
        self.queue.try_send(entry).map_err(|_| Refused::Full)?;
        metrics::signal_queue(self.queue.max_capacity() - self.queue.capacity());
        match answer.await {
            Ok(outcome) => outcome.map_err(|e| Refused::Db(again(&e))),
            Err(_) => Err(Refused::Full),
        }
    }

    /// Removes the signals of an owner, with their contexts; gives how many signals there were.
    pub async fn erase(&self, owner: Owner) -> Result<u64, DbErr> {
        let installations = owner.installations.clone();
        let mut erased = 0;
        loop {
            let (owner, known) = (owner.clone(), self.contexts.clone());
            let step = self.db.write(move |tx| {
                Box::pin(async move {
                    // Rows of contexts go: neither a later job of this commit nor one after it may take them for known.
                    known.lock().expect("no panic while held").clear();
                    let step = kept::erase(tx.conn(), &owner, ERASED).await?;
                    tx.after_commit(move || known.lock().expect("no panic while held").clear());
                    Ok::<_, DbErr>(step)
                })
            });
            let step = step.await?;
            erased += step;
            if step < ERASED {
                for installation in installations {
                    self.series.erase_client(installation).await?;
                }
                return Ok(erased);
            }
        }
    }

    /// Commits what waits until `stop`, and then what is left.
    pub async fn run(&self, stop: CancellationToken) {
        let Some(mut waiting) = self.waiting.lock().expect("no panic while held").take() else { return };
        loop {
            let first = tokio::select! {
                first = waiting.recv() => first,
                () = stop.cancelled() => {
                    waiting.close();
                    waiting.recv().await
                }
            };
            let Some(first) = first else { return };
            let mut count = first.signals.len();
            let mut entries = vec![first];
            while count < COMMIT
                && let Ok(next) = waiting.try_recv()
            {
                count += next.signals.len();
                entries.push(next);
            }
            metrics::signal_queue(waiting.len());
            self.commit(entries).await;
        }
    }

    async fn commit(&self, entries: Vec<Entry>) {
        let start = Instant::now();
        let mut replies = Vec::with_capacity(entries.len());
        let mut batches = Vec::with_capacity(entries.len());
        for entry in entries {
            replies.push(entry.reply);
            let hash = entry.context.hash();
            batches.push(Batch {
                hash,
                context: Arc::new(entry.context),
                signals: entry.signals,
                key: entry.key,
            });
        }
        let job =
            Job { batches, known: self.contexts.clone(), ids: self.ids.clone(), now: self.clock.now_ms() };
        let outcome = self.db.write(|tx| Box::pin(async move { job.run(tx).await })).await;
        metrics::signal_commit_seconds(start.elapsed());
        match outcome {
            Ok(Done { accepted, stored, bytes }) => {
                self.tell(stored);
                self.feed.stored(bytes);
                for (reply, accepted) in replies.into_iter().zip(accepted) {
                    // Whoever waited may be gone; the batch is stored all the same.
                    let _ = reply.send(Ok(accepted));
                }
            }
            Err(e) => {
                let e = Arc::new(e);
                for reply in replies {
                    let _ = reply.send(Err(e.clone()));
                }
            }
        }
    }
}

impl Intake {
    /// Tells of what is durable now. Not in the writer: everybody's writes would wait for it. This task alone stores
    /// signals, so that they are told of in their order.
    fn tell(&self, stored: Vec<Stored>) {
        count(&stored, &self.keys, &self.series);
        self.sessions.learn(&stored);
        if self.tail.receiver_count() > 0 && !stored.is_empty() {
            let _ = self.tail.send(Arc::new(stored));
        }
    }
}

/// The same error for another caller: it cannot be cloned. What decides about the answer stays.
fn again(e: &DbErr) -> DbErr {
    match e {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
            DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout)
        }
        other => DbErr::Custom(other.to_string()),
    }
}

struct Batch {
    hash: ContextHash,
    context: Arc<Context>,
    signals: Vec<Signal>,
    key: Option<BatchKey>,
}

/// One write job.
struct Job {
    batches: Vec<Batch>,
    known: Arc<Mutex<Known>>,
    ids: Arc<Ids>,
    now: i64,
}

/// What became of the batches of a job, in their order, and what is stored of them.
struct Done {
    accepted: Vec<Accepted>,
    stored: Vec<Stored>,
    /// Bytes of the signals, each with its context.
    bytes: u64,
}

impl Job {
    async fn run(self, tx: &crate::db::Tx) -> Result<Done, DbErr> {
        let Self { batches, known, ids, now } = self;
        let conn = tx.conn();
        let claimed: Vec<BatchKey> = batches.iter().filter_map(|batch| batch.key).collect();
        let mut fresh = store::claim(conn, &claimed, now).await?;
        let mut accepted = Vec::with_capacity(batches.len());
        let mut kept = Vec::with_capacity(batches.len());
        for batch in batches {
            // Removed, so that of two equal ones in this commit the second is the repetition.
            let again = batch.key.is_some_and(|key| !fresh.remove(&key));
            accepted.push(Accepted { stored: if again { 0 } else { batch.signals.len() }, again });
            if again {
                metrics::signal_batch_again();
            } else {
                kept.push(batch);
            }
        }
        let (mut contexts, mut learnt) = (HashMap::new(), Known::new());
        for batch in &kept {
            if contexts.contains_key(&batch.hash) {
                continue;
            }
            let found = known.lock().expect("no panic while held").get(&batch.hash).copied();
            let id = match found.filter(|(_, at)| now - at < CONTEXT_AGE_MS) {
                Some((id, _)) => id,
                None => {
                    let id = store::put_context(conn, &batch.hash, &batch.context, now).await?;
                    learnt.insert(batch.hash, (id, now));
                    id
                }
            };
            contexts.insert(batch.hash, id);
        }
        let (mut faults, mut fingerprints) = (Faults::default(), Vec::new());
        for batch in &kept {
            for signal in batch.signals.iter().filter(|s| s.kind == Kind::Exception) {
                fingerprints.push(faults.add(&batch.context, signal, now));
            }
        }
        let groups = store::put_faults(conn, faults).await?;
        let mut fingerprints = fingerprints.into_iter();
        let (mut rows, mut stored, mut bytes) = (Vec::new(), Vec::new(), 0);
        for batch in kept {
            let context_id = contexts[&batch.hash];
            for signal in batch.signals {
                let id = ids.next(now);
                // Exceptions come in the order in which their fingerprints were made.
                let fingerprint = (signal.kind == Kind::Exception).then(|| fingerprints.next()).flatten();
                let group = fingerprint.and_then(|fingerprint| groups.get(&fingerprint).copied());
                let row = NewSignal::new(id, context_id, group, &signal);
                bytes += row.bytes() + batch.context.meta.json.len() as u64;
                rows.push(row);
                stored.push(Stored { id, context: batch.context.clone(), signal });
            }
        }
        store::insert(conn, rows).await?;
        tx.after_commit(move || remember(&known, learnt));
        Ok(Done { accepted, stored, bytes })
    }
}

fn remember(known: &Mutex<Known>, learnt: Known) {
    let mut known = known.lock().expect("no panic while held");
    if known.len() + learnt.len() > CONTEXTS {
        known.clear();
    }
    known.extend(learnt);
}

/// Counts for Prometheus, where applications that have no key share one label, and for the aggregates.
fn count(stored: &[Stored], keys: &AppKeys, series: &Series) {
    let mut counts: HashMap<(Option<Uuid>, &str, Kind, Level), u64> = HashMap::new();
    let mut labels: HashMap<&str, &str> = HashMap::new();
    for Stored { context, signal, .. } in stored {
        let meta = &context.meta;
        // Once for each application, as it looks through the keys.
        let label = *labels.entry(&meta.app).or_insert_with(|| label(keys, &meta.app));
        *counts.entry((context.installation, &meta.app, signal.kind, signal.level)).or_default() += 1;
        for (name, value) in &signal.body.values {
            // How much a web vital changed since it was last reported is no measurement of its own.
            if name == "delta" {
                continue;
            }
            series.measurement(&meta.app, &meta.app_version, &meta.view, name, *value);
            if signal.message == WEB_VITALS {
                metrics::web_vital(label, name, *value);
            }
        }
    }
    for ((client, app, kind, level), count) in counts {
        metrics::signals_stored(kind.as_str(), labels[app], level.as_str(), count);
        series.signals(client, app, kind.as_str(), level == Level::Error, count);
    }
}

fn label<'a>(keys: &AppKeys, app: &'a str) -> &'a str {
    if keys.is_registered(app) { app } else { "other" }
}

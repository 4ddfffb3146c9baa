//! From a batch to the disk: a bounded queue, and one task that commits what waits together.
//!
//! Owns order, bounds and what is told after a commit. The statements belong to `store`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use sea_orm::DbErr;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::collect::Room;
use super::context::{Context, ContextHash};
use super::counted;
use super::keys::AppKeys;
use super::known::{KnownContexts, Rows};
use super::loki::Feed;
use super::sessions::Sessions;
use super::signal::{Kind, Signal};
use super::store::faults::Faults;
use super::store::kept::{self, Owner};
use super::store::usage::{self, Beside};
use super::store::{self, NewSignal, contexts};
use crate::clock::Clock;
use crate::db::Db;
use crate::monitoring::Series;
use crate::observe::metrics;
use crate::timeline::Ids;
use crate::told::{Listener, Teller};

/// Batches that wait; their bytes are bounded before they get here.
const QUEUE: usize = 1024;
/// Signals in one commit: a tenth of a second of the heaviest load, so that other writes do not wait long.
const COMMIT: usize = 1_000;
/// Commits that a slow listener may be behind.
const TAIL: usize = 256;

/// What identifies a batch that is sent again.
pub type BatchKey = [u8; 16];

/// How a batch is known again.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The same key, the same batch.
    pub key: BatchKey,
    /// What it carries, where the key does not follow from that.
    pub content: Option<BatchKey>,
}

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

/// Why a batch was not stored. It may be sent again, but for a conflict.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Too much waits already, or the server stops.
    #[error("too much waits to be stored")]
    Full,
    /// Another batch with its key is stored: sent again, it is refused again.
    #[error("another batch was stored with its key")]
    Conflict,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What became of a batch; `None` when another one has its key.
type Fate = Option<Accepted>;

/// A batch on its way.
struct Entry {
    context: Context,
    signals: Vec<Signal>,
    claim: Option<Claim>,
    /// Held until it is stored: bounds the bytes that wait.
    _room: Room,
    reply: oneshot::Sender<Result<Fate, Arc<DbErr>>>,
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
    contexts: KnownContexts,
    feed: Arc<Feed>,
    tail: Teller<Stored>,
}

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
            contexts: KnownContexts::default(),
            feed,
            tail: Teller::new(TAIL),
        }
    }

    /// Reads the id to go on after; gives it.
    pub async fn load(&self) -> Result<i64, DbErr> {
        let last = store::last_id(self.db.read()).await?;
        self.ids.raise(last);
        Ok(last)
    }

    pub fn known(&self) -> &KnownContexts {
        &self.contexts
    }

    pub fn tail(&self) -> Listener<Stored> {
        self.tail.listen()
    }

    /// Stores a batch, and returns when it is durable.
    pub async fn store(
        &self,
        context: Context,
        signals: Vec<Signal>,
        claim: Option<Claim>,
        room: Room,
    ) -> Result<Accepted, Refused> {
        let (reply, answer) = oneshot::channel();
        let entry = Entry { context, signals, claim, _room: room, reply };
        self.queue.try_send(entry).map_err(|_| Refused::Full)?;
        metrics::signal_queue(self.queue.max_capacity() - self.queue.capacity());
        match answer.await {
            Ok(Ok(fate)) => fate.ok_or(Refused::Conflict),
            Ok(Err(e)) => Err(Refused::Db(again(&e))),
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
                    known.forget(tx);
                    kept::erase(tx.conn(), &owner).await
                })
            });
            let step = step.await?;
            erased += step.signals;
            if step.done {
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
                claim: entry.claim,
            });
        }
        let job =
            Job { batches, known: self.contexts.clone(), ids: self.ids.clone(), now: self.clock.now_ms() };
        let outcome = self.db.write(|tx| Box::pin(async move { job.run(tx).await })).await;
        metrics::signal_commit_seconds(start.elapsed());
        match outcome {
            Ok(Done { fates, stored, bytes }) => {
                self.tell(stored);
                self.feed.stored(bytes);
                for (reply, fate) in replies.into_iter().zip(fates) {
                    // Whoever waited may be gone; the batch is stored all the same.
                    let _ = reply.send(Ok(fate));
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
        counted::count(&stored, &self.keys, &self.series);
        self.sessions.learn(&stored);
        if self.tail.is_heard() {
            self.tail.tell(stored);
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
    claim: Option<Claim>,
}

/// One write job.
struct Job {
    batches: Vec<Batch>,
    known: KnownContexts,
    ids: Arc<Ids>,
    now: i64,
}

/// What became of the batches of a job, in their order, and what is stored of them.
struct Done {
    fates: Vec<Fate>,
    stored: Vec<Stored>,
    /// Bytes of the signals, each with its context.
    bytes: u64,
}

impl Job {
    async fn run(self, tx: &crate::db::Tx) -> Result<Done, DbErr> {
        let Self { batches, known, ids, now } = self;
        let conn = tx.conn();
        let claims: Vec<Claim> = batches.iter().filter_map(|batch| batch.claim).collect();
        let mut claimed = store::claim(conn, &claims, now).await?;
        let mut fates = Vec::with_capacity(batches.len());
        let mut kept = Vec::with_capacity(batches.len());
        for batch in batches {
            // Removed, so that of two equal ones in this commit the second is the repetition.
            let again = batch.claim.is_some_and(|claim| !claimed.fresh.remove(&claim.key));
            let other = again && batch.claim.is_some_and(|claim| claimed.is_other(claim));
            let stored = if again { 0 } else { batch.signals.len() };
            fates.push((!other).then_some(Accepted { stored, again }));
            if !again {
                kept.push(batch);
            } else if !other {
                metrics::signal_batch_again();
            }
        }
        let (mut rows_of, mut learnt, mut grown) = (HashMap::new(), Rows::new(), 0);
        for batch in &kept {
            if rows_of.contains_key(&batch.hash) {
                continue;
            }
            let id = match known.row(&batch.hash, now) {
                Some(id) => id,
                None => {
                    let (id, bytes) = contexts::put(conn, &batch.hash, &batch.context, now).await?;
                    learnt.insert(batch.hash, (id, now));
                    grown += bytes;
                    id
                }
            };
            rows_of.insert(batch.hash, id);
        }
        usage::change(conn, Beside::Contexts, grown).await?;
        let (mut faults, mut fingerprints) = (Faults::new(now), Vec::new());
        for batch in &kept {
            for signal in batch.signals.iter().filter(|s| s.kind == Kind::Exception) {
                fingerprints.push(faults.add(&batch.context, signal));
            }
        }
        let groups = faults.put(conn).await?;
        let mut fingerprints = fingerprints.into_iter();
        let (mut rows, mut stored, mut bytes) = (Vec::new(), Vec::new(), 0);
        for batch in kept {
            let context_id = rows_of[&batch.hash];
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
        tx.after_commit(move || known.learn(learnt));
        Ok(Done { fates, stored, bytes })
    }
}

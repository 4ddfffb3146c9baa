//! Group commit: one task owns the write connection and commits what arrived together.
//!
//! A commit waits for the disk, whatever its size; a batch shares that wait. Each job of a batch runs in
//! a savepoint, so that one which fails leaves no trace and does not take the others along.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tokio::sync::{mpsc, oneshot};

use super::fault;
use crate::observe::metrics as m;

/// Jobs that may wait. At a few thousand jobs a second this is under a second of work.
const QUEUE: usize = 1024;
/// Jobs that share one commit: enough to amortise the disk, few enough to answer within milliseconds.
const BATCH: usize = 128;
/// Commits whose sizes are remembered, for whoever looks at the server's state.
const REMEMBERED: usize = 32;
/// How long a caller waits for a place in the queue before it is told to come back later.
const QUEUE_WAIT: Duration = Duration::from_secs(5);

/// A write transaction as a job sees it.
pub struct Tx {
    conn: DatabaseTransaction,
    after: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

impl Tx {
    /// The connection to run statements on.
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.conn
    }

    /// Runs `hook` once the commit is durable, in the order of commits and before the caller is answered.
    ///
    /// This is where memory and the hub learn what the database now holds. A hook must not block.
    pub fn after_commit(&self, hook: impl FnOnce() + Send + 'static) {
        self.after.lock().expect("no panic while held").push(Box::new(hook));
    }
}

/// Tells the caller how it ended: `Ok` after the commit, or why there was none.
type Settle = Box<dyn FnOnce(Result<(), DbErr>) + Send>;
/// What a job leaves: whether to keep what it wrote, and whom to tell.
type Ran = (bool, Settle);
type Job = Box<dyn for<'c> FnOnce(&'c Tx) -> BoxFuture<'c, Ran> + Send>;

/// Sending side of the writer; clones share it.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
    recent: Recent,
    written: Arc<Mutex<Written>>,
}

/// What the writer has done since it started: counts that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Written {
    /// Jobs.
    pub jobs: u64,
    /// Commits.
    pub commits: u64,
    /// Seconds that the commits took, with their jobs.
    pub seconds: f64,
}

/// Sizes of the last commits, newest first.
type Recent = Arc<Mutex<VecDeque<usize>>>;

enum Message {
    Job(Job),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task that owns `conn`. It ends with [`Writer::close`] or with the last handle.
    pub fn start(conn: DatabaseConnection) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let recent = Recent::default();
        let written = Arc::<Mutex<Written>>::default();
        tokio::spawn(serve(conn, jobs, recent.clone(), written.clone()));
        Self { queue, recent, written }
    }

    /// A writer that refuses everything.
    pub fn closed() -> Self {
        Self { queue: mpsc::channel(1).0, recent: Recent::default(), written: Arc::default() }
    }

    /// How many jobs each of the last commits carried, newest first.
    pub fn recent_commits(&self) -> Vec<u64> {
        self.recent.lock().expect("no panic while held").iter().map(|jobs| *jobs as u64).collect()
    }

    /// What was done so far.
    pub fn written(&self) -> Written {
        *self.written.lock().expect("no panic while held")
    }

    /// Jobs that wait now.
    pub fn depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// See [`super::Db::write`].
    pub async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbErr> + Send + 'static,
        F: for<'c> FnOnce(&'c Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let queued = Instant::now();
        let (reply, answer) = oneshot::channel::<Result<T, E>>();
        let boxed: Job = Box::new(move |tx| {
            Box::pin(async move {
                match job(tx).await {
                    Ok(value) => {
                        let settle: Settle = Box::new(move |outcome| {
                            let _ = reply.send(outcome.map(|()| value).map_err(E::from));
                        });
                        (true, settle)
                    }
                    Err(error) => {
                        let settle: Settle = Box::new(move |_| {
                            let _ = reply.send(Err(error));
                        });
                        (false, settle)
                    }
                }
            })
        });
        match tokio::time::timeout(QUEUE_WAIT, self.queue.send(Message::Job(boxed))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(closed().into()),
            Err(_) => {
                m::write_refused();
                return Err(DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout).into());
            }
        }
        let answer = answer.await.unwrap_or_else(|_| Err(closed().into()));
        m::write_seconds(queued.elapsed());
        answer
    }

    /// Finishes the queue and closes the connection.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

/// The error of a caller whose job will not run, or whose job panicked.
fn closed() -> DbErr {
    DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::ConnectionClosed)
}

async fn serve(
    conn: DatabaseConnection,
    mut queue: mpsc::Receiver<Message>,
    recent: Recent,
    written: Arc<Mutex<Written>>,
) {
    let mut closing = None;
    while closing.is_none() {
        let Some(first) = queue.recv().await else {
            break;
        };
        let mut batch = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Job(job) => batch.push(job),
                Message::Close(done) => {
                    closing = Some(done);
                    break;
                }
            }
            next = if batch.len() < BATCH { queue.try_recv().ok() } else { None };
        }
        if !batch.is_empty() {
            remember(&recent, batch.len());
            let (jobs, start) = (batch.len() as u64, Instant::now());
            commit(&conn, batch).await;
            let mut written = written.lock().expect("no panic while held");
            written.jobs += jobs;
            written.commits += 1;
            written.seconds += start.elapsed().as_secs_f64();
        }
    }
    // Refuse what comes later, and let whoever waits for a place know.
    queue.close();
    if let Err(e) = conn.close().await {
        tracing::warn!(error = %e, "Could not close the write connection");
    }
    if let Some(done) = closing {
        let _ = done.send(());
    }
}

fn remember(recent: &Recent, jobs: usize) {
    let mut recent = recent.lock().expect("no panic while held");
    recent.truncate(REMEMBERED - 1);
    recent.push_front(jobs);
}

/// Runs the jobs in one transaction and tells each caller the outcome.
async fn commit(conn: &DatabaseConnection, batch: Vec<Job>) {
    let start = Instant::now();
    m::write_batch(batch.len());
    let mut hooks = Vec::new();
    let mut settled = Vec::with_capacity(batch.len());
    let outcome = run_batch(conn, batch, &mut hooks, &mut settled).await;
    m::commit_seconds(start.elapsed());
    match outcome {
        Ok(()) => {
            for hook in hooks {
                if std::panic::catch_unwind(AssertUnwindSafe(hook)).is_err() {
                    tracing::error!("A hook after a commit panicked");
                }
            }
            for settle in settled {
                settle(Ok(()));
            }
        }
        Err(e) => {
            tracing::error!(error = %e, "A commit failed; its writes were refused");
            for settle in settled {
                settle(Err(e.clone()));
            }
        }
    }
}

async fn run_batch(
    conn: &DatabaseConnection,
    batch: Vec<Job>,
    hooks: &mut Vec<Box<dyn FnOnce() + Send>>,
    settled: &mut Vec<Settle>,
) -> Result<(), DbErr> {
    // `begin` is deferred in SQLite; with a single writing connection nobody can come between.
    let outer = conn.begin().await?;
    for job in batch {
        let tx = Tx { conn: outer.begin().await?, after: Mutex::new(Vec::new()) };
        let ran = AssertUnwindSafe(job(&tx)).catch_unwind().await;
        let Tx { conn: savepoint, after } = tx;
        match ran {
            Ok((true, settle)) => {
                settled.push(settle);
                savepoint.commit().await.map_err(|e| fault::given_up(&e))?;
                hooks.extend(after.into_inner().expect("no panic while held"));
            }
            Ok((false, settle)) => {
                settled.push(settle);
                savepoint.rollback().await.map_err(|e| fault::given_up(&e))?;
            }
            Err(_) => {
                tracing::error!("A write job panicked; it was rolled back");
                savepoint.rollback().await.map_err(|e| fault::given_up(&e))?;
            }
        }
    }
    outer.commit().await
}

//! The server's database as only a test reaches it: what cannot be made through the front door, and the order of writes.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use workspace_server::db::statement;

use super::{TestApp, eventually};

/// Runs a statement in the writer; gives the number of rows that it changed.
pub async fn write(app: &TestApp, sql: impl Into<String>, values: impl Into<Vec<Value>>) -> u64 {
    let (sql, values): (String, Vec<Value>) = (sql.into(), values.into());
    let job = app.services.db.write(move |tx| {
        Box::pin(async move {
            Ok(tx.conn().execute_raw(statement(tx.conn(), &sql, values)).await?.rows_affected())
        })
    });
    let done: Result<u64, DbErr> = job.await;
    done.unwrap()
}

/// The rows of a query.
pub async fn rows(app: &TestApp, sql: &str) -> Vec<QueryResult> {
    let db = app.services.db.read();
    db.query_all_raw(statement(db, sql, [])).await.unwrap()
}

/// The one number that a query gives.
pub async fn number(app: &TestApp, sql: &str) -> i64 {
    rows(app, sql).await[0].try_get_by_index(0).unwrap()
}

/// Keeps the writer busy, so that a test decides in which order other writes come.
pub struct Held {
    entered: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
    job: JoinHandle<()>,
}

impl Held {
    /// Takes the next place in the writer's queue.
    pub fn queue(app: &TestApp) -> Self {
        let (enter, entered) = oneshot::channel();
        let (go, wait) = oneshot::channel::<()>();
        let db = app.services.db.clone();
        let job = tokio::spawn(async move {
            let job = db.write(move |_| {
                Box::pin(async move {
                    let _ = enter.send(());
                    let _ = wait.await;
                    Ok::<_, DbErr>(())
                })
            });
            // How its commit ended is for the test to see in the others'.
            let _ = job.await;
        });
        Self { entered, go, job }
    }

    /// Has the writer from now on.
    pub async fn writer(app: &TestApp) -> Self {
        let mut held = Self::queue(app);
        held.entered().await;
        held
    }

    /// Waits until it has the writer.
    pub async fn entered(&mut self) {
        (&mut self.entered).await.unwrap();
    }

    /// Lets the writer go on, and waits for the end of that commit.
    pub async fn release(self) {
        self.go.send(()).unwrap();
        self.job.await.unwrap();
    }
}

/// Waits until `jobs` writes wait for the writer.
pub async fn queued(app: &TestApp, jobs: usize) {
    let db = app.services.db.clone();
    eventually("the writes wait", || {
        let depth = db.write_queue_depth();
        async move { (depth >= jobs).then_some(()) }
    })
    .await;
}

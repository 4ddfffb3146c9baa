use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement, Value};
use sea_orm_migration::async_trait::async_trait;
use tempfile::TempDir;
use uuid::Uuid;

use super::faults::Faults;
use super::kept::{self, Owner};
use super::old::{self, STEP_BYTES};
use super::{NewSignal, contexts, groups, insert, usage};
use crate::db::{Db, statement};
use crate::telemetry::context::Context;
use crate::telemetry::payload;
use crate::telemetry::signal::{Body, Kind, Level, Signal};

async fn open() -> (TempDir, Db) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&dir.path().join("signals.sqlite")).await.unwrap();
    (dir, db)
}

/// Runs a write job.
macro_rules! write {
    ($db:expr, |$conn:ident| $job:expr) => {
        $db.write(move |tx| {
            Box::pin(async move {
                let $conn = tx.conn();
                let done: Result<_, DbErr> = $job.await;
                done
            })
        })
        .await
        .unwrap()
    };
}

async fn number(db: &Db, sql: &str) -> i64 {
    let row = db.read().query_one_raw(statement(db.read(), sql, [])).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

fn context(version: &str, session: &str) -> Context {
    let meta = format!(
        r#"{{"meta":{{"app":{{"name":"desk","version":"{version}"}},"session":{{"id":"{session}"}}}}}}"#
    );
    Context::new(payload::parse(meta.as_bytes()).unwrap().meta, None)
}

fn signal(kind: Kind, message: &str) -> Signal {
    let body = Body { r#type: "E".to_owned(), value: message.to_owned(), ..Body::default() };
    let (level, message) = (Level::Error, message.to_owned());
    Signal { kind, level, client_ms: None, trace_id: None, span_id: None, message, body }
}

/// A text for each number that differs from others in more than numbers, so that each is a fault of its own.
fn words(n: i64) -> String {
    format!("{n:b}").bytes().map(|b| if b == b'0' { 'a' } else { 'b' }).collect()
}

/// What the usage says must be what is there.
async fn assert_counted(db: &Db) {
    let signals = "SELECT COALESCE(SUM(octet_length(body) + octet_length(message) + 60), 0) FROM signals";
    assert_eq!(
        number(db, "SELECT COALESCE(SUM(bytes), 0) FROM signal_usage").await,
        number(db, signals).await
    );
    let contexts = "SELECT COALESCE(SUM(2 * octet_length(meta) + 300), 0) FROM signal_contexts";
    let counted = "SELECT bytes FROM telemetry_usage WHERE what = 'contexts'";
    assert_eq!(number(db, counted).await, number(db, contexts).await);
    let groups = "SELECT COALESCE(SUM(octet_length(app) + octet_length(type) + octet_length(message) \
                  + octet_length(culprit) + 200), 0) + (SELECT COUNT(*) * 60 FROM error_group_clients) \
                  + (SELECT COUNT(*) * 20 FROM error_group_hours) \
                  + (SELECT COALESCE(SUM(octet_length(version) + 60), 0) FROM error_group_versions) FROM error_groups";
    assert_eq!(usage::of_groups(db.read()).await.unwrap(), number(db, groups).await);
    assert_eq!(
        number(db, "SELECT COALESCE(SUM(bytes), 0) FROM error_groups").await,
        number(db, groups).await
    );
    let clients = "SELECT (SELECT COUNT(*) FROM error_group_clients) - (SELECT COALESCE(SUM(clients), 0) FROM error_groups)";
    assert_eq!(number(db, clients).await, 0);
}

#[tokio::test]
async fn a_step_of_deletion_is_bounded_by_bytes_too_and_takes_contexts_along() {
    let (_dir, db) = open().await;
    let large = 256 << 10;
    write!(db, |conn| async {
        let text = "x".repeat(large);
        for n in 0..40 {
            // Every two signals have a context in common.
            let context = context("1", &format!("s{}", n / 2));
            let (row, bytes) = contexts::put(conn, &context.hash(), &context, n).await?;
            usage::change(conn, usage::Beside::Contexts, bytes).await?;
            insert(conn, vec![NewSignal::new(n + 1, row, None, &signal(Kind::Log, &text))]).await?;
        }
        Ok(())
    });
    assert_counted(&db).await;
    let mut steps = Vec::new();
    loop {
        let step = write!(db, |conn| old::delete_oldest(conn, None, 1_000));
        if step.signals.is_empty() {
            break;
        }
        steps.push((step.signals.len(), step.contexts));
        assert_counted(&db).await;
    }
    // Each has its text twice: as its message and in its body.
    let most = STEP_BYTES as usize / (2 * large) + 1;
    assert!(steps.iter().all(|(signals, _)| *signals <= most), "{steps:?}");
    assert_eq!(steps.iter().map(|(signals, _)| signals).sum::<usize>(), 40);
    assert_eq!(steps.iter().map(|(_, contexts)| contexts).sum::<u64>(), 20);
    assert_eq!(number(&db, "SELECT COUNT(*) FROM signal_contexts").await, 0);
}

#[tokio::test]
async fn versions_and_clients_of_an_error_are_bounded() {
    let (_dir, db) = open().await;
    for commit in 0..3_i64 {
        let mut faults = Faults::new(commit * 1_000);
        for n in 0..4_000 {
            let context = context(&format!("1.{commit}.{}", n % 60), &format!("{commit}-{n}"));
            faults.add(&context, &signal(Kind::Exception, "no"));
        }
        let rows = write!(db, |conn| faults.put(conn));
        assert_eq!(rows.len(), 1);
        assert_counted(&db).await;
    }
    assert_eq!(number(&db, "SELECT clients FROM error_groups").await, 10_000);
    assert_eq!(number(&db, "SELECT count FROM error_groups").await, 12_000);
    assert_eq!(number(&db, "SELECT COUNT(*) FROM error_group_versions").await, 100);
    let last = number(&db, "SELECT COUNT(*) FROM error_group_versions WHERE version LIKE '1.2.%'").await;
    assert_eq!(last, 60, "those seen last stay");
    // What was seen longest ago goes first, and only before the edge.
    for (name, at) in [("another", 5_000), ("third", 6_000)] {
        let mut faults = Faults::new(at);
        faults.add(&context("2", "s"), &signal(Kind::Exception, name));
        write!(db, |conn| faults.put(conn));
    }
    let gone = write!(db, |conn| groups::delete_oldest(conn, Some(2_000), 1 << 30));
    assert_eq!(gone, 0);
    let gone = write!(db, |conn| groups::delete_oldest(conn, None, 1));
    assert_eq!(gone, 1, "one at least, and no more than a step");
    assert_eq!(number(&db, "SELECT COUNT(*) FROM error_groups WHERE message = 'no'").await, 0);
    assert_counted(&db).await;
}

/// A connection that counts its statements.
struct Counting<'a>(&'a sea_orm::DatabaseTransaction, AtomicUsize);

impl Counting<'_> {
    fn count(&self) -> &sea_orm::DatabaseTransaction {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0
    }
}

#[async_trait]
impl ConnectionTrait for Counting<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }
    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.count().execute_raw(statement).await
    }
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.count().execute_unprepared(sql).await
    }
    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.count().query_one_raw(statement).await
    }
    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.count().query_all_raw(statement).await
    }
}

/// Everybody's writes wait for a commit, whatever a client makes up.
#[tokio::test]
async fn thousands_of_faults_at_once_take_few_statements() {
    let (_dir, db) = open().await;
    // The first time all are new, and the second time all are there, in an hour and a version of their own.
    for (commit, at) in [(1, 0), (2, 3_600_000)] {
        let mut faults = Faults::new(at);
        for n in 0..3_000 {
            for version in 0..2 {
                let context = context(&format!("{commit}.{version}"), &format!("s{commit}-{n}"));
                faults.add(&context, &signal(Kind::Exception, &words(n)));
            }
        }
        let (rows, statements) = write!(db, |conn| async {
            let counting = Counting(conn, AtomicUsize::new(0));
            let rows = faults.put(&counting).await?;
            Ok((rows, counting.1.into_inner()))
        });
        assert_eq!(rows.len(), 3_000);
        assert!(statements < 200, "{statements} statements");
        assert_counted(&db).await;
        assert_eq!(number(&db, "SELECT SUM(count) FROM error_groups").await, 6_000 * commit);
        assert_eq!(number(&db, "SELECT COUNT(*) FROM error_group_versions").await, 6_000 * commit);
        assert_eq!(number(&db, "SELECT COUNT(*) FROM error_group_hours").await, 3_000 * commit);
        assert_eq!(number(&db, "SELECT SUM(clients) FROM error_groups").await, 3_000 * commit);
    }
}

/// Signals keep the id of their group when it is gone.
#[tokio::test]
async fn the_id_of_a_group_that_is_gone_is_nobodys_again() {
    let (_dir, db) = open().await;
    let mut had = Vec::new();
    for n in 0..3 {
        let mut faults = Faults::new(n);
        faults.add(&context("1", "s"), &signal(Kind::Exception, &words(n)));
        had.extend(write!(db, |conn| faults.put(conn)).into_values());
        assert_eq!(write!(db, |conn| groups::delete_oldest(conn, None, 1)), 1);
    }
    assert!(had.is_sorted_by(|a, b| a < b), "{had:?}");
    assert_counted(&db).await;
}

#[tokio::test]
async fn erasing_goes_in_small_steps_to_its_end() {
    let (_dir, db) = open().await;
    let account = Uuid::from_u128(7);
    let owner = Owner { account, installations: vec![context("1", "s").client()] };
    write!(db, |conn| async {
        let mine = Context { account: Some(account), ..context("1", "s") };
        let (row, bytes) = contexts::put(conn, &mine.hash(), &mine, 0).await?;
        usage::change(conn, usage::Beside::Contexts, bytes).await?;
        let rows = (1..=2_500).map(|n| NewSignal::new(n, row, None, &signal(Kind::Log, "m")));
        insert(conn, rows.collect()).await?;
        // Contexts without a signal, as earlier versions left them behind.
        let sql = "INSERT INTO signal_contexts (hash, app, app_version, environment, session, account_id, user_key, user_name, \
                   os, os_version, browser, view, page, meta, last_at) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL \
                   SELECT n + 1 FROM n WHERE n < 120) SELECT randomblob(32), '', '', '', '', $1, '', '', '', '', '', '', '', \
                   '{}', 0 FROM n";
        conn.execute_raw(statement(conn, sql, [Value::from(account)])).await?;
        usage::change(conn, usage::Beside::Contexts, 120 * 304).await?;
        for n in 0..1_200 {
            let mut faults = Faults::new(n);
            faults.add(&context("1", "s"), &signal(Kind::Exception, &words(n)));
            faults.add(&context("1", "other"), &signal(Kind::Exception, &words(n)));
            faults.put(conn).await?;
        }
        Ok(())
    });
    assert_counted(&db).await;
    let (mut removed, mut steps) = (0, 0);
    loop {
        let owner = owner.clone();
        let step = write!(db, |conn| kept::erase(conn, &owner));
        (removed, steps) = (removed + step.signals, steps + 1);
        assert_counted(&db).await;
        if step.done {
            break;
        }
    }
    // 3 of signals, 3 of contexts, 2 of clients of errors, and the last look.
    assert_eq!((removed, steps), (2_500, 9));
    assert_eq!(number(&db, "SELECT COUNT(*) FROM signal_contexts").await, 0);
    assert_eq!(number(&db, "SELECT SUM(clients) FROM error_groups").await, 1_200, "those of others stay");
}

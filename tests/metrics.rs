//! `/metrics`: what Prometheus reads, judged by Prometheus' own checker.

use std::process::Stdio;

use sea_orm::DbErr;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use workspace_server::realtime::Publication;

use crate::support::database::{Held, number, queued};
use crate::support::programs::tool;
use crate::support::{TestApp, Ws, eventually};

/// The page as Prometheus gets it.
async fn scrape(app: &TestApp) -> String {
    let response = reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    response.text().await.unwrap()
}

/// The value of the series that starts with `series`.
fn value(page: &str, series: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

/// Some of everything: requests, logins good and bad, clients that come, talk, are refused and are thrown out.
async fn use_everything(app: &TestApp) {
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let wrong = json!({"username": "ann", "password": "not the password"});
    app.anon().post("/api/auth/login", &wrong).await.expect(401);
    app.anon().get("/api/nothing").await.expect(404);
    let mut stranger = Ws::open(app, &[]).await.unwrap();
    stranger.send(json!({"id": 1, "connect": {"token": "forged"}}).to_string()).await;
    assert_eq!(stranger.closed().await, 3500);
    let mut ws = Ws::connect(app, &ann).await;
    ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    ws.ok("publish", &json!({"channel": "chat:general", "data": {"body": "hello"}})).await;
    ws.publication("chat:general").await;
    ws.ok("ping", &json!({})).await;
    admin.post(&format!("/api/clients/{}/disconnect", ws.client()), &Value::Null).await.expect(204);
    assert_eq!(ws.closed().await, 3503);
}

#[tokio::test]
async fn what_happens_is_counted() {
    let app = TestApp::spawn().await;
    let growing = [
        r#"workspace_http_requests_total{method="POST",route="/api/auth/login",status="401"}"#,
        r#"workspace_http_request_duration_seconds_count{method="POST",route="/api/auth/login"}"#,
        "workspace_logins_total",
        r#"workspace_login_failures_total{reason="credentials"}"#,
        "workspace_realtime_connects_total",
        r#"workspace_realtime_connects_refused_total{reason="invalid token"}"#,
        r#"workspace_realtime_disconnects_total{code="3503"}"#,
        r#"workspace_realtime_messages_in_total{kind="publish"}"#,
        r#"workspace_realtime_messages_in_total{kind="ping"}"#,
        "workspace_realtime_messages_out_total",
        "workspace_realtime_bytes_in_total",
        "workspace_realtime_bytes_out_total",
        "workspace_realtime_fanout_seconds_count",
        "workspace_database_write_duration_seconds_count",
        "workspace_database_commit_duration_seconds_count",
        "workspace_database_commit_jobs_count",
        "workspace_database_read_duration_seconds_count",
    ];
    let before = scrape(&app).await;
    use_everything(&app).await;
    eventually("every count grows", async || {
        let after = scrape(&app).await;
        let grown = |series: &&str| value(&after, series) > value(&before, series).or(Some(0.0));
        growing.iter().all(grown).then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn who_is_connected_and_listens_is_counted_while_it_lasts() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let counted = async || {
        let page = scrape(&app).await;
        let names = ["realtime_connections", "users_online", "realtime_channels", "realtime_subscriptions"];
        names.map(|name| value(&page, &format!("workspace_{name}")).expect("from the start"))
    };
    assert_eq!(counted().await, [0.0; 4]);
    let mut clients =
        [Ws::connect(&app, &ann).await, Ws::connect(&app, &ann).await, Ws::connect(&app, &bob).await];
    // Each account's own channel, with a subscription of each client.
    assert_eq!(counted().await, [3.0, 2.0, 2.0, 3.0]);
    for ws in &mut clients[1..] {
        ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    }
    assert_eq!(counted().await, [3.0, 2.0, 3.0, 5.0]);
    let [first, _, last] = clients;
    drop((first, last));
    eventually("two are gone", async || (counted().await == [1.0, 1.0, 2.0, 2.0]).then_some(())).await;
    app.stop().await;
}

#[tokio::test]
async fn who_does_not_read_is_counted_with_what_was_dropped() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let counted = async || {
        let page = scrape(&app).await;
        let names = [
            "workspace_realtime_slow_disconnects_total",
            "workspace_realtime_queue_dropped_bytes_total",
            r#"workspace_realtime_disconnects_total{code="3008"}"#,
        ];
        names.map(|name| value(&page, name).unwrap_or(0.0))
    };
    let before = counted().await;
    let mut slow = Ws::connect(&app, &ann).await;
    // More than the kernel buffers for a connection on loopback, many times over.
    let large = Publication::transient(&"x".repeat(512 * 1024));
    for _ in 0..100 {
        app.services.hub.publish(&format!("user:{}", ann.id), large.clone());
        tokio::task::yield_now().await;
    }
    assert_eq!(slow.closed().await, 3008);
    let after = eventually("it is counted", async || {
        let after = counted().await;
        (after[2] > before[2]).then_some(after)
    })
    .await;
    assert_eq!((after[0], after[2]), (before[0] + 1.0, before[2] + 1.0));
    // What waited for it: at least the frame that did not fit any more.
    assert!(after[1] >= before[1] + 512.0 * 1024.0, "{before:?} {after:?}");
    app.stop().await;
}

#[tokio::test]
async fn writes_that_wait_and_those_that_are_refused_are_counted() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let depth = async || value(&scrape(&app).await, "workspace_database_write_queue_depth").unwrap();
    let refused = async || value(&scrape(&app).await, "workspace_database_writes_refused_total").unwrap();
    let before = refused().await;
    let held = Held::writer(&app).await;
    // As many as may wait.
    let waiting: Vec<_> = (0..1024)
        .map(|_| {
            let db = app.services.db.clone();
            tokio::spawn(async move { db.write(|_| Box::pin(async { Ok::<_, DbErr>(()) })).await })
        })
        .collect();
    queued(&app, 1024).await;
    assert_eq!(depth().await, 1024.0);
    let message = json!({"body": "one too many"});
    let answer = ann.post("/api/chat/rooms/general/messages", &message).await;
    assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
    answer.expect_problem(503, "unavailable");
    assert!(refused().await > before);
    held.release().await;
    for job in waiting {
        job.await.unwrap().unwrap();
    }
    eventually("nothing waits any more", async || (depth().await == 0.0).then_some(())).await;
    assert_eq!(number(&app, "SELECT COUNT(*) FROM chat_messages").await, 0, "what was refused is not stored");
    app.stop().await;
}

#[tokio::test]
async fn promtool_finds_no_fault() {
    let app = TestApp::spawn().await;
    use_everything(&app).await;
    let page = scrape(&app).await;
    let mut promtool = Command::new(tool("promtool"))
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).await.unwrap();
    let output = promtool.wait_with_output().await.unwrap();
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.trim().is_empty(), "{said}\n{page}");
    app.stop().await;
}

#[tokio::test]
async fn every_series_has_help_and_type() {
    let app = TestApp::spawn().await;
    use_everything(&app).await;
    let page = scrape(&app).await;
    for line in page.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let series = line.split(['{', ' ']).next().unwrap();
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|suffix| series.strip_suffix(suffix))
            .find(|family| page.contains(&format!("# TYPE {family} histogram")))
            .unwrap_or(series);
        assert!(page.contains(&format!("# HELP {family} ")), "{family} has no description");
        assert!(page.contains(&format!("# TYPE {family} ")), "{family} has no type");
        // Some counters carry the names of the official Faro receiver, which dashboards use.
        let named = ["workspace_", "process_", "faro_receiver_"].iter().any(|own| family.starts_with(own));
        assert!(named, "{family}");
    }
    app.stop().await;
}

#[tokio::test]
async fn requests_are_counted_by_pattern_and_never_by_path() {
    let app = TestApp::spawn().await;
    // Tests of one process share the recorder: only growth says something.
    let counted = async || {
        let page = scrape(&app).await;
        let requests = r#"workspace_http_requests_total{method="GET",route="<unknown>",status="404"}"#;
        let timed = r#"workspace_http_request_duration_seconds_count{method="GET",route="<unknown>"}"#;
        (value(&page, requests).unwrap_or(0.0), value(&page, timed).unwrap_or(0.0), page)
    };
    let before = counted().await;
    for secret in ["/api/nothing-4711?token=geheim", "/api/nothing-4712", "/wp-login.php"] {
        app.anon().get(secret).await.expect_problem(404, "not_found");
    }
    let after = counted().await;
    assert!(after.0 >= before.0 + 3.0 && after.1 >= before.1 + 3.0, "{}", after.2);
    for word in ["4711", "4712", "geheim", "wp-login"] {
        assert!(!after.2.contains(word), "{word} is in a label");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_process_and_its_build_are_described() {
    let app = TestApp::spawn().await;
    let page = scrape(&app).await;
    assert!(value(&page, "process_resident_memory_bytes").unwrap() > 1e6);
    assert!(value(&page, "process_open_fds").unwrap() > 5.0);
    assert!(value(&page, "process_cpu_seconds_total").is_some());
    assert!(value(&page, "process_start_time_seconds").unwrap() > 1.7e9);
    assert!(value(&page, "workspace_database_size_bytes").unwrap() > 4096.0);
    let build = page.lines().find(|l| l.starts_with("workspace_build_info{")).unwrap();
    assert!(build.contains(&format!("version=\"{}\"", env!("CARGO_PKG_VERSION"))), "{build}");
    assert!(!build.contains("rustc=\"unknown\""), "{build}");
    app.stop().await;
}

#[tokio::test]
async fn metrics_are_not_on_the_public_port() {
    let app = TestApp::spawn().await;
    app.anon().get("/metrics").await.expect_problem(404, "not_found");
    app.stop().await;
}

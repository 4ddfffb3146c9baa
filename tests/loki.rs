//! What gets to Loki, and that nothing is lost on the way.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::binary::{Place, Running};
use crate::support::loki::{Entry, Loki, Mood, Push};
use crate::support::{ADMIN, TestApp, eventually};
use crate::telemetry::{key, send, value};
use workspace_server::config::{Config, LokiUrl};

/// Where the login stands in `LOKI_URL`, and what it becomes in a header.
pub const LOGIN: (&str, &str) = ("pusher:s3cret-pa55@", "Basic cHVzaGVyOnMzY3JldC1wYTU1");

fn with(loki: &Loki) -> impl FnOnce(&mut Config) + use<> {
    let url = LokiUrl::read(&Some(loki.url(""))).unwrap();
    |config| config.loki = url
}

/// Sends log lines in batches of ten, of several streams.
pub async fn log(app: &TestApp, key: &str, messages: std::ops::Range<usize>) {
    let messages: Vec<usize> = messages.collect();
    for batch in messages.chunks(10) {
        let level = |n: usize| ["info", "warn", "error"][n % 3];
        let logs: Vec<Value> =
            batch.iter().map(|n| json!({"message": format!("line-{n}"), "level": level(*n)})).collect();
        assert_eq!(send(app, key, &json!({"logs": logs})).await.status, 202);
    }
}

/// The numbers of the lines that [`log`] wrote, by their time. [`Loki`] itself watches the order in each stream.
fn numbers(loki: &Loki) -> Vec<usize> {
    let number = |line: String| {
        let (_, rest) = line.split_once("line-").unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    let mut taken = loki.taken();
    taken.retain(|entry| entry.labels["kind"] != "server");
    taken.sort_by_key(|entry| entry.nanoseconds);
    taken.into_iter().map(|entry| number(entry.line)).collect()
}

pub async fn arrived(loki: &Loki, count: usize) {
    eventually(&format!("{count} lines in Loki"), async || {
        (loki.client_lines().len() >= count).then_some(())
    })
    .await;
}

/// Waits for pushes that were answered with `status`.
pub async fn answered(loki: &Loki, status: u16, count: usize) {
    eventually(&format!("{count} pushes answered with {status}"), async || {
        let answered = loki.pushes().iter().filter(|push| push.status == status).count();
        (answered >= count).then_some(())
    })
    .await;
}

async fn metric(app: &TestApp, name: &str) -> f64 {
    metric_at(&app.metrics.to_string(), name).await
}

async fn metric_at(address: &str, name: &str) -> f64 {
    let page = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

#[tokio::test]
async fn every_kind_arrives_with_its_labels_and_the_line_of_alloy() {
    let loki = Loki::start(Mood::Takes).await;
    let app = TestApp::spawn_with(with(&loki)).await;
    let key = key(&app, "desk").await;
    let (lines, pushed) = (
        metric(&app, r#"workspace_loki_pushed_lines_total{source="client"}"#).await,
        metric(&app, r#"workspace_loki_pushed_bytes_total{source="client"}"#).await,
    );
    let at = "2021-09-30T10:46:17.680Z";
    let meta = json!({"app": {"name": "desk", "version": "1.4.0", "environment": "production"}, "session": {"id": "s1"}});
    let body = json!({
        "meta": meta,
        "logs": [{"message": "careful now", "level": "warn", "timestamp": at, "context": {"b": "2", "a": "1"}}],
        "exceptions": [{"type": "Error", "value": "Cannot read property 'find' of undefined", "timestamp": at}],
        "measurements": [{"type": "web-vitals", "values": {"lcp": 2500, "cls": 0.1}, "timestamp": at}],
        "events": [{"name": "view_changed", "domain": "browser", "attributes": {"toView": "home"}, "timestamp": at,
            "trace": {"trace_id": "abcd", "span_id": "ef"}}],
        "traces": {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "a", "spanId": "b", "name": "GET"}]}]}]},
    });
    let before = app.clock.now_ms();
    assert_eq!(send(&app, &key, &body).await.status, 202);
    let stranger = json!({"meta": {"app": {"name": "anybodys", "environment": "ann's laptop"}}, "logs": [{"message": "m"}]});
    assert_eq!(app.member("ann").await.post("/collect", &stranger).await.status, 202);
    arrived(&loki, 5).await;

    let mut taken = loki.taken();
    taken.sort_by_key(|entry| entry.nanoseconds);
    let found: Vec<(&Entry, Vec<&str>)> = taken
        .iter()
        .map(|entry| (entry, entry.labels.values().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    let start = r#"timestamp="2021-09-30 10:46:17.68 +0000 UTC" kind="#;
    let end = "app_name=desk app_version=1.4.0 app_environment=production session_id=s1 browser_mobile=false";
    let expected = [
        ("log", "warn", r#"log message="careful now" level=warn context_a=1 context_b=2"#),
        (
            "exception",
            "error",
            r#"exception type=Error value="Cannot read property 'find' of undefined" stacktrace="Error: Cannot read property 'find' of undefined" hash=2735541995122471342"#,
        ),
        (
            "measurement",
            "info",
            "measurement type=web-vitals cls=0.100000 lcp=2500.000000 value_cls=0.1 value_lcp=2500",
        ),
        (
            "event",
            "info",
            "event event_name=view_changed event_domain=browser event_data_toView=home traceID=abcd spanID=ef",
        ),
    ];
    for ((entry, labels), (kind, level, middle)) in found.iter().zip(expected) {
        assert_eq!(*labels, ["desk", "production", kind, level]);
        assert_eq!(entry.line, format!("{start}{middle} {end}"));
        let received = entry.nanoseconds / 1_000_000;
        assert!((before..=app.clock.now_ms()).contains(&received), "the time of receipt");
    }
    let (stranger, labels) = &found[4];
    assert_eq!(*labels, ["other", "other", "log", "info"]);
    assert_eq!(stranger.labels.keys().collect::<Vec<_>>(), ["app", "env", "kind", "level"]);
    assert!(
        stranger.line.contains(r#"app_name=anybodys app_environment="ann's laptop""#),
        "{}",
        stranger.line
    );
    let bytes: usize = taken.iter().map(|entry| entry.line.len()).sum();
    eventually("the lines are counted", async || {
        let now = metric(&app, r#"workspace_loki_pushed_lines_total{source="client"}"#).await;
        (now >= lines + 5.0).then_some(())
    })
    .await;
    let now = metric(&app, r#"workspace_loki_pushed_bytes_total{source="client"}"#).await;
    assert!(now >= pushed + bytes as f64, "{now}");
    app.stop().await;
}

#[tokio::test]
async fn what_was_stored_before_the_first_start_with_a_loki_stays_at_home() {
    let loki = Loki::start(Mood::Takes).await;
    let app = TestApp::spawn().await;
    let key = key(&app, "desk").await;
    log(&app, &key, 0..10).await;
    let app = app.restart_with(chrono::TimeDelta::zero(), with(&loki)).await;
    log(&app, &key, 10..20).await;
    arrived(&loki, 10).await;
    // Without it for a while: what came meanwhile follows.
    let app = app.restart_with(chrono::TimeDelta::zero(), |config| config.loki = None).await;
    log(&app, &key, 20..30).await;
    let app = app.restart_with(chrono::TimeDelta::zero(), with(&loki)).await;
    arrived(&loki, 20).await;
    assert_eq!(numbers(&loki), (10..30).collect::<Vec<_>>());
    app.stop().await;
}

#[tokio::test]
async fn after_every_kind_of_outage_nothing_is_missing_and_order_is_kept() {
    let mut loki = Loki::start(Mood::Takes).await;
    let app = TestApp::spawn_with(with(&loki)).await;
    let key = key(&app, "desk").await;
    let errors = metric(&app, r#"faro_receiver_exporter_errors_total{exporter="loki"}"#).await;
    log(&app, &key, 0..20).await;
    arrived(&loki, 20).await;
    loki.down().await;
    log(&app, &key, 20..50).await;
    eventually("nobody answers, which is counted", async || {
        let failed =
            metric(&app, r#"workspace_loki_push_failures_total{source="client",reason="network"}"#).await;
        (failed >= 1.0).then_some(())
    })
    .await;
    loki.up().await;
    arrived(&loki, 50).await;
    for (n, (status, retry)) in [(500, None), (503, Some("0")), (429, Some("1"))].into_iter().enumerate() {
        loki.is(Mood::Answers(status, retry));
        log(&app, &key, 50 + 20 * n..70 + 20 * n).await;
        answered(&loki, status, 1).await;
        loki.is(Mood::Takes);
        arrived(&loki, 70 + 20 * n).await;
    }
    assert_eq!(numbers(&loki), (0..110).collect::<Vec<_>>());
    let now = metric(&app, r#"faro_receiver_exporter_errors_total{exporter="loki"}"#).await;
    assert!(now >= errors + 4.0, "{now}");
    // It asked for a second.
    let pushes = loki.pushes();
    let busy = pushes.iter().position(|push| push.status == 429).unwrap();
    assert!(pushes[busy + 1].at - pushes[busy].at >= Duration::from_secs(1));
    app.stop().await;
}

#[tokio::test]
async fn a_loki_that_hangs_holds_up_only_its_own() {
    let loki = Loki::start(Mood::Hangs).await;
    let app = TestApp::spawn_with(with(&loki)).await;
    let key = key(&app, "desk").await;
    log(&app, &key, 0..30).await;
    // The push in flight is given up, and the server ends within its time.
    let start = std::time::Instant::now();
    let app = app.restart_with(chrono::TimeDelta::zero(), |_| {}).await;
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    loki.is(Mood::Takes);
    // The next push is given up after ten seconds, or was not yet begun.
    log(&app, &key, 30..40).await;
    let app = app.restart_with(chrono::TimeDelta::zero(), |_| {}).await;
    arrived(&loki, 40).await;
    assert_eq!(numbers(&loki), (0..40).collect::<Vec<_>>());
    app.stop().await;
}

#[tokio::test]
async fn a_wrong_login_or_path_loses_nothing() {
    let loki = Loki::start(Mood::Takes).await;
    let app = TestApp::spawn_with(with(&loki)).await;
    let key = key(&app, "desk").await;
    for (n, status) in [401, 403, 404, 302].into_iter().enumerate() {
        loki.is(Mood::Answers(status, None));
        log(&app, &key, 20 * n..20 * (n + 1)).await;
        answered(&loki, status, 1).await;
        loki.is(Mood::Takes);
        arrived(&loki, 20 * (n + 1)).await;
    }
    assert_eq!(numbers(&loki), (0..80).collect::<Vec<_>>());
    let aside: i64 = value(&app, "SELECT COUNT(*) FROM loki_refused").await;
    assert_eq!(aside, 0);
    app.stop().await;
}

#[tokio::test]
async fn only_what_loki_refuses_is_set_aside() {
    let loki = Loki::start(Mood::Answers(500, None)).await;
    let app = TestApp::spawn_with(with(&loki)).await;
    let key = key(&app, "desk").await;
    let refused = metric(&app, "workspace_loki_refused_total").await;
    log(&app, &key, 0..33).await;
    // All of them are in one push, or in two.
    answered(&loki, 500, 1).await;
    loki.is(Mood::Refuses("line-17 "));
    arrived(&loki, 32).await;
    let expected: Vec<usize> = (0..33).filter(|n| *n != 17).collect();
    assert_eq!(numbers(&loki), expected);
    log(&app, &key, 33..40).await;
    arrived(&loki, 39).await;
    let aside: String = value(
        &app,
        "SELECT group_concat(s.message || ' ' || r.reason) FROM loki_refused r JOIN signals s ON s.id = r.signal_id",
    )
    .await;
    assert_eq!(aside, "line-17 400 Bad Request: entry too far behind");
    let told = app.admin().await.get("/api/loki").await.expect(200);
    assert_eq!((&told["waiting"], &told["failing_since"]), (&json!(0), &Value::Null), "{told}");
    assert_eq!((&told["refused"], told["last_refused"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!(told["last_refused"][0]["reason"], "400 Bad Request: entry too far behind");
    assert!(metric(&app, "workspace_loki_refused_total").await >= refused + 1.0);
    let stored: i64 = value(&app, "SELECT COUNT(*) FROM signals").await;
    assert_eq!(stored, 40, "it stays in the store");
    app.stop().await;
}

#[tokio::test]
async fn catching_up_is_limited() {
    let mut loki = Loki::absent(Mood::Takes).await;
    let app = TestApp::spawn_with(with(&loki)).await;
    let key = key(&app, "desk").await;
    let text = "x".repeat(200_000);
    for n in 0..40 {
        let body = json!({"logs": [{"message": format!("line-{n} {text}")}]});
        assert_eq!(send(&app, &key, &body).await.status, 202);
    }
    eventually("what is behind is measured", async || {
        (metric(&app, "workspace_loki_backlog_signals").await > 0.0).then_some(())
    })
    .await;
    loki.up().await;
    // A start does not wait until the next try is due.
    let app = app.restart_after(chrono::TimeDelta::zero()).await;
    eventually("everything has arrived", async || (loki.client_lines().len() == 40).then_some(())).await;
    let pushes = loki.pushes();
    let size = |push: &Push| push.entries.iter().map(|entry| entry.line.len()).sum::<usize>() as f64;
    let mega = f64::from(1 << 20);
    for (n, first) in pushes.iter().enumerate() {
        let mut bytes = 0.0;
        for later in &pushes[n..] {
            bytes += size(later);
            // At most 2 MiB at once, and 2 MiB a second; between its turn and its arrival a push may take a while.
            let seconds = (later.at - first.at).as_secs_f64() + 0.75;
            assert!(bytes <= 2.0 * mega + 2.0 * mega * seconds, "{bytes} bytes in {seconds} s");
        }
    }
    let took = (pushes.last().unwrap().at - pushes[0].at).as_secs_f64();
    assert!(took > 2.0, "7.6 MiB within {took} s");
    app.stop().await;
}

#[tokio::test]
async fn retention_goes_on_without_loki_and_counts_what_it_costs() {
    let mut loki = Loki::absent(Mood::Takes).await;
    let app = TestApp::spawn_with(|config| {
        with(&loki)(config);
        config.signal_retention.max_bytes = 1_500_000;
    })
    .await;
    let key = key(&app, "desk").await;
    let lost = metric(&app, "workspace_loki_lost_signals_total").await;
    let text = "x".repeat(1000);
    for n in 0..20 {
        let logs: Vec<_> =
            (0..100).map(|i| json!({"message": format!("line-{} {text}", 100 * n + i)})).collect();
        assert_eq!(send(&app, &key, &json!({"logs": logs})).await.status, 202);
    }
    app.clock.advance(chrono::TimeDelta::minutes(1));
    eventually("the oldest are deleted", async || {
        let left: i64 = value(&app, "SELECT COUNT(*) FROM signals").await;
        (left == 1000).then_some(())
    })
    .await;
    eventually("they are counted", async || {
        (metric(&app, "workspace_loki_lost_signals_total").await >= lost + 1000.0).then_some(())
    })
    .await;
    // A push may be under way with some of them; the one after it is read anew.
    let network = r#"workspace_loki_push_failures_total{source="client",reason="network"}"#;
    let failed = metric(&app, network).await;
    eventually("it fails", async || (metric(&app, network).await > failed).then_some(())).await;
    loki.up().await;
    // A start does not wait until the next try is due.
    let app = app.restart_after(chrono::TimeDelta::zero()).await;
    arrived(&loki, 1000).await;
    assert_eq!(numbers(&loki), (1000..2000).collect::<Vec<_>>());
    app.stop().await;
}

/// What is erased while Loki is away does not get there afterwards.
#[tokio::test]
async fn what_is_erased_meanwhile_is_not_pushed() {
    let loki = Loki::start(Mood::Answers(503, None)).await;
    let app = TestApp::spawn_with(with(&loki)).await;
    let (ann, key) = (app.member("ann").await, key(&app, "desk").await);
    let of_ann = json!({"logs": [{"message": "ann was here"}]});
    assert_eq!(ann.post("/collect", &of_ann).await.status, 202);
    log(&app, &key, 0..10).await;
    answered(&loki, 503, 1).await;
    ann.send(ann.request(reqwest::Method::DELETE, "/api/me/data")).await.expect(200);
    let first = loki.pushes().len();
    // The push that was under way when it was erased may come after it.
    answered(&loki, 503, first + 1).await;
    loki.is(Mood::Takes);
    arrived(&loki, 10).await;
    assert_eq!(numbers(&loki), (0..10).collect::<Vec<_>>());
    app.stop().await;
}

/// The real program with an admin and this Loki.
async fn serve(place: &Place, loki: &Loki, settings: &[(&str, &str)]) -> Running {
    let url = loki.url(LOGIN.0);
    let fixed = [
        ("SERVER_HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("METRICS_ADDR", "off"),
        ("LOG_FORMAT", "json"),
        ("ADMIN_USERNAME", ADMIN.0),
        ("ADMIN_PASSWORD", ADMIN.1),
        ("LOKI_URL", &url),
    ];
    place.serve(&[], &[&fixed[..], settings].concat()).await
}

async fn post(server: &Running, path: &str, token: &str, body: &Value) -> Value {
    let request = reqwest::Client::new().post(format!("{}{path}", server.base)).json(body).bearer_auth(token);
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    answer.json().await.unwrap_or_default()
}

#[tokio::test]
async fn a_killed_server_goes_on_where_it_was() {
    let loki = Loki::start(Mood::Takes).await;
    let place = Place::new();
    let server = serve(&place, &loki, &[]).await;
    let credentials = json!({"username": ADMIN.0, "password": ADMIN.1});
    let login = post(&server, "/api/auth/login", "x", &credentials).await;
    let token = login["access_token"].as_str().unwrap();
    let line = |n: usize| json!({"logs": [{"message": format!("line-{n}")}]});
    for n in 0..10 {
        post(&server, "/collect", token, &line(n)).await;
    }
    arrived(&loki, 10).await;
    loki.is(Mood::Answers(503, None));
    for n in 10..30 {
        post(&server, "/collect", token, &line(n)).await;
    }
    answered(&loki, 503, 1).await;
    server.kill().await;
    loki.is(Mood::Takes);
    let first = loki.pushes().len();
    let server = serve(&place, &loki, &[]).await;
    arrived(&loki, 30).await;
    assert_eq!(numbers(&loki), (0..30).collect::<Vec<_>>());
    let again = loki.pushes()[first..]
        .iter()
        .flat_map(|push| push.entries.clone())
        .filter(|entry| entry.line.contains("message=line-") && entry.line.contains("line-0 "))
        .count();
    assert_eq!(again, 0, "what was noted as shipped is not shipped again");
    assert_eq!(server.stop().await, Some(0));
}

#[tokio::test]
async fn lines_of_the_server_arrive_also_after_a_failure_and_secrets_never() {
    let loki = Loki::start(Mood::Answers(500, None)).await;
    let place = Place::new();
    let server = serve(&place, &loki, &[("LOG_LEVEL", "trace"), ("NODE_ENV", "test")]).await;
    answered(&loki, 500, 2).await;
    loki.is(Mood::Takes);
    let entry = eventually("the first line arrives", async || {
        loki.taken().into_iter().find(|entry| entry.line.contains("Serving at"))
    })
    .await;
    let labels: Vec<&str> = entry.labels.values().map(String::as_str).collect();
    assert_eq!(entry.labels.keys().collect::<Vec<_>>(), ["app", "env", "kind", "level"]);
    assert_eq!(labels, ["workspace-server", "test", "server", "info"]);
    let line: Value = serde_json::from_str(&entry.line).unwrap();
    assert_eq!(line["_target"], "workspace_server::app");
    let http = reqwest::Client::new();
    http.get(format!("{}/api/auth/me", server.base)).send().await.unwrap();
    eventually("a request is a line", async || {
        loki.taken().into_iter().find(|entry| entry.line.contains("/api/auth/me"))
    })
    .await;
    loki.is(Mood::Answers(401, None));
    http.get(format!("{}/api/auth/me", server.base)).send().await.unwrap();
    answered(&loki, 401, 1).await;
    loki.is(Mood::Takes);
    let (code, printed) = server.finish().await;
    assert_eq!(code, Some(0));
    assert!(loki.taken().iter().any(|entry| entry.line.contains("Stopping")), "the last lines arrive, too");
    for push in loki.pushes() {
        assert_eq!(push.authorization.as_deref(), Some(LOGIN.1));
        for entry in push.entries {
            assert!(!entry.line.contains("s3cret-pa55"), "{}", entry.line);
            let line: Value = serde_json::from_str(&entry.line).unwrap_or_default();
            let target = line["_target"].as_str().unwrap_or_default().to_owned();
            let own = ["hyper", "reqwest", "h2", "rustls", "tracing_loki"]
                .iter()
                .any(|own| target.starts_with(own));
            assert!(!own, "a push makes no lines for the next: {}", entry.line);
        }
    }
    assert!(!printed.contains("s3cret-pa55") && !printed.contains(LOGIN.1), "{printed}");
    let shown = place.run(&["config"], &[("LOKI_URL", &loki.url(LOGIN.0))], "").await;
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("LOKI_URL=[hidden]") && !shown.contains("s3cret-pa55"), "{shown}");
}

#[tokio::test]
async fn while_loki_hangs_lines_of_the_server_are_dropped_and_counted() {
    let loki = Loki::start(Mood::Hangs).await;
    let place = Place::new();
    let metrics = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let server = serve(&place, &loki, &[("METRICS_ADDR", &metrics)]).await;
    let http = reqwest::Client::new();
    let full = r#"workspace_loki_dropped_total{reason="full"}"#;
    assert_eq!(metric_at(&metrics, full).await, 0.0);
    let mut requests = 0;
    while metric_at(&metrics, full).await < 100.0 {
        for _ in 0..50 {
            assert_eq!(http.get(format!("{}/api/auth/me", server.base)).send().await.unwrap().status(), 401);
        }
        requests += 50;
        assert!(requests < 5_000, "lines that wait are bounded");
    }
    // A round is under way and another waits, with up to 500 lines each.
    let dropped = metric_at(&metrics, full).await;
    assert!(dropped + 1_000.0 >= f64::from(requests), "{dropped} of {requests}");
    loki.is(Mood::Takes);
    eventually("those that waited arrive after the round that hangs", async || {
        loki.taken().into_iter().find(|entry| entry.line.contains("/api/auth/me"))
    })
    .await;
    assert_eq!(server.stop().await, Some(0));
}

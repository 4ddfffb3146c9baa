//! How the server says that it is well: health, readiness, status and the channels `monitor:*`.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::{Held, rows, write};
use crate::support::{Actor, TestApp, Ws, eventually};

/// A token of the admin with these scopes.
async fn token(admin: &Actor, scopes: &[&str]) -> Actor {
    let body = json!({"name": "probe", "scopes": scopes});
    let made = admin.post("/api/auth/tokens", &body).await.expect(201);
    admin.with_token(made["token"].as_str().unwrap())
}

#[tokio::test]
async fn health_says_only_that_the_process_lives() {
    let app = TestApp::spawn().await;
    let answer = app.anon().get("/health").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.text, r#"{"status":"ok"}"#);
    let head = app.anon().send(app.anon().request(Method::HEAD, "/health")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    app.anon().post("/health", &json!({})).await.expect_problem(405, "method_not_allowed");
    app.stop().await;
}

#[tokio::test]
async fn health_needs_no_database_and_answers_within_a_millisecond() {
    let app = TestApp::spawn().await;
    app.services.db.close().await;
    let anon = app.anon();
    anon.get("/health").await.expect(200);
    let mut fastest = Duration::MAX;
    for _ in 0..200 {
        let start = Instant::now();
        anon.get("/health").await.expect(200);
        fastest = fastest.min(start.elapsed());
    }
    // The machine may be busy with other tests; the fastest of many shows what the server needs.
    assert!(fastest < Duration::from_millis(1), "{fastest:?}");
    app.stop().await;
}

#[tokio::test]
async fn ready_follows_the_writer_and_says_why_to_admins_alone() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let answer = app.anon().get("/ready").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"status":"ready"}"#));
    let head = app.anon().send(app.anon().request(Method::HEAD, "/ready")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));

    app.services.db.close().await;
    let answer = eventually("not ready", async || {
        let answer = app.anon().get("/ready").await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(answer.text, r#"{"status":"unavailable"}"#);
    assert!(!answer.header("retry-after").is_empty());
    let status = admin.get("/api/monitoring/status").await.expect(200);
    assert_eq!(status["readiness"]["ready"], false);
    let failed: Vec<&Value> =
        status["readiness"]["checks"].as_array().unwrap().iter().filter(|c| c["ok"] == false).collect();
    assert!(failed.iter().any(|c| c["name"] == "writer"), "{failed:?}");
    app.stop().await;
}

/// Each thing that it needs in turn: the probe says no, an admin reads which, and it passes when it is over.
#[tokio::test]
async fn ready_names_what_is_missing_and_comes_back() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let probed = async |status: u16| {
        let asked = async || {
            let answer = app.anon().get("/ready").await;
            (answer.status == status).then_some(answer.text)
        };
        let text = eventually(&format!("/ready answers {status}"), asked).await;
        let wanted = if status == 200 { r#"{"status":"ready"}"# } else { r#"{"status":"unavailable"}"# };
        assert_eq!(text, wanted, "without details");
    };
    let failed = async || {
        let status = admin.get("/api/monitoring/status").await.expect(200);
        let checks = status["readiness"]["checks"].as_array().unwrap().clone();
        let failed = checks.into_iter().filter(|check| check["ok"] == false);
        failed.map(|check| check["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    probed(200).await;
    assert_eq!(failed().await, [""; 0]);

    let held = Held::writer(&app).await;
    probed(503).await;
    assert_eq!(failed().await, ["writer"]);
    held.release().await;
    probed(200).await;

    // As when a backup of an older version was put in its place.
    let last =
        rows(&app, "SELECT version, applied_at FROM seaql_migrations ORDER BY version DESC LIMIT 1").await;
    let (version, at) = (last[0].try_get::<String>("", "version"), last[0].try_get::<i64>("", "applied_at"));
    let (version, at) = (version.unwrap(), at.unwrap());
    write(&app, format!("DELETE FROM seaql_migrations WHERE version = '{version}'"), []).await;
    probed(503).await;
    assert_eq!(failed().await, ["migrations"]);
    write(&app, format!("INSERT INTO seaql_migrations VALUES ('{version}', {at})"), []).await;
    probed(200).await;
    assert_eq!(failed().await, [""; 0]);
    app.stop().await;
}

#[tokio::test]
async fn the_probes_work_under_a_base_path() {
    let app = TestApp::spawn_with(|config| config.base_path = "/workspace".to_owned()).await;
    app.anon().get("/workspace/health").await.expect(200);
    app.anon().get("/workspace/ready").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_status_is_for_admins_and_their_tokens() {
    let app = TestApp::spawn().await;
    let (admin, path) = (app.admin().await, "/api/monitoring/status");
    app.anon().get(path).await.expect_problem(401, "unauthorized");
    app.member("ann").await.get(path).await.expect_problem(403, "forbidden");
    token(&admin, &["clients:read"]).await.get(path).await.expect_problem(403, "forbidden");
    token(&admin, &["monitoring:read"]).await.get(path).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_status_gives_the_whole_picture() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut ws = Ws::connect(&app, &admin).await;
    ws.ok("subscribe", &json!({"channel": "monitor:overview"})).await;
    let status = eventually("rates", async || {
        app.anon().get("/api/nothing").await;
        let status = admin.get("/api/monitoring/status").await.expect(200);
        let rates = [
            &status["http"]["requests_per_second"]["minute"],
            &status["http"]["latency_ms"]["five_minutes"]["p99"],
            &status["realtime"]["messages_in_per_second"]["minute"],
            &status["realtime"]["bytes_out_per_second"]["five_minutes"],
        ];
        // The routes are counted second by second, too.
        let routes = status["routes"]
            .as_array()
            .is_some_and(|routes| routes.iter().any(|r| r["route"] == "<unknown>"));
        (routes && rates.iter().all(|r| r.as_f64().is_some_and(|r| r > 0.0))).then_some(status)
    })
    .await;
    assert_eq!(status["build"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["readiness"]["ready"], true, "{status}");
    assert_eq!(status["http"]["error_rate"]["minute"], 0.0);
    assert_eq!(status["realtime"]["clients"], 1);
    assert_eq!(status["realtime"]["users_online"], 1);
    assert!(status["realtime"]["channels"].as_u64().unwrap() >= 1);
    assert!(status["database"]["bytes"].as_u64().unwrap() > 4096);
    assert!(!status["database"]["commit_jobs"].as_array().unwrap().is_empty());
    assert!(status["process"]["memory_bytes"].as_u64().unwrap() > 1_000_000);
    assert!(status["process"]["open_descriptors"].as_u64().unwrap() > 5);
    assert!(status["readiness"]["disk"]["free_bytes"].as_u64().unwrap() > 0);
    let routes = status["routes"].as_array().unwrap();
    assert!(routes.iter().any(|r| r["route"] == "<unknown>" && r["method"] == "GET"), "{routes:?}");
    assert!(!status.to_string().contains("nothing"), "a path is not a pattern");
    app.stop().await;
}

#[tokio::test]
async fn a_fault_of_the_server_counts_as_an_error_and_a_refusal_does_not() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    app.services.db.close().await;
    let errors = eventually("errors", async || {
        app.anon().get("/ready").await;
        app.anon().get("/api/nothing").await.expect(404);
        let status = admin.get("/api/monitoring/status").await.expect(200);
        let of = |route: &str| {
            let routes = status["routes"].as_array().unwrap();
            routes.iter().find(|r| r["route"] == route).map(|r| r["errors_per_second"].as_f64().unwrap())
        };
        let (ready, unknown) = (of("/ready")?, of("<unknown>")?);
        (ready > 0.0).then_some((unknown, status["http"]["error_rate"]["minute"].as_f64().unwrap()))
    })
    .await;
    assert_eq!(errors.0, 0.0);
    assert!(errors.1 > 0.0 && errors.1 < 1.0, "{errors:?}");
    app.stop().await;
}

#[tokio::test]
async fn monitor_channels_are_for_admins_and_known_names() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut member = Ws::connect(&app, &app.member("ann").await).await;
    let mut program = Ws::connect(&app, &token(&admin, &["monitoring:read"]).await).await;
    let mut root = Ws::connect(&app, &admin).await;
    for channel in ["monitor:overview", "monitor:routes", "monitor:clients", "monitor:nothing"] {
        assert_eq!(member.err("subscribe", &json!({"channel": channel})).await, 103, "{channel}");
    }
    program.ok("subscribe", &json!({"channel": "monitor:overview"})).await;
    assert_eq!(program.err("subscribe", &json!({"channel": "monitor:clients"})).await, 103);
    assert_eq!(root.err("subscribe", &json!({"channel": "monitor:nothing"})).await, 102);
    root.ok("subscribe", &json!({"channel": "monitor:overview"})).await;
    let publish = json!({"channel": "monitor:overview", "data": {"clients": 1_000_000}});
    assert_eq!(root.err("publish", &publish).await, 103);
    assert_eq!(member.err("publish", &publish).await, 103);
    app.stop().await;
}

#[tokio::test]
async fn the_overview_comes_every_second_with_its_history() {
    const KEYS: [&str; 21] = [
        "bytes_in_per_second",
        "bytes_out_per_second",
        "clients",
        "commit_ms",
        "cpu_percent",
        "database_bytes",
        "errors_per_second",
        "latency_ms",
        "memory_bytes",
        "messages_in_per_second",
        "messages_out_per_second",
        "open_descriptors",
        "requests_per_second",
        "signal_errors_per_second",
        "signals_per_second",
        "time",
        "uptime_seconds",
        "users_online",
        "version",
        "write_queue",
        "writes_per_second",
    ];
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut ws = Ws::connect(&app, &admin).await;
    ws.ok("subscribe", &json!({"channel": "monitor:overview"})).await;
    let first = ws.publication("monitor:overview").await["data"].clone();
    let second = ws.publication("monitor:overview").await["data"].clone();
    for point in [&first, &second] {
        let keys: Vec<&String> = point.as_object().unwrap().keys().collect();
        assert_eq!(keys, KEYS);
        assert_eq!(point["clients"], 1);
        assert_eq!(point["users_online"], 1);
    }
    let time = |point: &Value| {
        chrono::DateTime::parse_from_rfc3339(point["time"].as_str().unwrap()).unwrap().timestamp_millis()
    };
    let gap = time(&second) - time(&first);
    assert!((900..5_000).contains(&gap), "{gap} ms");

    ws.ok("unsubscribe", &json!({"channel": "monitor:overview"})).await;
    let state = ws.ok("subscribe", &json!({"channel": "monitor:overview"})).await["data"].clone();
    assert!(time(&state) >= time(&second));
    let history = state["history"].as_array().unwrap();
    assert!(history.contains(&first), "{state}");
    assert!(history.windows(2).all(|pair| time(&pair[0]) < time(&pair[1])));
    assert!(history.iter().all(|point| time(point) < time(&state)));
    app.stop().await;
}

#[tokio::test]
async fn the_routes_come_with_their_load() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut ws = Ws::connect(&app, &admin).await;
    ws.ok("subscribe", &json!({"channel": "monitor:routes"})).await;
    let load = loop {
        admin.get("/api/auth/me").await.expect(200);
        let load = ws.publication("monitor:routes").await["data"].clone();
        let items = load["items"].as_array().unwrap();
        if let Some(item) = items.iter().find(|i| i["route"] == "/api/auth/me") {
            break item.clone();
        }
    };
    assert_eq!(load["method"], "GET");
    assert!(load["requests_per_second"].as_f64().unwrap() > 0.0);
    assert!(load["p95_ms"].as_f64().unwrap() >= load["p50_ms"].as_f64().unwrap());
    assert!(load["p99_ms"].as_f64().unwrap() >= load["p95_ms"].as_f64().unwrap());
    assert_eq!(load["errors_per_second"], 0.0);
    loop {
        admin.get("/api/auth/me").await.expect(200);
        let load = ws.publication("monitor:routes").await["data"].clone();
        let items = load["items"].as_array().unwrap();
        if items.iter().any(|i| i["route"] == "/api/auth/me" && i["last_second"].as_u64() > Some(0)) {
            break;
        }
    }
    app.stop().await;
}

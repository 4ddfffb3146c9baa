//! What the doctor finds around a real server, and what a service manager is told of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::{Value, json};
use tokio::net::UnixDatagram;
use tokio::process::Command;

use crate::backup::{Admin, SETTINGS, run};
use crate::support::binary::Place;
use crate::support::{ADMIN, TestApp, Ws, eventually, programs, stored};

/// Runs the doctor; its exit code, and its checks by name.
async fn doctor(place: &Place, extra: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
    let own = SETTINGS.into_iter().filter(|(name, _)| !extra.iter().any(|(n, _)| n == name));
    let settings: Vec<(&str, &str)> = own.chain(extra.iter().copied()).collect();
    let output = place.run(&["doctor", "--json"], &settings, "").await;
    let text = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let checks = report["checks"].as_array().unwrap().clone();
    for check in &checks {
        assert_eq!(check["fix"].is_null(), check["verdict"] == "ok", "a fix for what is bad: {check}");
    }
    assert_eq!(output.status.code() == Some(0), report["verdict"] != "fail", "{text}");
    (output.status.code(), checks)
}

#[track_caller]
fn check<'a>(checks: &'a [Value], name: &str) -> &'a Value {
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {checks:?}"))
}

#[tokio::test]
async fn a_server_is_looked_at_from_outside_while_it_runs_and_when_it_does_not() {
    let place = Place::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let url = format!("http://127.0.0.1:{port}");
    let settings = [("PORT", port.as_str()), ("PUBLIC_URL", url.as_str())];
    let all: Vec<_> = SETTINGS.into_iter().filter(|(name, _)| *name != "PORT").chain(settings).collect();
    let (_, checks) = doctor(&place, &settings).await;
    assert_eq!(check(&checks, "database")["verdict"], "warn");
    assert_eq!(check(&checks, "public url")["verdict"], "fail");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "it made something");

    let running = place.serve(&[], &all).await;
    run(&place, &["backup"]).await;
    let (_, checks) = doctor(&place, &settings).await;
    for name in ["server", "database", "clock", "backups", "public url", "websocket", "settings"] {
        assert_eq!(check(&checks, name)["verdict"], "ok", "{checks:#?}");
    }
    for name in ["container", "file system", "free space", "fsync", "descriptors"] {
        assert!(!check(&checks, name)["found"].as_str().unwrap().is_empty(), "{checks:#?}");
    }
    assert!(check(&checks, "fsync")["found"].as_str().unwrap().starts_with("median "), "{checks:#?}");
    // Lines for people, of which each bad one says what to do.
    let lines = String::from_utf8(place.run(&["doctor"], &all, "").await.stdout).unwrap();
    assert_eq!(lines.lines().count(), checks.len(), "{lines}");
    assert!(lines.lines().any(|line| line.starts_with("ok    database ")), "{lines}");
    let bad = lines.lines().filter(|line| !line.starts_with("ok "));
    assert!(bad.into_iter().all(|line| line.contains("; ")), "{lines}");
    assert_eq!(running.stop().await, Some(0));
    let (code, checks) = doctor(&place, &settings).await;
    assert_eq!((code, &check(&checks, "websocket")["verdict"]), (Some(1), &json!("fail")));
    assert!(
        !place
            .path()
            .join("data")
            .read_dir()
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with(".doctor") })
    );
}

#[tokio::test]
async fn what_is_wrong_with_settings_data_and_backups_is_told_with_a_fix() {
    let place = Place::new();
    let (code, checks) = doctor(&place, &[("BACKUP_KEEP", "none")]).await;
    assert_eq!((code, checks.len()), (Some(1), 1), "{checks:?}");
    assert!(checks[0]["found"].as_str().unwrap().starts_with("BACKUP_KEEP: found `none`"), "{checks:?}");

    run(&place, &["migrate"]).await;
    run(&place, &["backup"]).await;
    let data = place.path().join("data");
    let sql = async |sql: &str| {
        let mut sqlite3 = Command::new("sqlite3");
        programs::run(sqlite3.arg(data.join("workspace.sqlite")).arg(sql), 30).await
    };
    let verdict = async |name: &str, extra: &[(&str, &str)]| {
        let (_, checks) = doctor(&place, extra).await;
        let check = check(&checks, name);
        (check["verdict"].as_str().unwrap().to_owned(), check["found"].as_str().unwrap().to_owned())
    };
    fs::set_permissions(data.join("workspace.sqlite"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(verdict("database", &[]).await.0, "warn");
    fs::set_permissions(data.join("workspace.sqlite"), fs::Permissions::from_mode(0o600)).unwrap();
    sql("INSERT INTO seaql_migrations VALUES ('m9999_future', 0)").await;
    let (found, words) = verdict("database", &[]).await;
    assert!(found == "fail" && words.contains("was written by a newer version"), "{words}");
    // The one of the future, and the newest two of this version.
    let newest = "SELECT version FROM seaql_migrations ORDER BY version DESC LIMIT 3";
    sql(&format!("DELETE FROM seaql_migrations WHERE version IN ({newest})")).await;
    let (found, words) = verdict("database", &[]).await;
    assert!(found == "warn" && words.contains("waits for 2 changes of the schema"), "{words}");
    let manifest = fs::read_dir(data.join("backups")).unwrap().map(|entry| entry.unwrap().path());
    let manifest = manifest.into_iter().find(|path| path.extension().is_some_and(|e| e == "json")).unwrap();
    let text = fs::read_to_string(&manifest).unwrap();
    let start = text.find("\"created_at\": \"").unwrap() + 15;
    fs::write(&manifest, format!("{}2020{}", &text[..start], &text[start + 4..])).unwrap();
    assert_eq!(verdict("backups", &[("BACKUP_EVERY_HOURS", "24")]).await.0, "fail");
    assert_eq!(verdict("backups", &[]).await.0, "warn");
    let crowd = [("MAX_CONNECTIONS", "5000000")];
    let (found, words) = verdict("descriptors", &crowd).await;
    assert!(found == "warn" && words.contains("MAX_CONNECTIONS=5000000"), "{words}");
    fs::write(data.join("workspace.sqlite"), "this is no database").unwrap();
    assert_eq!(verdict("database", &[]).await.0, "fail");
}

#[tokio::test]
async fn a_clock_that_was_set_back_is_said_and_loses_nothing() {
    let place = Place::new();
    let running = place.serve(&[], &SETTINGS).await;
    assert_eq!(Admin::of(&running).await.says("before").await, Some(201));
    assert!(!running.printed.contains("The clock is wrong"), "{}", running.printed);
    assert_eq!(running.stop().await, Some(0));
    // As if the machine had been a day ahead.
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3.arg(place.path().join("data/workspace.sqlite"));
    sqlite3.arg("UPDATE chat_messages SET created_at = created_at + 86400000");
    programs::run(&mut sqlite3, 30).await;
    let (code, checks) = doctor(&place, &[]).await;
    assert_eq!((code, &check(&checks, "clock")["verdict"]), (Some(1), &json!("fail")));
    let running = place.serve(&[], &SETTINGS).await;
    assert!(running.printed.contains("The clock is wrong: it is "), "{}", running.printed);
    assert!(running.printed.contains("; set the clock, and have it kept by NTP"), "{}", running.printed);
    let admin = Admin::of(&running).await;
    assert_eq!(admin.says("after").await, Some(201));
    assert_eq!(admin.heard().await.len(), 2);
    assert_eq!(running.stop().await, Some(0));
}

#[tokio::test]
async fn admins_read_it_over_the_api_and_nobody_else() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let before = stored::rows(&app).await;
    ann.get("/api/doctor").await.expect_problem(403, "forbidden");
    app.anon().get("/api/doctor").await.expect_problem(401, "unauthorized");
    let report = admin.get("/api/doctor").await.expect(200);
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(check(checks, "database")["verdict"], "ok", "{report}");
    assert_eq!(check(checks, "clock")["verdict"], "ok", "{report}");
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}

/// What the server tells until a line begins with `wanted`.
async fn told(socket: &UnixDatagram, wanted: &str) -> String {
    let mut text = vec![0; 4096];
    loop {
        let got = tokio::time::timeout(Duration::from_secs(30), socket.recv(&mut text)).await;
        let length = got.unwrap_or_else(|_| panic!("no {wanted}")).unwrap();
        let said = String::from_utf8_lossy(&text[..length]).into_owned();
        if said.lines().any(|line| line.starts_with(wanted)) {
            return said;
        }
    }
}

#[tokio::test]
async fn a_service_manager_is_told_of_start_life_and_end() {
    let place = Place::new();
    let path = place.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let extra = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "400000")];
    let settings: Vec<_> = SETTINGS.into_iter().chain(extra).collect();
    let running = place.serve(&[], &settings).await;
    assert!(told(&socket, "READY=1").await.contains("STATUS="));
    let ready = reqwest::get(format!("{}/ready", running.base)).await.unwrap();
    assert_eq!(ready.status(), 200);
    told(&socket, "WATCHDOG=1").await;
    told(&socket, "WATCHDOG=1").await;
    // Somebody else has the database: the writer waits, and nobody says that it is alive.
    let file = place.path().join("data/workspace.sqlite");
    let mut options = ConnectOptions::new(format!("sqlite:{}", file.display()));
    let other = Database::connect(options.max_connections(1).clone()).await.unwrap();
    let admin = Admin::of(&running).await;
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let writing = tokio::spawn({
        let admin = admin.clone();
        async move { admin.says("when there is time").await }
    });
    let mut longest = Duration::ZERO;
    while longest < Duration::from_secs(1) {
        let since = Instant::now();
        told(&socket, "WATCHDOG=1").await;
        longest = longest.max(since.elapsed());
    }
    other.execute_unprepared("ROLLBACK").await.unwrap();
    writing.await.unwrap();
    told(&socket, "WATCHDOG=1").await;
    let stopping = tokio::spawn(running.stop());
    told(&socket, "STOPPING=1").await;
    assert_eq!(stopping.await.unwrap(), Some(0));
}

#[tokio::test]
async fn the_console_changes_the_log_level_for_a_while_after_the_password() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut ws = Ws::connect(&app, &admin).await;
    let line = |line: &str| json!({"method": "console.run", "data": {"line": line}});
    let set = line("server-loglevel debug 5");
    assert_eq!(ws.call("rpc", &set).await["error"]["code"], 4001);
    assert_eq!(admin.get("/api/log-level").await.expect(200)["filter"], "info");
    ws.ok("rpc", &json!({"method": "console.confirm", "data": {"password": ADMIN.1}})).await;
    assert_eq!(ws.ok("rpc", &set).await["data"]["code"], "server_log_level_set");
    assert_eq!(admin.get("/api/log-level").await.expect(200)["filter"], "debug");
    app.clock.advance(chrono::TimeDelta::minutes(6));
    eventually("it is over", async || {
        (admin.get("/api/log-level").await.expect(200)["filter"] == "info").then_some(())
    })
    .await;
    let ann = app.member("ann").await;
    for wrong in [json!({"filter": 0}), json!({"filter": ""}), json!({"filter": "debug", "minutes": 0})] {
        assert_eq!(admin.put("/api/log-level", &wrong).await.status, 400, "{wrong}");
    }
    let body = json!({"filter": "trace"});
    ann.put("/api/log-level", &body).await.expect_problem(403, "forbidden");
    assert_eq!(admin.get("/api/log-level").await.expect(200)["filter"], "info");
    app.stop().await;
}

#[tokio::test]
async fn the_log_level_is_changed_while_the_server_runs() {
    let place = Place::new();
    let running = place.serve(&[], &SETTINGS).await;
    let admin = Admin::of(&running).await;
    let level = async |method: reqwest::Method, body: &Value| -> (u16, Value) {
        let request = admin.client.request(method, format!("{}/api/log-level", admin.base));
        let answer = request.bearer_auth(&admin.token).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    };
    let lines = async |search: &str| {
        let page = admin.get(&format!("/api/logs?source=server&search={search}")).await;
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(level(reqwest::Method::GET, &Value::Null).await.1["filter"], "info");
    let (status, wrong) = level(reqwest::Method::PUT, &json!({"filter": "loud"})).await;
    assert_eq!((status, &wrong["errors"][0]["field"]), (400, &json!("filter")));
    let (status, set) = level(reqwest::Method::PUT, &json!({"filter": "error", "minutes": 5})).await;
    assert_eq!((status, &set["filter"], &set["changed_by"]), (200, &json!("error"), &json!("root")));
    assert!(set["until"].is_string(), "{set}");
    // What is not logged now is a warning: a log-in that fails.
    let wrong = json!({"username": "nobody-hears", "password": "not a password"});
    let login = format!("{}/api/auth/login", admin.base);
    admin.client.post(&login).json(&wrong).send().await.unwrap();
    let (status, set) = level(reqwest::Method::DELETE, &Value::Null).await;
    assert_eq!((status, &set["filter"], &set["until"]), (200, &json!("info"), &Value::Null));
    let wrong = json!({"username": "somebody-hears", "password": "not a password"});
    admin.client.post(&login).json(&wrong).send().await.unwrap();
    eventually("the second is logged", async || (lines("somebody-hears").await == 1).then_some(())).await;
    assert_eq!(lines("nobody-hears").await, 0);
    let (_, printed) = running.finish().await;
    assert!(printed.contains("somebody-hears") && !printed.contains("nobody-hears"), "{printed}");
    assert!(printed.contains("set the log level to `error`"), "{printed}");
}

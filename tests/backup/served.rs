//! Backups that the server makes: by itself, and when somebody asks.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::backups;
use crate::support::{ADMIN, Actor, TestApp, Ws, eventually, stored};

async fn listed(admin: &Actor) -> Value {
    admin.get("/api/backups").await.expect(200)
}

/// Waits until so many backups are there, and none is being made.
async fn settled(admin: &Actor, count: usize) -> Value {
    eventually(&format!("{count} backups"), async || {
        let list = listed(admin).await;
        (list["running"].is_null() && list["items"].as_array().unwrap().len() == count).then_some(list)
    })
    .await
}

async fn metric(app: &TestApp, name: &str) -> f64 {
    let page = reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

#[tokio::test]
async fn they_are_made_when_it_is_time_and_the_oldest_go() {
    let app = TestApp::spawn_with(|config| {
        config.backup.every = Some(Duration::from_secs(86_400));
        config.backup.keep = 2;
    })
    .await;
    let token = json!({"name": "watch", "scopes": ["monitoring:read"]});
    let token = app.admin().await.post("/api/auth/tokens", &token).await.expect(201);
    let watch = app.anon().with_token(token["token"].as_str().unwrap());
    let list = listed(&watch).await;
    assert_eq!((&list["health"], &list["items"]), (&json!("waiting"), &json!([])));
    app.clock.advance(TimeDelta::minutes(11));
    let first = settled(&watch, 1).await;
    assert_eq!((&first["health"], &first["items"][0]["reason"]), (&json!("ok"), &json!("scheduled")));
    app.clock.advance(TimeDelta::hours(25));
    let second = settled(&watch, 2).await;
    assert_eq!(second["items"][1], first["items"][0]);
    app.clock.advance(TimeDelta::hours(25));
    let third = eventually("the third", async || {
        let list = listed(&watch).await;
        (list["running"].is_null() && list["items"][1] == second["items"][0]).then_some(list)
    })
    .await;
    assert_eq!(third["items"].as_array().unwrap().len(), 2);
    assert_eq!(backups(&app.data_dir().join("backups")).len(), 2);
    let made = &third["items"][0];
    assert!(made["rows"].as_u64().unwrap() > 0 && made["size_bytes"].as_u64().unwrap() > 1_000, "{made}");
    eventually("it is measured", async || {
        let at = metric(&app, "workspace_backup_last_success_timestamp_seconds").await;
        ((at as i64 - app.clock.now().timestamp()).abs() < 3_600).then_some(())
    })
    .await;
    assert!(metric(&app, "workspace_backup_last_duration_seconds").await > 0.0);
    assert_eq!(metric(&app, "workspace_backup_last_result").await, 1.0);
    app.stop().await;
}

#[tokio::test]
async fn one_that_fails_is_said_and_tried_again() {
    let app = TestApp::spawn_with(|config| {
        config.backup.every = Some(Duration::from_secs(86_400));
        config.backup.dir = Some(config.database.with_file_name("taken"));
    })
    .await;
    let taken = app.data_dir().join("taken");
    std::fs::write(&taken, "").unwrap();
    let token = json!({"name": "watch", "scopes": ["monitoring:read"]});
    let token = app.admin().await.post("/api/auth/tokens", &token).await.expect(201);
    let watch = app.anon().with_token(token["token"].as_str().unwrap());
    app.clock.advance(TimeDelta::minutes(11));
    let failed = eventually("it fails", async || {
        let list = listed(&watch).await;
        (list["health"] == "failed").then_some(list)
    })
    .await;
    assert!(failed["last"]["error"].as_str().unwrap().starts_with("cannot make `"), "{failed}");
    assert_eq!(metric(&app, "workspace_backup_last_result").await, 0.0);
    std::fs::remove_file(taken).unwrap();
    app.clock.advance(TimeDelta::minutes(61));
    let list = settled(&watch, 1).await;
    assert_eq!((&list["health"], &list["last"]["error"]), (&json!("ok"), &Value::Null));
    assert_eq!(metric(&app, "workspace_backup_last_result").await, 1.0);
    app.stop().await;
}

#[tokio::test]
async fn an_admin_asks_for_one_and_nobody_else() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let ask = |actor: &Actor, key: &str| {
        let request = actor.request(Method::POST, "/api/backups").header("Idempotency-Key", key);
        let actor = actor.clone();
        async move { actor.send(request).await }
    };
    let before = stored::rows(&app).await;
    ask(&ann, "k-1").await.expect_problem(403, "forbidden");
    ann.get("/api/backups").await.expect_problem(403, "forbidden");
    ask(&app.anon(), "k-1").await.expect_problem(401, "unauthorized");
    assert!(stored::rows(&app).await == before && !app.data_dir().join("backups").exists());

    let begun = ask(&admin, "k-1").await.expect(202);
    assert_eq!((&begun["running"], &begun["reason"]), (&json!(true), &json!("manual")));
    let list = settled(&admin, 1).await;
    assert_eq!((&list["items"][0]["id"], &list["health"]), (&begun["id"], &json!("off")));
    let again = ask(&admin, "k-1").await.expect(202);
    assert_eq!((&again["id"], &again["running"]), (&begun["id"], &json!(false)));
    assert_eq!(again["backup"]["file"], list["items"][0]["file"]);
    ask(&admin, "k-2").await.expect(202);
    settled(&admin, 2).await;
    let rows = admin.get("/api/audit?action=create_backup").await.expect(200);
    let outcomes: Vec<_> =
        rows["items"].as_array().unwrap().iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(outcomes, ["ok", "ok", "ok", "refused"]);
    app.stop().await;
}

#[tokio::test]
async fn the_console_makes_one_after_the_password_and_lists_them() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut ws = Ws::connect(&app, &admin).await;
    let line = |line: &str| json!({"method": "console.run", "data": {"line": line}});
    assert_eq!(ws.call("rpc", &line("backup")).await["error"]["code"], 4001);
    assert!(!app.data_dir().join("backups").exists());
    let confirm = json!({"method": "console.confirm", "data": {"password": ADMIN.1}});
    ws.ok("rpc", &confirm).await;
    assert_eq!(ws.ok("rpc", &line("backup")).await["data"]["code"], "backup_begun");
    settled(&admin, 1).await;
    let table = ws.ok("rpc", &line("backups")).await;
    assert_eq!((&table["data"]["total"], &table["data"]["rows"][0][1]), (&json!(1), &json!("ok")));
    app.stop().await;
}

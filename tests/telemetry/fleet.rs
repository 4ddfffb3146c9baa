//! What the fleet learns from telemetry.

use serde_json::{Value, json};

use super::{key, send};
use crate::support::{Actor, TestApp, Ws};

async fn installations(admin: &Actor) -> Vec<Value> {
    admin.get("/api/installations").await.expect(200)["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_client_that_reports_over_http_or_the_socket_is_one_installation() {
    let app = TestApp::spawn().await;
    let (admin, ann, key) = (app.admin().await, app.member("ann").await, key(&app, "desk").await);
    let meta = json!({"app": {"name": "desk", "version": "1.2.0", "installationId": "i-1"}, "os": {"name": "Windows", "version": "11"}});
    let body = json!({"meta": meta, "logs": [{"message": "over HTTP"}], "exceptions": [{"type": "E", "value": "v"}]});
    assert_eq!(send(&app, &key, &body).await.status, 202);
    let client = json!({"app": "desk", "app_version": "1.2.0", "installation_id": "i-1"});
    let mut ws = Ws::connect_with(&app, &json!({"token": ann.token, "data": client})).await;
    let batch = json!({"meta": meta, "logs": [{"message": "over the socket"}], "idempotency_key": "k"});
    let reply = ws.ok("rpc", &json!({"method": "signals", "data": batch})).await;
    assert_eq!(reply["data"], json!({"stored": 1, "repeated": false}));
    let reply = ws.ok("rpc", &json!({"method": "signals", "data": batch})).await;
    assert_eq!(reply["data"], json!({"stored": 0, "repeated": true}));
    let over_http =
        ann.request(reqwest::Method::POST, "/collect").header("Idempotency-Key", "k").json(&batch);
    assert_eq!(ann.send(over_http).await.status, 202);
    let listed = installations(&admin).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    let installation = &listed[0];
    assert_eq!((&installation["signals"], &installation["errors"]), (&json!(3), &json!(1)));
    assert_eq!(installation["last_error"]["message"], "E: v");
    assert_eq!(installation["last_error"]["time"], installation["first_seen_at"]);
    // What comes without an error leaves the last one.
    let by_error = admin.get("/api/installations?sort=-last_error&limit=1").await.expect(200);
    assert_eq!(by_error["items"][0]["id"], installation["id"]);
    assert_eq!((&installation["os"], &installation["app_version"]), (&json!("Windows"), &json!("1.2.0")));
    assert_eq!(
        installation["user"]["username"].as_str().or(installation["user"]["name"].as_str()),
        Some("ann")
    );
    let lines =
        admin.get(&format!("/api/logs?client={}", installation["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(lines["items"].as_array().unwrap().len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn bad_batches_over_the_socket_are_refused_and_leave_nothing() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = Ws::connect(&app, &ann).await;
    let logs = vec![json!({}); 2001];
    for (data, code) in [(json!([]), 107), (json!({"logs": 5}), 107), (json!({"logs": logs}), 106)] {
        assert_eq!(ws.err("rpc", &json!({"method": "signals", "data": data})).await, code);
    }
    assert_eq!(ws.err("rpc", &json!({"method": "signals.other", "data": {}})).await, 104);
    let made = ann.post("/api/auth/tokens", &json!({"name": "t", "scopes": ["chat:read"]})).await.expect(201);
    let mut reader = Ws::connect(&app, &ann.with_token(made["token"].as_str().unwrap())).await;
    let good = json!({"logs": [{"message": "m"}]});
    assert_eq!(reader.err("rpc", &json!({"method": "signals", "data": good})).await, 103);
    assert_eq!(admin.get("/api/logs?source=client").await.expect(200)["items"], json!([]));
    app.stop().await;
}

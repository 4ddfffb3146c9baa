//! Reports that an admin asks a client for.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{connect, described, installation_of, token, visit};
use crate::support::{PASSWORD, TestApp, eventually};

#[tokio::test]
async fn a_report_is_asked_for_live_and_answered_over_the_socket() {
    let app = TestApp::spawn().await;
    let (admin, ann, bob) = (app.admin().await, app.member("ann").await, app.member("bob").await);
    let mut ws = connect(&app, &ann, &described("desk", "i-1", "1.4.0", "Linux")).await;
    let mut other = connect(&app, &ann, &described("pocket", "i-2", "3.0", "Android")).await;
    let path = format!("/api/installations/{}/diagnostics", installation_of(&admin, &ws).await);
    let asked = admin.post(&path, &Value::Null).await.expect(201);
    assert_eq!((&asked["received_at"], &asked["bytes"]), (&Value::Null, &json!(0)));
    let id = &asked["id"];
    let request = ws.publication(&format!("user:{}", ann.id)).await;
    assert_eq!(request["data"], json!({"type": "diagnostics.request", "id": id}));
    let report = json!({"memory": {"rss": 1024}, "log": ["a", "b\u{0}<script>"]});
    let rpc =
        |id: &Value, report: &Value| json!({"method": "diagnostics", "data": {"id": id, "report": report}});
    // Another installation, another account, an unknown request: refused alike, and nothing is stored.
    assert_eq!(other.err("rpc", &rpc(id, &report)).await, 103);
    assert_eq!(ws.err("rpc", &rpc(&json!(ann.id), &report)).await, 103);
    assert_eq!(ws.err("rpc", &json!({"method": "diagnostics", "data": {"id": id}})).await, 107);
    assert_eq!(
        ws.err("rpc", &json!({"method": "diagnostics.more", "data": {"id": id, "report": 1}})).await,
        104
    );
    assert_eq!(ws.err("subscribe", &json!({"channel": "diagnostics:x"})).await, 102);
    let send = format!("/api/diagnostics/{}", id.as_str().unwrap());
    bob.post(&send, &json!({"report": report})).await.expect_problem(404, "not_found");
    token(&ann, &["chat:write"])
        .await
        .post(&send, &json!({"report": report}))
        .await
        .expect_problem(403, "forbidden");
    app.anon().post(&send, &json!({"report": report})).await.expect_problem(401, "unauthorized");
    assert_eq!(admin.get(&path).await.expect(200)["items"][0], asked);
    ws.ok("rpc", &rpc(id, &report)).await;
    assert_eq!(ws.err("rpc", &rpc(id, &json!("again"))).await, 108);
    ann.post(&send, &json!({"report": "again"})).await.expect_problem(409, "already_answered");
    let one = admin.get(&format!("{path}/{}", id.as_str().unwrap())).await.expect(200);
    assert_eq!(one["report"], report);
    assert_eq!(one["diagnostic"]["bytes"], report.to_string().len());
    assert!(one["diagnostic"]["received_at"].is_string());
    admin.get(&format!("{path}/{}", ann.id)).await.expect_problem(404, "not_found");
    for actor in [&ann, &app.viewer("vic").await] {
        actor.get(&path).await.expect_problem(403, "forbidden");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_asks_once() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, &described("desk", "i-1", "1.4.0", "Linux")).await;
    let path = format!("/api/installations/{}/diagnostics", installation_of(&admin, &ws).await);
    let other = visit(&app, &ann, &described("desk", "i-2", "1.4.0", "Linux")).await;
    let ask = |path: &str, key: &str| admin.request(Method::POST, path).header("Idempotency-Key", key);
    let first = admin.send(ask(&path, "one")).await.expect(201);
    assert_eq!(admin.send(ask(&path, "one")).await.expect(201), first);
    let elsewhere = format!("/api/installations/{other}/diagnostics");
    admin.send(ask(&elsewhere, "one")).await.expect_problem(409, "idempotency_conflict");
    assert_eq!(admin.get(&elsewhere).await.expect(200)["items"], json!([]));
    let second = admin.send(ask(&path, "two")).await.expect(201);
    assert_eq!(admin.get(&path).await.expect(200)["items"], json!([second, first]));
    // Told once of each.
    for asked in [&first, &second] {
        assert_eq!(ws.publication(&format!("user:{}", ann.id)).await["data"]["id"], asked["id"]);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_request_waits_for_the_next_connect_and_is_answered_over_http() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let data = described("desk", "i-1", "1.4.0", "Linux");
    let installation = visit(&app, &ann, &data).await;
    let path = format!("/api/installations/{installation}/diagnostics");
    let id = admin.post(&path, &Value::Null).await.expect(201)["id"].clone();
    let app = app.restart_after(TimeDelta::days(1)).await;
    let (admin, ann) = (app.admin().await, app.login("ann", PASSWORD).await);
    let ws = connect(&app, &ann, &data).await;
    assert_eq!(ws.welcome["data"]["diagnostics"], json!([id]));
    let send = format!("/api/diagnostics/{}", id.as_str().unwrap());
    // 256 KiB fit, one byte more does not.
    let most = 256 * 1024;
    let text = |bytes: usize| json!({"report": "x".repeat(bytes - 2)});
    ann.post(&send, &text(most + 1)).await.expect_problem(413, "payload_too_large");
    assert_eq!(admin.get(&path).await.expect(200)["items"][0]["received_at"], Value::Null);
    token(&ann, &["signals:write"]).await.post(&send, &text(most)).await.expect(204);
    assert_eq!(admin.get(&path).await.expect(200)["items"][0]["bytes"], most);
    assert_eq!(connect(&app, &ann, &data).await.welcome["data"]["diagnostics"], json!([]));
    // The last 20 are kept, for 30 days.
    let mut last = Vec::new();
    for _ in 0..21 {
        last.insert(0, admin.post(&path, &Value::Null).await.expect(201)["id"].clone());
    }
    let ids = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };
    assert_eq!(ids(&admin.get(&path).await.expect(200)), last[..20]);
    let mut waiting =
        connect(&app, &ann, &data).await.welcome["data"]["diagnostics"].as_array().unwrap().clone();
    waiting.reverse();
    assert_eq!(waiting, last[..20]);
    app.clock.advance(TimeDelta::days(31));
    let (admin, ann) = (app.admin().await, app.login("ann", PASSWORD).await);
    eventually("old reports are gone", async || {
        ids(&admin.get(&path).await.expect(200)).is_empty().then_some(())
    })
    .await;
    eventually("nothing is asked for any more", async || {
        (connect(&app, &ann, &data).await.welcome["data"]["diagnostics"] == json!([])).then_some(())
    })
    .await;
    app.stop().await;
}

//! Application keys.

use serde_json::json;

use super::{line, send, stored};
use crate::support::TestApp;

#[tokio::test]
async fn an_admin_makes_changes_and_revokes_keys() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let made = admin.post("/api/app-keys", &json!({"app": "desk", "name": "Desk"})).await.expect(201);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(
        key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        "the SDK knows its own path by these"
    );
    assert_eq!((&made["rate"], &made["allowed_origins"]), (&json!(1000), &json!([])));
    let changed =
        admin.patch(&format!("/api/app-keys/{id}"), &json!({"rate": 5, "name": null})).await.expect(200);
    assert_eq!((&changed["rate"], &changed["name"], &changed["key"]), (&json!(5), &json!(""), &json!(key)));
    let app = app.restart_after(chrono::TimeDelta::zero()).await;
    let admin = app.admin().await;
    let listed = admin.get("/api/app-keys").await.expect(200);
    assert_eq!(listed["items"], json!([changed]));
    assert_eq!(send(&app, key, &line("good")).await.status, 202);
    admin.delete(&format!("/api/app-keys/{id}")).await.expect(204);
    send(&app, key, &line("revoked")).await.expect_problem(401, "unknown_app_key");
    admin.delete(&format!("/api/app-keys/{id}")).await.expect_problem(404, "not_found");
    admin.patch(&format!("/api/app-keys/{id}"), &json!({"rate": 6})).await.expect_problem(404, "not_found");
    assert_eq!(admin.get("/api/app-keys").await.expect(200)["items"], json!([]));
    assert_eq!(stored(&app).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn nobody_else_sees_or_makes_keys() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let made = admin.post("/api/app-keys", &json!({"app": "desk"})).await.expect(201);
    let path = format!("/api/app-keys/{}", made["id"].as_str().unwrap());
    let sender =
        admin.post("/api/auth/tokens", &json!({"name": "t", "scopes": ["signals:write"]})).await.expect(201);
    let sender = admin.with_token(sender["token"].as_str().unwrap());
    for actor in [app.member("ann").await, app.viewer("vic").await, sender] {
        actor.get("/api/app-keys").await.expect_problem(403, "forbidden");
        actor.post("/api/app-keys", &json!({"app": "x"})).await.expect_problem(403, "forbidden");
        actor.patch(&path, &json!({"rate": 1})).await.expect_problem(403, "forbidden");
        actor.delete(&path).await.expect_problem(403, "forbidden");
    }
    app.anon().get("/api/app-keys").await.expect_problem(401, "unauthorized");
    assert_eq!(admin.get("/api/app-keys").await.expect(200)["items"], json!([made]));
    app.stop().await;
}

#[tokio::test]
async fn wrong_values_are_named() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    for (body, field) in [
        (json!({"app": ""}), "app"),
        (json!({"app": "x", "rate": 0}), "rate"),
        (json!({"app": "x", "allowed_origins": ["desk.test"]}), "allowed_origins"),
        (json!({"app": "x", "allowed_origins": ["https://desk.test/path"]}), "allowed_origins"),
    ] {
        let problem = admin.post("/api/app-keys", &body).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{body}");
    }
    assert_eq!(admin.get("/api/app-keys").await.expect(200)["items"], json!([]));
    app.stop().await;
}

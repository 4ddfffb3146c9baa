//! API tokens: scopes, expiry, and the limit of their owner's role.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Actor, PASSWORD, TestApp, Ws};

async fn token(owner: &Actor, scopes: &[&str]) -> (Actor, Value) {
    let body = json!({"name": "export", "scopes": scopes});
    let made = owner.post("/api/auth/tokens", &body).await.expect(201);
    (owner.with_token(made["token"].as_str().unwrap()), made)
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_no_more() {
    let app = TestApp::spawn().await;
    let root = app.admin().await;
    let (program, made) = token(&root, &["users:read", "users:read"]).await;
    assert!(made["token"].as_str().unwrap().starts_with("wst_"));
    assert_eq!(made["scopes"], json!(["users:read"]));
    let me = program.get("/api/auth/me").await.expect(200);
    assert_eq!((me["session_id"].is_null(), &me["scopes"]), (true, &json!(["users:read"])));
    program.get("/api/users").await.expect(200);
    let eve = json!({"username": "eve", "password": PASSWORD, "role": "admin"});
    program.post("/api/users", &eve).await.expect_problem(403, "forbidden");
    assert!(app.services.auth.account_named("eve").is_none());

    let (writer, _) = token(&root, &["users:write"]).await;
    writer.get("/api/users").await.expect_problem(403, "forbidden");
    writer.post("/api/users", &eve).await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn a_token_cannot_manage_its_owners_login() {
    let app = TestApp::spawn().await;
    let root = app.admin().await;
    let scopes = ["users:read", "users:write", "chat:read", "chat:write", "monitoring:read"];
    let (program, made) = token(&root, &scopes).await;
    for path in ["/api/auth/sessions", "/api/auth/tokens"] {
        program.get(path).await.expect_problem(403, "forbidden");
    }
    let wider = json!({"name": "more", "scopes": ["clients:write"]});
    program.post("/api/auth/tokens", &wider).await.expect_problem(403, "forbidden");
    program.post("/api/auth/logout", &json!({})).await.expect_problem(403, "forbidden");
    let change =
        json!({"current_password": "correct horse battery staple", "new_password": "another password"});
    program.post("/api/auth/password", &change).await.expect_problem(403, "forbidden");
    let path = format!("/api/auth/tokens/{}", made["id"].as_str().unwrap());
    program.delete(&path).await.expect_problem(403, "forbidden");
    assert_eq!(root.get("/api/auth/tokens").await.expect(200)["items"].as_array().unwrap().len(), 1);
    app.admin().await;
    app.stop().await;
}

#[tokio::test]
async fn a_token_is_never_wider_than_its_owners_role() {
    let app = TestApp::spawn().await;
    let (root, ann, vic) = (app.admin().await, app.member("ann").await, app.viewer("vic").await);
    for (owner, scope) in
        [(&ann, "users:write"), (&ann, "monitoring:read"), (&vic, "chat:write"), (&vic, "clients:read")]
    {
        let body = json!({"name": "x", "scopes": ["users:read", scope]});
        let problem = owner.post("/api/auth/tokens", &body).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "scopes");
        assert_eq!(owner.get("/api/auth/tokens").await.expect(200)["items"], json!([]));
    }
    // A role that shrinks takes its tokens along.
    let promote = |role: &str| json!({"role": role});
    let path = format!("/api/users/{}", ann.id);
    root.patch(&path, &promote("admin")).await.expect(200);
    let (program, _) = token(&ann, &["users:write"]).await;
    let eve = json!({"username": "eve", "password": PASSWORD, "role": "viewer"});
    root.patch(&path, &promote("member")).await.expect(200);
    program.post("/api/users", &eve).await.expect_problem(403, "forbidden");
    assert!(app.services.auth.account_named("eve").is_none());
    app.stop().await;
}

#[tokio::test]
async fn tokens_expire_and_are_revoked_with_their_sockets() {
    let app = TestApp::spawn().await;
    let (ann, ben) = (app.member("ann").await, app.member("ben").await);
    let body = json!({"name": "short", "scopes": ["users:read"], "expires_in_days": 1});
    let short = ann.post("/api/auth/tokens", &body).await.expect(201);
    let short = ann.with_token(short["token"].as_str().unwrap());
    let (program, made) = token(&ann, &["users:read"]).await;
    short.get("/api/users").await.expect(200);
    let app = app.restart_after(TimeDelta::hours(25)).await;
    let here = |actor: &Actor| app.anon().with_token(&actor.token);
    here(&short).get("/api/users").await.expect_problem(401, "token_expired");
    let (program, ann) = (here(&program), app.login("ann", PASSWORD).await);
    program.get("/api/users").await.expect(200);
    let list = ann.get("/api/auth/tokens").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert!(
        list["items"][0]["last_used_at"].is_string() && list["items"][0].get("token").is_none(),
        "{list}"
    );

    let mut ws = Ws::connect(&app, &program).await;
    let path = format!("/api/auth/tokens/{}", made["id"].as_str().unwrap());
    here(&ben).delete(&path).await.expect(401);
    let ben = app.login("ben", PASSWORD).await;
    ben.delete(&path).await.expect_problem(404, "not_found");
    app.admin().await.delete(&path).await.expect_problem(404, "not_found");
    program.get("/api/users").await.expect(200);
    ann.delete(&path).await.expect(204);
    assert_eq!(ws.closed().await, 3500);
    program.get("/api/users").await.expect_problem(401, "unauthorized");
    ann.delete(&path).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn a_disabled_owners_tokens_do_not_work() {
    let app = TestApp::spawn().await;
    let (root, ann) = (app.admin().await, app.member("ann").await);
    let (program, _) = token(&ann, &["users:read"]).await;
    let mut ws = Ws::connect(&app, &program).await;
    root.patch(&format!("/api/users/{}", ann.id), &json!({"disabled": true})).await.expect(200);
    assert_eq!(ws.closed().await, 3503);
    program.get("/api/users").await.expect_problem(401, "unauthorized");
    app.stop().await;
}

#[tokio::test]
async fn wrong_tokens_are_not_made() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for body in [
        json!({"name": "", "scopes": ["users:read"]}),
        json!({"name": "  ", "scopes": ["users:read"]}),
        json!({"name": "x".repeat(65), "scopes": ["users:read"]}),
        json!({"name": "x", "scopes": []}),
        json!({"name": "x", "scopes": ["everything"]}),
        json!({"name": "x", "scopes": ["users:read"], "expires_in_days": 0}),
        json!({"name": "x", "scopes": ["users:read"], "expires_in_days": 3651}),
        json!({"name": "x", "scopes": ["users:read"], "token": "wst_mine"}),
        json!({"scopes": ["users:read"]}),
    ] {
        assert_eq!(ann.post("/api/auth/tokens", &body).await.expect(400)["status"], 400, "{body}");
    }
    assert_eq!(ann.get("/api/auth/tokens").await.expect(200)["items"], json!([]));
    for n in 0..100 {
        ann.post("/api/auth/tokens", &json!({"name": format!("n{n}"), "scopes": ["users:read"]}))
            .await
            .expect(201);
    }
    let one_more = json!({"name": "one more", "scopes": ["users:read"]});
    ann.post("/api/auth/tokens", &one_more).await.expect_problem(409, "too_many_tokens");
    app.stop().await;
}

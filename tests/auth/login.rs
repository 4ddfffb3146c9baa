//! Names and passwords.

use chrono::TimeDelta;
use serde_json::json;

use super::{session_count, try_login};
use crate::support::{ADMIN, PASSWORD, TestApp, Ws};

#[tokio::test]
async fn a_login_gives_tokens_that_work() {
    let app = TestApp::spawn().await;
    let body = json!({"username": ADMIN.0, "password": ADMIN.1, "device": "laptop"});
    let login = app.anon().post("/api/auth/login", &body).await.expect(200);
    assert_eq!(login["token_type"], "Bearer");
    assert_eq!(login["expires_in"], 900);
    assert_eq!(login["user"]["role"], "admin");
    let root = app.anon().with_token(login["access_token"].as_str().unwrap());
    let me = root.get("/api/auth/me").await.expect(200);
    assert_eq!(me["user"], login["user"]);
    assert!(me["session_id"].is_string() && me["scopes"].is_null() && me["csrf_token"].is_null(), "{me}");
    let sessions = root.get("/api/auth/sessions").await.expect(200);
    assert_eq!(sessions["items"][0]["device"], "laptop");
    assert_eq!(sessions["items"][0]["address"], "127.0.0.1");
    assert_eq!(sessions["items"][0]["id"], me["session_id"]);
    app.stop().await;
}

#[tokio::test]
async fn user_names_are_found_in_any_case() {
    let app = TestApp::spawn().await;
    app.member("Ann").await;
    let login = try_login(&app, "aNN", PASSWORD).await.expect(200);
    assert_eq!(login["user"]["username"], "Ann");
    app.stop().await;
}

#[tokio::test]
async fn a_refused_login_says_no_more_than_that_and_begins_no_session() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let wrong = try_login(&app, "ann", "not the password").await;
    let unknown = try_login(&app, "nobody", "not the password").await;
    admin.patch(&format!("/api/users/{}", ann.id), &json!({"disabled": true})).await.expect(200);
    let disabled = try_login(&app, "ann", PASSWORD).await;
    admin.patch(&format!("/api/users/{}", ann.id), &json!({"disabled": false})).await.expect(200);
    for answer in [&wrong, &unknown, &disabled] {
        assert_eq!(answer.text, wrong.text);
        answer.clone().expect_problem(401, "invalid_credentials");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let ann = app.login("ann", PASSWORD).await;
    assert_eq!(session_count(&ann).await, 1, "disabling ended the first, the refused ones began none");
    app.stop().await;
}

#[tokio::test]
async fn every_login_costs_one_hash_whether_or_not_the_account_exists() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    app.member("ben").await;
    admin.patch(&format!("/api/users/{}", ann.id), &json!({"disabled": true})).await.expect(200);
    for (username, password) in [
        ("ben", PASSWORD),
        ("ben", "not the password"),
        ("nobody", "not the password"),
        ("ann", PASSWORD),
        ("'; --", "x"),
    ] {
        let before = app.services.auth.password_checks();
        try_login(&app, username, password).await;
        assert_eq!(app.services.auth.password_checks() - before, 1, "{username} {password}");
    }
    app.stop().await;
}

#[tokio::test]
async fn malformed_logins_are_refused_and_cost_nothing() {
    let app = TestApp::spawn().await;
    let anon = app.anon();
    let before = app.services.auth.password_checks();
    for body in [
        json!({}),
        json!({"username": "root"}),
        json!({"username": ["root"], "password": ADMIN.1}),
        json!({"username": "root", "password": null}),
        json!({"username": "root", "password": 12}),
        json!({"username": "root", "password": ADMIN.1, "admin": true}),
        json!({"username": "root", "password": "x".repeat(129)}),
        json!({"username": "r".repeat(65), "password": ADMIN.1}),
        json!([]),
    ] {
        let answer = anon.post("/api/auth/login", &body).await;
        assert_eq!(answer.status, 400, "{body} answered {}", answer.text);
    }
    let raw = |content_type: &'static str, body: Vec<u8>| {
        let request = anon.request(reqwest::Method::POST, "/api/auth/login");
        anon.send(request.header("content-type", content_type).body(body))
    };
    raw("application/json", b"{\"username\": ".to_vec()).await.expect(400);
    raw("application/json", b"{\"username\": \"\xff\xfe\", \"password\": \"x\"}".to_vec()).await.expect(400);
    raw("text/plain", b"{}".to_vec()).await.expect_problem(415, "unsupported_media_type");
    raw("application/json", vec![b' '; 10 << 20]).await.expect_problem(413, "payload_too_large");
    assert_eq!(app.services.auth.password_checks(), before);
    app.stop().await;
}

#[tokio::test]
async fn access_tokens_expire_and_say_so() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    app.clock.advance(TimeDelta::seconds(890));
    ann.get("/api/auth/me").await.expect(200);
    app.clock.advance(TimeDelta::seconds(11));
    ann.get("/api/auth/me").await.expect_problem(401, "token_expired");
    app.stop().await;
}

#[tokio::test]
async fn a_password_is_changed_by_its_owner_and_ends_the_other_sessions() {
    let app = TestApp::spawn().await;
    let (here, there) = (app.member("ann").await, app.login("ann", PASSWORD).await);
    let (mut ws_here, mut ws_there) = (Ws::connect(&app, &here).await, Ws::connect(&app, &there).await);
    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});

    for (body, field) in [
        (change("wrong password", "an even better one"), "current_password"),
        (change(PASSWORD, "short"), "new_password"),
    ] {
        let problem = here.post("/api/auth/password", &body).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    there.get("/api/auth/me").await.expect(200);
    app.login("ann", PASSWORD).await;

    here.post("/api/auth/password", &change(PASSWORD, "an even better one")).await.expect(204);
    assert_eq!(ws_there.closed().await, 3500);
    assert_eq!(ws_here.closed().await, 3011, "the session goes on: come back at once");
    there.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    super::refresh(&app, &there.login["refresh_token"], None).await.expect_problem(401, "unauthorized");
    here.get("/api/auth/me").await.expect(200);
    try_login(&app, "ann", PASSWORD).await.expect_problem(401, "invalid_credentials");
    app.login("ann", "an even better one").await;
    app.stop().await;
}

#[tokio::test]
async fn passwords_are_kept_as_argon2id_and_secrets_as_digests() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let token = json!({"name": "export", "scopes": ["users:read"]});
    let made = ann.post("/api/auth/tokens", &token).await.expect(201);
    let (dir, access) = (app.data_dir(), ann.token.clone());
    let secrets = [
        PASSWORD,
        ADMIN.1,
        &access,
        made["token"].as_str().unwrap(),
        ann.login["refresh_token"].as_str().unwrap(),
    ]
    .map(|s| s.as_bytes().to_vec());
    let held = |needle: &[u8]| {
        ["workspace.sqlite", "workspace.sqlite-wal"].iter().any(|file| {
            std::fs::read(dir.join(file)).is_ok_and(|bytes| bytes.windows(needle.len()).any(|w| w == needle))
        })
    };
    assert!(held(b"$argon2id$v=19$m=19456,t=2,p=1$"));
    for secret in secrets {
        assert!(!held(&secret));
    }
    app.stop().await;
}

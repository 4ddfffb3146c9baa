//! Creating calls that are repeated with the same `Idempotency-Key`.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::number;
use crate::support::{Actor, Answer, PASSWORD, TestApp, Ws};

async fn post(actor: &Actor, path: &str, key: &str, body: &Value) -> Answer {
    actor.send(actor.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

/// Every call that takes a key, as an admin makes it: path, body, another body, and the table of what it makes.
fn calls() -> Vec<(&'static str, Value, Value, &'static str)> {
    vec![
        (
            "/api/agenda",
            json!({"title": "Plan", "start": "2026-12-01T09:00:00Z"}),
            json!({"title": "Plan B", "start": "2026-12-01T09:00:00Z"}),
            "agenda_events",
        ),
        (
            "/api/chat/rooms",
            json!({"name": "Design", "kind": "public"}),
            json!({"name": "Design", "kind": "private"}),
            "chat_rooms",
        ),
        (
            "/api/chat/rooms/general/messages",
            json!({"body": "hello"}),
            json!({"body": "hallo"}),
            "chat_messages",
        ),
        (
            "/api/users",
            json!({"username": "ann", "password": PASSWORD, "role": "member"}),
            json!({"username": "bob", "password": PASSWORD, "role": "member"}),
            "users",
        ),
        (
            "/api/app-keys",
            json!({"app": "desk", "name": "Desk"}),
            json!({"app": "desk", "name": "Desk, too"}),
            "app_keys",
        ),
    ]
}

#[tokio::test]
async fn the_same_key_makes_one_thing_for_a_day() {
    let app = TestApp::spawn().await;
    let (admin, cat) = (app.admin().await, app.member("cat").await);
    for (n, (path, body, other, table)) in calls().into_iter().enumerate() {
        let count = format!("SELECT COUNT(*) FROM {table}");
        let before = number(&app, &count).await;
        let key = format!("key-{n}");
        let (first, second) = tokio::join!(post(&admin, path, &key, &body), post(&admin, path, &key, &body));
        let (first, second) = (first.expect(201), second.expect(201));
        assert_eq!(first, second, "{path}");
        assert_eq!(post(&admin, path, &key, &body).await.expect(201), first, "{path}");
        assert_eq!(number(&app, &count).await, before + 1, "{path}");

        post(&admin, path, &key, &other).await.expect_problem(409, "idempotency_conflict");
        let elsewhere = if n == 0 { "/api/chat/rooms" } else { "/api/agenda" };
        let there = if n == 0 { calls()[1].1.clone() } else { calls()[0].1.clone() };
        post(&admin, elsewhere, &key, &there).await.expect_problem(409, "idempotency_conflict");
        assert_eq!(number(&app, &count).await, before + 1, "{path}");
        if !["/api/users", "/api/app-keys"].contains(&path) {
            // Keys are each account's own.
            assert_ne!(post(&cat, path, &key, &body).await.expect(201)["id"], first["id"], "{path}");
        }
    }
    // What failed made nothing, and its key is as good as new.
    let taken = json!({"username": "ann", "password": PASSWORD, "role": "viewer"});
    post(&admin, "/api/users", "retry", &taken).await.expect_problem(409, "username_taken");
    let free = json!({"username": "dan", "password": PASSWORD, "role": "viewer"});
    post(&admin, "/api/users", "retry", &free).await.expect(201);
    for key in ["x".repeat(201).as_str(), "two words", ""] {
        let problem = post(&admin, "/api/users", key, &free).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "Idempotency-Key");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_key_is_kept_over_a_restart_and_forgotten_after_a_day() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let (path, body, other, _) = calls().remove(2);
    let first = post(&admin, path, "key", &body).await.expect(201);
    let app = app.restart_after(TimeDelta::hours(23)).await;
    let admin = app.admin().await;
    assert_eq!(post(&admin, path, "key", &body).await.expect(201), first);
    admin.delete(&format!("{path}/{}", first["id"].as_str().unwrap())).await.expect(204);
    post(&admin, path, "key", &body).await.expect_problem(409, "idempotency_spent");
    for n in 0..30 {
        post(&admin, path, &format!("{n}"), &body).await.expect(201);
    }

    app.clock.advance(TimeDelta::hours(2));
    let admin = app.admin().await;
    let second = post(&admin, path, "key", &other).await.expect(201);
    assert_eq!(
        (&second["body"], post(&admin, path, "key", &other).await.expect(201)),
        (&json!("hallo"), second.clone())
    );
    app.clock.advance(TimeDelta::hours(25));
    let admin = app.admin().await;
    for key in ["a", "b"] {
        post(&admin, path, key, &body).await.expect(201);
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM idempotency_keys").await, 2, "old ones are swept");
    app.stop().await;
}

#[tokio::test]
async fn an_api_token_is_made_once_and_its_maker_gets_a_secret_that_works() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let body = json!({"name": "backup", "scopes": ["agenda:read"]});
    let (first, second) = tokio::join!(
        post(&ann, "/api/auth/tokens", "key", &body),
        post(&ann, "/api/auth/tokens", "key", &body)
    );
    let (first, second) = (first.expect(201), second.expect(201));
    let third = post(&ann, "/api/auth/tokens", "key", &body).await.expect(201);
    assert_eq!((&first["id"], &second["id"]), (&third["id"], &third["id"]));
    assert_eq!(first["expires_at"], third["expires_at"]);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM api_tokens").await, 1);

    // The last secret is the token's, also after a restart; those before it open nothing.
    let works = async |app: &TestApp, made: &Value| {
        let secret = made["token"].as_str().unwrap().to_owned();
        app.anon()
            .with_token(&secret)
            .get("/api/agenda?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z")
            .await
            .status
    };
    assert_eq!(
        [works(&app, &first).await, works(&app, &second).await, works(&app, &third).await],
        [401, 401, 200]
    );
    // Nor does a socket stay that was opened with one of those.
    let mut ws = Ws::connect_with(&app, &json!({"token": third["token"]})).await;
    let third = post(&ann, "/api/auth/tokens", "key", &body).await.expect(201);
    assert_eq!(ws.closed().await, 3500);
    let app = app.restart_after(TimeDelta::hours(1)).await;
    assert_eq!([works(&app, &second).await, works(&app, &third).await], [401, 200]);
    let other = json!({"name": "other", "scopes": ["agenda:read"]});
    let ann = app.login("ann", PASSWORD).await;
    post(&ann, "/api/auth/tokens", "key", &other).await.expect_problem(409, "idempotency_conflict");
    ann.delete(&format!("/api/auth/tokens/{}", first["id"].as_str().unwrap())).await.expect(204);
    post(&ann, "/api/auth/tokens", "key", &body).await.expect_problem(409, "idempotency_spent");
    app.stop().await;
}

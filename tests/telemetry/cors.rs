//! Which pages may send.

use reqwest::Method;
use serde_json::json;

use super::{collect, line, send, stored};
use crate::support::{Answer, TestApp};

/// Everything that the SDK sends in any of its configurations.
const HEADERS: &str =
    "content-type,content-encoding,x-api-key,x-faro-session-id,idempotency-key,authorization,traceparent";

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Answer {
    let anon = app.anon();
    let request = anon
        .request(Method::OPTIONS, path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", HEADERS);
    anon.send(request).await
}

fn assert_granted(answer: &Answer, origin: &str) {
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, origin));
    let allowed: Vec<&str> =
        answer.header("access-control-allow-headers").split(',').map(str::trim).collect();
    for header in HEADERS.split(',') {
        assert!(allowed.contains(&header), "{header}");
    }
    assert_eq!(answer.header("access-control-max-age"), "86400");
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, ""));
}

#[tokio::test]
async fn configured_origins_and_desktop_applications_may_send() {
    let app = TestApp::spawn_with(|config| {
        config.cors_origins = vec![url::Url::parse("https://team.test").unwrap().origin()];
    })
    .await;
    let key = super::key(&app, "desk").await;
    for path in ["/collect".to_owned(), format!("/collect/{key}")] {
        for origin in ["https://team.test", "null", "app://desk"] {
            assert_granted(&preflight(&app, &path, origin).await, origin);
        }
        assert_refused(&preflight(&app, &path, "https://evil.test").await);
    }
    let anon = app.anon();
    let sent = anon.send(collect(&anon, &key).header("Origin", "app://desk").json(&line("desktop"))).await;
    assert_eq!((sent.status, sent.header("access-control-allow-origin")), (202, "app://desk"));
    assert!(sent.header("access-control-expose-headers").contains("Retry-After"));
    assert_eq!(sent.header("access-control-allow-credentials"), "");
    let foreign =
        anon.send(collect(&anon, &key).header("Origin", "https://evil.test").json(&line("foreign"))).await;
    assert_eq!(foreign.header("access-control-allow-origin"), "");
    foreign.expect_problem(403, "origin_not_allowed");
    assert_eq!(stored(&app).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_key_with_origins_of_its_own_is_good_for_those_alone() {
    let app = TestApp::spawn().await;
    let wanted = json!({"app": "desk", "allowed_origins": ["https://desk.test/", "http://localhost:3000"]});
    let made = app.admin().await.post("/api/app-keys", &wanted).await.expect(201);
    assert_eq!(made["allowed_origins"], json!(["https://desk.test", "http://localhost:3000"]));
    let key = made["key"].as_str().unwrap();
    assert_granted(
        &preflight(&app, &format!("/collect/{key}"), "https://desk.test").await,
        "https://desk.test",
    );
    assert_refused(&preflight(&app, &format!("/collect/{key}"), "null").await);
    // The key comes in a header, which a preflight does not show.
    assert_granted(&preflight(&app, "/collect", "https://desk.test").await, "https://desk.test");
    let anon = app.anon();
    let request = |origin: &str| {
        let request =
            anon.request(Method::POST, "/collect").header("X-API-Key", key).header("Origin", origin);
        anon.send(request.json(&line(origin)))
    };
    assert_eq!(request("https://desk.test").await.status, 202);
    request("app://desk").await.expect_problem(403, "origin_not_allowed");
    assert_eq!(send(&app, key, &line("no page")).await.status, 202, "a program has no origin");
    assert_eq!(stored(&app).await, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_refused_request_can_be_read_by_its_page() {
    let app = TestApp::spawn().await;
    let key = super::key(&app, "desk").await;
    let anon = app.anon();
    let answer = anon.send(collect(&anon, &key).header("Origin", "null").body("no JSON")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "null");
    answer.expect_problem(400, "invalid_request");
    app.stop().await;
}

//! What every response of the main port has, whoever answers: an id to find its line in the log by, and a trace to join it
//! with the caller's telemetry. The metrics listener is Prometheus' alone, and has neither.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::document::Document;
use crate::support::{Answer, TestApp};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[track_caller]
fn assert_traced(answer: &Answer, place: &str) {
    let id = answer.header("x-request-id");
    assert!((8..=64).contains(&id.len()), "{place}: {} with X-Request-Id `{id}`", answer.status);
    let timing = answer.header("server-timing");
    let trace = timing.strip_prefix("traceparent;desc=\"00-").and_then(|rest| rest.strip_suffix("-01\""));
    let (trace, span) =
        trace.and_then(|ids| ids.split_once('-')).unwrap_or_else(|| panic!("{place}: `{timing}`"));
    let hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    assert!((trace.len(), span.len()) == (32, 16) && hex(trace) && hex(span), "{place}: {timing}");
}

#[tokio::test]
async fn every_response_names_request_and_trace() {
    let app = TestApp::spawn().await;
    // A token lives through what ends sessions.
    let scopes =
        ["users:write", "agenda:write", "chat:write", "clients:write", "monitoring:read", "signals:read"];
    let token = json!({"name": "everywhere", "scopes": scopes});
    let token = app.admin().await.post("/api/auth/tokens", &token).await.expect(201);
    let (anon, admin) = (app.anon(), app.anon().with_token(token["token"].as_str().unwrap()));
    let mut seen = BTreeSet::new();
    let mut check = |answer: Answer, place: &str| {
        assert_traced(&answer, place);
        seen.insert(answer.status);
    };
    for operation in Document::of(&app).await.operations() {
        let path = operation.path_with(|_| "01900000-0000-7000-8000-000000000000".to_owned());
        for actor in [&anon, &admin] {
            let request =
                actor.request(operation.method.clone(), &path).header(CONTENT_TYPE, "application/json");
            // A body that no operation takes.
            let answer = actor.send(if operation.takes_json() { request.body("[") } else { request }).await;
            check(answer, &format!("{} {path}", operation.method));
        }
    }
    let pages = ["/", "/login", "/setup", "/rooms", "/people", "/docs", "/docs/", "/no/such/page", "/%00"];
    let others =
        ["/health", "/ready", "/api/openapi.json", "/api/openapi.yaml", "/api/nothing", "/ics/nobody.ics"];
    let sockets = ["/chat", "/connection/websocket", "/collect", "/collect/nobody"];
    for path in pages.into_iter().chain(others).chain(sockets) {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::DELETE] {
            check(anon.send(anon.request(method.clone(), path)).await, &format!("{method} {path}"));
        }
    }
    let page = anon.get("/login").await;
    let asset = page.text.split('"').find(|part| part.ends_with(".css")).expect("a style of the page");
    check(anon.get(asset).await, asset);
    let preflight = anon.request(Method::OPTIONS, "/api/users").header("origin", "http://elsewhere");
    check(anon.send(preflight.header("access-control-request-method", "POST")).await, "a preflight");
    let large = anon.request(Method::POST, "/api/auth/login").header(CONTENT_TYPE, "application/json");
    check(anon.send(large.body("x".repeat(10_000_000))).await, "a large body");
    let socket =
        anon.request(Method::GET, "/chat").header("connection", "upgrade").header("upgrade", "websocket");
    let socket =
        socket.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let opened = socket.send().await.unwrap();
    let (status, headers) = (opened.status().as_u16(), opened.headers().clone());
    check(Answer { status, headers, text: String::new(), json: Value::Null }, "a socket");
    for status in [101, 200, 303, 400, 401, 404, 405, 413, 415] {
        assert!(seen.contains(&status), "none of {seen:?} is {status}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_the_caller_brings_is_taken_on() {
    let app = TestApp::spawn().await;
    let anon = app.anon();
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let ask = anon.request(Method::GET, "/health").header("traceparent", &traceparent);
    let answer = anon.send(ask.header("x-request-id", "order-4711")).await;
    assert_eq!(answer.header("x-request-id"), "order-4711");
    assert_eq!(answer.header("server-timing"), format!("traceparent;desc=\"{traceparent}\""));
    // What would be a nuisance in a log is not.
    for (name, odd) in
        [("x-request-id", "a b\"; DROP"), ("x-request-id", "short"), ("traceparent", "00-zz-zz-01")]
    {
        let answer = anon.send(anon.request(Method::GET, "/health").header(name, odd)).await;
        assert_traced(&answer, odd);
        assert!(
            !answer.header("x-request-id").contains(odd) && !answer.header("server-timing").contains(odd)
        );
    }
    app.stop().await;
}

//! Bodies that no decent client sends: each gets its documented error and changes nothing. What is only odd text is in
//! `bad_texts`.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::document::{Document, Operation};
use crate::support::{Actor, TestApp, Ws, stored};

/// An id that nothing has.
const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

/// Every operation that takes JSON, with the path of something that is not there.
async fn operations(app: &TestApp) -> Vec<(Operation, String)> {
    let all = Document::of(app).await.operations().into_iter().filter(Operation::takes_json);
    let with_path = |one: Operation| {
        let path = one.path_with(|_| NOBODY.to_owned());
        (one, path)
    };
    let operations: Vec<_> = all.map(with_path).collect();
    assert!(operations.len() >= 20, "only {} operations take JSON", operations.len());
    operations
}

/// Sends `body` and checks that it is refused with 400.
async fn refuses(actor: &Actor, method: &Method, path: &str, body: Vec<u8>, what: &str) {
    let request = actor.request(method.clone(), path).header(CONTENT_TYPE, "application/json").body(body);
    let answer = actor.send(request).await;
    let place = format!("{method} {path} with {what}: {} {}", answer.status, answer.text);
    assert_eq!(answer.status, 400, "{place}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{place}");
    let code = answer.json["code"].as_str().unwrap_or_default();
    assert!(["invalid_request", "validation_failed"].contains(&code), "{place}");
    assert!(!answer.text.contains("panicked") && !answer.text.contains("src/"), "{place}");
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let before = stored::rows(&app).await;
    for (Operation { method, .. }, path) in operations(&app).await {
        let bodies: [(&str, &[u8]); 9] = [
            ("nothing", b""),
            ("half an object", br#"{"name": "#),
            ("no JSON", b"name=ann"),
            ("a list", b"[]"),
            ("a text", br#""text""#),
            ("null", b"null"),
            ("invalid UTF-8", b"{\"name\": \"\xff\xfe\"}"),
            ("an unknown field", br#"{"no_such_field": 1}"#),
            ("deep nesting", &b"[".repeat(100_000)),
        ];
        for (what, body) in bodies {
            refuses(&admin, &method, &path, body.to_vec(), what).await;
        }
    }
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}

#[tokio::test]
async fn bodies_that_are_too_large_or_of_another_kind() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let before = stored::rows(&app).await;
    let ten_megabytes = json!({ "body": "x".repeat(10_000_000) }).to_string();
    // Source maps are the only large ones.
    let forty_megabytes = json!({ "body": "x".repeat(40_000_000) }).to_string();
    for (Operation { method, .. }, path) in operations(&app).await {
        let request = || admin.request(method.clone(), &path);
        let body = if path == "/api/source-maps" { &forty_megabytes } else { &ten_megabytes };
        let large = request().header(CONTENT_TYPE, "application/json").body(body.clone());
        admin.send(large).await.expect_problem(413, "payload_too_large");
        let text = request().header(CONTENT_TYPE, "text/plain").body("{}");
        admin.send(text).await.expect_problem(415, "unsupported_media_type");
    }
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}

/// Whoever sends a body that nobody asked for gets the answer that they would get without it, as the document has it.
#[tokio::test]
async fn large_bodies_that_no_operation_takes() {
    let app = TestApp::spawn().await;
    // A token lives through what ends sessions.
    let scopes =
        ["users:write", "agenda:write", "chat:write", "clients:write", "monitoring:read", "signals:read"];
    let token = json!({ "name": "everywhere", "scopes": scopes });
    let token = app.admin().await.post("/api/auth/tokens", &token).await.expect(201);
    let (anon, admin) = (app.anon(), app.anon().with_token(token["token"].as_str().unwrap()));
    let large = bytes::Bytes::from(vec![b'x'; 10_000_000]);
    let before = stored::rows(&app).await;
    let mut asked = 0;
    for operation in Document::of(&app).await.operations().iter().filter(|one| !one.takes_a_body()) {
        let path = operation.path_with(|_| NOBODY.to_owned());
        for actor in [&anon, &admin] {
            let request = || actor.request(operation.method.clone(), &path);
            let plain = actor.send(request()).await;
            let answer =
                actor.send(request().header(CONTENT_TYPE, "application/json").body(large.clone())).await;
            let place = format!("{} {path}: {} {}", operation.method, answer.status, answer.text);
            assert!(operation.documents(answer.status), "{place}");
            assert_eq!(answer.status, plain.status, "{place}");
            asked += 1;
        }
    }
    assert!(asked >= 100, "only {asked} calls");
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}

/// The tests of this file say that nothing changed: what they compare must have what counts.
#[tokio::test]
async fn what_is_compared_is_all_that_matters() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let described = json!({ "token": ann.token, "data": { "installation_id": "i-1", "app": "desk" } });
    let ws = Ws::connect_with(&app, &described).await;
    let client = admin.get(&format!("/api/clients/{}", ws.client())).await.expect(200);
    let settings = format!("/api/installations/{}/settings", client["installation"].as_str().unwrap());
    let mut before = stored::rows(&app).await;
    admin.put(&settings, &json!({ "log_level": "debug", "minutes": 5 })).await.expect(200);
    let mut after = stored::rows(&app).await;
    assert_ne!(after, before, "settings of an installation");
    std::mem::swap(&mut before, &mut after);
    ann.post("/api/auth/logout", &Value::Null).await.expect(204);
    assert_ne!(stored::rows(&app).await, before, "a session that was ended");
    app.stop().await;
}

#[tokio::test]
async fn fields_of_the_wrong_type() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let admin = app.admin().await;
    let before = stored::rows(&app).await;
    let event = json!({ "title": "t", "start": "2026-12-01T10:00:00", "end": "2026-12-01T11:00:00" });
    let with = |field: &str, value: Value| {
        let mut body = event.clone();
        body[field] = value;
        body
    };
    let wrong = [
        ("/api/chat/rooms/general/messages", json!({ "body": 7 })),
        ("/api/chat/rooms/general/messages", json!({ "body": ["a"] })),
        ("/api/chat/rooms/general/messages", json!({ "body": "a", "reply_to": "not an id" })),
        ("/api/chat/rooms", json!({ "name": "room", "kind": "secret" })),
        ("/api/chat/rooms", json!({ "name": "room", "kind": "public", "members": "ann" })),
        ("/api/agenda", with("start", json!("tomorrow"))),
        ("/api/agenda", with("end", json!(12))),
        ("/api/agenda", with("end", json!("2026-12-01T08:00:00Z"))),
        ("/api/agenda", with("time_zone", json!("Mars/Olympus"))),
        ("/api/agenda", with("title", json!(""))),
        ("/api/agenda", with("title", json!("x".repeat(100_000)))),
        ("/api/auth/tokens", json!({ "name": "t", "scopes": ["everything"] })),
        ("/api/auth/tokens", json!({ "name": "t", "scopes": ["chat:read"], "expires_in_days": -1 })),
    ];
    for (path, body) in wrong {
        let answer = ann.post(path, &body).await;
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text);
    }
    for body in [
        json!({ "username": "", "password": "a quite good password", "role": "member" }),
        json!({ "username": "bob", "password": "short", "role": "member" }),
        json!({ "username": "bob", "password": "a quite good password", "role": "king" }),
        json!({ "username": "bob\u{0}", "password": "a quite good password", "role": "member" }),
        json!({ "username": "b".repeat(10_000), "password": "a quite good password", "role": "member" }),
    ] {
        let answer = admin.post("/api/users", &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
    }
    for path in [
        "/api/users?limit=0",
        "/api/users?limit=many",
        "/api/users?cursor=%00",
        "/api/users/not-an-id",
        "/api/agenda?from=yesterday&to=2026-12-02T00:00:00Z",
        "/api/chat/rooms/general/messages?before=x",
    ] {
        let answer = admin.get(path).await;
        assert!([400, 404].contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}

#[tokio::test]
async fn ids_of_others() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let id = |value: Value| value["id"].as_str().unwrap().to_owned();
    let room =
        id(ann.post("/api/chat/rooms", &json!({ "name": "secret", "kind": "private" })).await.expect(201));
    let messages = format!("/api/chat/rooms/{room}/messages");
    let message = id(ann.post(&messages, &json!({ "body": "between us" })).await.expect(201));
    let own = json!({
        "title": "doctor", "visibility": "private", "time_zone": "Europe/Paris",
        "start": "2026-12-01T10:00:00", "end": "2026-12-01T11:00:00",
    });
    let event = id(ann.post("/api/agenda", &own).await.expect(201));
    let token =
        ann.post("/api/auth/tokens", &json!({ "name": "mine", "scopes": ["chat:read"] })).await.expect(201);
    let sessions = ann.get("/api/auth/sessions").await.expect(200);
    let session = sessions["items"][0]["id"].as_str().unwrap().to_owned();
    let before = stored::rows(&app).await;

    let hello = json!({ "body": "hello" });
    let answers = [
        bob.get(&format!("/api/chat/rooms/{room}")).await,
        bob.get(&messages).await,
        bob.post(&messages, &hello).await,
        bob.patch(&format!("/api/chat/rooms/{room}"), &json!({ "name": "mine" })).await,
        bob.delete(&format!("/api/chat/rooms/{room}")).await,
        bob.get(&format!("/api/chat/rooms/{room}/members")).await,
        bob.put(&format!("/api/chat/rooms/{room}/members/{}", bob.id), &Value::Null).await,
        bob.patch(&format!("{messages}/{message}"), &hello).await,
        bob.delete(&format!("{messages}/{message}")).await,
        bob.put(&format!("{messages}/{message}/reactions/%F0%9F%91%8D"), &Value::Null).await,
        bob.put(&format!("/api/chat/rooms/{room}/read"), &json!({ "offset": 1 })).await,
        bob.get(&format!("/api/agenda/{event}")).await,
        bob.delete(&format!("/api/agenda/{event}")).await,
        bob.delete(&format!("/api/auth/tokens/{}", token["id"].as_str().unwrap())).await,
        bob.delete(&format!("/api/auth/sessions/{session}")).await,
    ];
    for answer in answers {
        answer.expect_problem(404, "not_found");
    }
    assert_eq!(stored::rows(&app).await, before);
    // The message of another in a room of both: seen, so not hidden, and not to be changed.
    let general = "/api/chat/rooms/general/messages";
    let public = id(ann.post(general, &hello).await.expect(201));
    let before = stored::rows(&app).await;
    bob.patch(&format!("{general}/{public}"), &json!({ "body": "changed" }))
        .await
        .expect_problem(403, "forbidden");
    bob.delete(&format!("{general}/{public}")).await.expect_problem(403, "forbidden");
    // A member among admins' things.
    bob.patch(&format!("/api/users/{}", bob.id), &json!({ "role": "admin" }))
        .await
        .expect_problem(403, "forbidden");
    bob.get("/api/clients").await.expect_problem(403, "forbidden");
    bob.get("/api/monitoring/status").await.expect_problem(403, "forbidden");

    assert_eq!(stored::rows(&app).await, before);
    ann.delete(&format!("{general}/{public}")).await.expect(204);
    assert!(ann.get(&messages).await.expect(200)["items"][0]["body"] == "between us");
    assert_eq!(bob.get("/api/auth/me").await.expect(200)["user"]["role"], "member");
    app.stop().await;
}

//! Bodies and texts that no decent client sends: each gets its documented error and changes nothing, and what is only
//! odd text is stored and given back as it is.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::{Actor, TestApp, stored};

/// An id that nothing has.
const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

/// One operation of the API document that takes a JSON body.
struct Operation {
    method: Method,
    path: String,
}

/// Every operation that takes JSON, as the document lists them: what is added later is tested as well.
async fn operations(app: &TestApp) -> Vec<Operation> {
    let document = app.anon().get("/api/openapi.json").await.expect(200);
    let paths: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_value(document["paths"].clone()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let json_body = operation.pointer("/requestBody/content").is_some_and(|content| {
                content.as_object().unwrap().keys().any(|kind| kind.starts_with("application/json"))
            });
            if json_body {
                let path = path.split('/').map(|part| if part.starts_with('{') { NOBODY } else { part });
                operations
                    .push(Operation { method, path: format!("/api{}", path.collect::<Vec<_>>().join("/")) });
            }
        }
    }
    assert!(operations.len() >= 20, "only {} operations take JSON", operations.len());
    operations
}

impl Operation {
    /// Sends `body` and checks that it is refused with 400 or, where no login is needed and it is wrong, 401.
    async fn refuses(&self, actor: &Actor, body: Vec<u8>, what: &str) {
        let request = actor
            .request(self.method.clone(), &self.path)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let answer = actor.send(request).await;
        let place = format!("{} {} with {what}: {} {}", self.method, self.path, answer.status, answer.text);
        assert_eq!(answer.status, 400, "{place}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{place}");
        let code = answer.json["code"].as_str().unwrap_or_default();
        assert!(["invalid_request", "validation_failed"].contains(&code), "{place}");
        assert!(!answer.text.contains("panicked") && !answer.text.contains("src/"), "{place}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let before = stored::rows(&app).await;
    for operation in operations(&app).await {
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
            operation.refuses(&admin, body.to_vec(), what).await;
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
    for Operation { method, path } in operations(&app).await {
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

/// Text that would do harm if it were run instead of kept.
const ODD: [&str; 5] = [
    "'; DROP TABLE user; --",
    "\" OR \"1\"=\"1",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)> {{7*7}} ${7*7}",
    "%27%20UNION%20SELECT%20*%20FROM%20sqlite_master \u{202e}تجربة 👩‍👩‍👧",
];

#[tokio::test]
async fn odd_text_is_kept_as_it_is() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let admin = app.admin().await;
    for (i, text) in ODD.into_iter().enumerate() {
        let messages = "/api/chat/rooms/general/messages";
        let message = ann.post(messages, &json!({ "body": text })).await.expect(201);
        assert_eq!(message["body"], text);
        let page = ann.get(messages).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().last().unwrap()["body"], text);

        let room =
            ann.post("/api/chat/rooms", &json!({ "name": text, "kind": "private", "topic": text })).await;
        if room.status == 201 {
            let room = room.json["id"].as_str().unwrap().to_owned();
            let room = ann.get(&format!("/api/chat/rooms/{room}")).await.expect(200);
            assert_eq!((room["name"].as_str(), room["topic"].as_str()), (Some(text), Some(text)));
        } else {
            room.expect_problem(400, "validation_failed");
        }

        let event = json!({
            "title": text, "place": text, "notes": text,
            "start": "2026-12-01T10:00:00", "end": "2026-12-01T11:00:00", "time_zone": "Europe/Paris",
        });
        let event = ann.post("/api/agenda", &event).await.expect(201);
        let event = ann.get(&format!("/api/agenda/{}", event["id"].as_str().unwrap())).await.expect(200);
        for field in ["title", "place", "notes"] {
            assert_eq!(event[field], text, "{field}");
        }

        let account = json!({ "username": format!("odd{i}"), "name": text, "password": "a quite good password", "role": "member" });
        let account = admin.post("/api/users", &account).await;
        if account.status == 201 {
            let id = account.json["id"].as_str().unwrap();
            assert_eq!(admin.get(&format!("/api/users/{id}")).await.expect(200)["name"], text);
        } else {
            account.expect_problem(400, "validation_failed");
        }
        admin
            .post(
                "/api/users",
                &json!({ "username": text, "password": "a quite good password", "role": "member" }),
            )
            .await
            .expect_problem(400, "validation_failed");

        // As a question: no match or this very text, never an error or everything.
        let find = async |path: &str, name: &str| {
            let request = ann.request(Method::GET, path).query(&[(name, text)]);
            ann.send(request).await.expect(200)["items"].as_array().unwrap().len()
        };
        assert!(find("/api/users", "search").await <= 1);
        assert!(find("/api/chat/search", "q").await <= 1);
        let login = json!({ "username": text, "password": text });
        app.anon().post("/api/auth/login", &login).await.expect_problem(401, "invalid_credentials");
    }
    // Every table is still there, and so is everybody.
    assert!(admin.get("/api/users").await.expect(200)["items"].as_array().unwrap().len() >= 2);
    assert!(stored::rows(&app).await.contains("general"));
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

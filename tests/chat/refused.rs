//! What is refused, with its documented error, and changes nothing.

use reqwest::Method;
use serde_json::{Value, json};

use super::{heard, items, make, member, message, messages, room, say, text};
use crate::support::{Actor, TestApp};

#[tokio::test]
async fn bodies_that_are_not_messages() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let path = messages("general");
    let long = "ä".repeat(8001);
    let cases = [
        (json!({"body": ""}), "body"),
        (json!({"body": " \n\t "}), "body"),
        (json!({"body": "a\u{0}b"}), "body"),
        (json!({"body": long}), "body"),
        (json!({"body": "ok", "nonce": ""}), "nonce"),
        (json!({"body": "ok", "nonce": "n".repeat(65)}), "nonce"),
    ];
    for (body, field) in cases {
        let problem = ann.post(&path, &body).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let malformed = [
        (json!({"body": 1}), "body", "must be a text"),
        (json!({}), "body", "is missing"),
        (json!({"body": "ok", "color": "red"}), "color", "is not known here"),
        (json!({"body": "ok", "reply_to": "nonsense"}), "reply_to", "must be a UUID"),
    ];
    for (body, field, message) in malformed {
        let problem = ann.post(&path, &body).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"], json!([{"field": field, "message": message}]), "{body}");
        assert_eq!(problem["detail"], format!("{field} {message}"), "and no type of the program");
    }
    let problem = ann.post(&path, &json!([])).await.expect_problem(400, "invalid_request");
    assert_eq!(problem["detail"], "The body must be an object.");
    for raw in ["{\"body\":", "\u{feff}{}", "null", ""] {
        let request = ann.request(Method::POST, &path).header("content-type", "application/json").body(raw);
        assert_eq!(ann.send(request).await.status, 400, "{raw}");
    }
    let request = ann.request(Method::POST, &path).header("content-type", "application/json");
    assert_eq!(ann.send(request.body(b"{\"body\":\"\xff\"}".to_vec())).await.status, 400);
    let request = ann.request(Method::POST, &path).header("content-type", "text/plain").body("hello");
    ann.send(request).await.expect_problem(415, "unsupported_media_type");
    let huge = json!({"body": "x".repeat(10 << 20)});
    ann.post(&path, &huge).await.expect_problem(413, "payload_too_large");
    assert!(heard(&ann, "general").await.is_empty());
    assert_eq!(room(&ann, "general").await["last_offset"], 0);

    say(&ann, "general", &"ä".repeat(8000)).await;
    app.stop().await;
}

#[tokio::test]
async fn rooms_that_cannot_be() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let both = json!({"name": "x".repeat(81), "kind": "public", "topic": "y".repeat(251)});
    let problem = ann.post("/api/chat/rooms", &both).await.expect_problem(400, "validation_failed");
    let fields: Vec<String> =
        problem["errors"].as_array().unwrap().iter().map(|e| text(&e["field"])).collect();
    assert_eq!(fields, ["name", "topic"], "every wrong field is named");
    for name in ["", "  ", "two\nlines", "a\u{0}b"] {
        let body = json!({"name": name, "kind": "public"});
        ann.post("/api/chat/rooms", &body).await.expect_problem(400, "validation_failed");
    }
    for body in [
        json!({"name": "x", "kind": "direct"}),
        json!({"name": "x"}),
        json!({"kind": "public"}),
        json!({"name": "x", "kind": "public", "owner": ann.id}),
        json!({"name": "x", "kind": "public", "members": ["nobody"]}),
    ] {
        let problem = ann.post("/api/chat/rooms", &body).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{body}: {problem}");
    }
    let stranger = json!({"name": "x", "kind": "public", "members": [uuid::Uuid::from_u128(9)]});
    let problem = ann.post("/api/chat/rooms", &stranger).await.expect_problem(404, "not_found");
    assert_eq!(problem["errors"][0]["field"], "members");
    assert_eq!(items(&ann.get("/api/chat/rooms").await.expect(200)).len(), 1);

    let id = make(&ann, "public", &[]).await;
    let path = format!("/api/chat/rooms/{id}");
    ann.patch(&path, &json!({"name": ""})).await.expect_problem(400, "validation_failed");
    ann.patch(&path, &json!({"kind": "private"})).await.expect_problem(400, "validation_failed");
    assert_eq!(room(&ann, &id).await["name"], "Design");
    for name in ["nonsense", "GENERAL", &id.to_uppercase(), "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(ann.get(&format!("/api/chat/rooms/{name}")).await.status, 400, "{name}");
    }
    let unknown = uuid::Uuid::from_u128(9);
    ann.get(&format!("/api/chat/rooms/{unknown}")).await.expect_problem(404, "not_found");
    app.stop().await;
}

/// Everything that changes something, on one room and message.
fn changes(id: &str, said: &Value, someone: &Actor) -> Vec<(Method, String, Value)> {
    let path = format!("/api/chat/rooms/{id}");
    vec![
        (Method::POST, "/api/chat/rooms".to_owned(), json!({"name": "x", "kind": "public"})),
        (Method::POST, "/api/chat/direct".to_owned(), json!({"user_id": someone.id})),
        (Method::PATCH, path.clone(), json!({"name": "x"})),
        (Method::DELETE, path, Value::Null),
        (Method::PUT, member(id, someone), json!({})),
        (Method::DELETE, member(id, someone), Value::Null),
        (Method::POST, messages(id), json!({"body": "x"})),
        (Method::PATCH, message(id, said), json!({"body": "x"})),
        (Method::DELETE, message(id, said), Value::Null),
        (Method::PUT, format!("{}/reactions/👍", message(id, said)), json!({})),
        (Method::DELETE, format!("{}/reactions/👍", message(id, said)), Value::Null),
    ]
}

/// All that a reader sees of a room.
async fn seen(actor: &Actor, id: &str) -> (Value, Vec<Value>, Value, usize) {
    (
        room(actor, id).await,
        heard(actor, id).await,
        actor.get(&format!("/api/chat/rooms/{id}/members")).await.expect(200),
        items(&actor.get("/api/chat/rooms").await.expect(200)).len(),
    )
}

#[tokio::test]
async fn viewers_and_strangers_change_nothing() {
    let app = TestApp::spawn().await;
    let (ann, vic, anon) = (app.member("ann").await, app.viewer("vic").await, app.anon());
    let id = make(&ann, "public", &[&vic]).await;
    let said = say(&ann, &id, "hello").await;
    let before = seen(&ann, &id).await;
    assert_eq!(heard(&vic, &id).await, std::slice::from_ref(&said), "a viewer reads");
    for (method, path, body) in changes(&id, &said, &ann) {
        vic.send(vic.request(method.clone(), &path).json(&body)).await.expect_problem(403, "forbidden");
        anon.send(anon.request(method, &path).json(&body)).await.expect_problem(401, "unauthorized");
    }
    for path in ["/api/chat/rooms".to_owned(), format!("/api/chat/rooms/{id}"), messages(&id)] {
        anon.get(&path).await.expect_problem(401, "unauthorized");
    }
    assert_eq!(seen(&ann, &id).await, before);
    app.stop().await;
}

#[tokio::test]
async fn api_tokens_do_what_their_scopes_say() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let id = make(&ann, "public", &[]).await;
    let said = say(&ann, &id, "hello").await;
    let token = async |scopes: &[&str]| {
        let body = json!({"name": "robot", "scopes": scopes});
        let made = ann.post("/api/auth/tokens", &body).await.expect(201);
        ann.with_token(&text(&made["token"]))
    };
    let (reads, writes, other) =
        (token(&["chat:read"]).await, token(&["chat:write"]).await, token(&["agenda:write"]).await);
    let before = seen(&ann, &id).await;
    assert_eq!(heard(&reads, &id).await, std::slice::from_ref(&said));
    for (method, path, body) in changes(&id, &said, &ann) {
        for robot in [&reads, &other] {
            let answer = robot.send(robot.request(method.clone(), &path).json(&body)).await;
            answer.expect_problem(403, "forbidden");
        }
    }
    let mark = format!("/api/chat/rooms/{id}/read");
    reads.put(&mark, &json!({"offset": 1})).await.expect_problem(403, "forbidden");
    for robot in [&writes, &other] {
        robot.get(&messages(&id)).await.expect_problem(403, "forbidden");
    }
    assert_eq!(seen(&ann, &id).await, before);
    writes.post(&messages(&id), &json!({"body": "beep"})).await.expect(201);
    app.stop().await;
}

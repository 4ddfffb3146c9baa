//! The texts of `bad_texts` where no JSON body carries them: paths, headers, what is published over a socket, and telemetry.

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::bad_texts::{TEXTS, assert_documented, holds};
use crate::support::document::{Document, Operation};
use crate::support::{Actor, PASSWORD, TestApp, Ws, eventually, stored};
use crate::telemetry;

/// An id that nothing has.
const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

/// `text` as one part of a path.
fn part(text: &str) -> String {
    // A form has `+` for a space, which in a path is a plus.
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Sends what the operation takes, as an admin who has read what there is.
async fn send(
    admin: &Actor,
    document: &Document,
    operation: &Operation,
    path: &str,
) -> crate::support::Answer {
    let request = admin.request(operation.method.clone(), path).header("If-Match", "*");
    admin
        .send(match document.example(operation) {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
}

#[tokio::test]
async fn every_text_in_a_path_names_nothing_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let document = Document::of(&app).await;
    let mut operations = document.operations();
    operations.retain(|operation| !operation.parameters("path").is_empty());
    let before = stored::rows(&app).await;
    let mut asked = 0;
    for operation in &operations {
        for parameter in operation.parameters("path") {
            for text in TEXTS {
                let named =
                    |name: &str| if parameter["name"] == name { part(text) } else { NOBODY.to_owned() };
                let path = operation.path_with(named);
                let answer = send(&admin, &document, operation, &path).await;
                let place = format!("{} {path}", operation.method);
                assert_documented(operation, &answer, &place);
                // What is not there can be asked for, and ended, without a fault.
                let nothing =
                    answer.json["items"] == json!([]) || [204, 404, 400, 403, 409].contains(&answer.status);
                assert!(nothing, "{place}: {} {}", answer.status, answer.text);
                asked += 1;
            }
        }
    }
    assert!(asked >= 100, "only {asked} questions");
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}

/// Headers that the server reads, whatever is in them: it answers as the document says, and gives none of it back.
#[tokio::test]
async fn every_text_in_a_header_is_a_value_or_refused() {
    const HEADERS: [&str; 16] = [
        "accept",
        "accept-encoding",
        "accept-language",
        "content-type",
        "cookie",
        "forwarded",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "origin",
        "referer",
        "traceparent",
        "user-agent",
        "x-csrf-token",
        "x-forwarded-for",
        "x-request-id",
    ];
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let document = Document::of(&app).await;
    let operations = document.operations();
    let of = |id: &str| operations.iter().find(|operation| operation.id == id).unwrap();
    let (read, make) = (of("list_users"), of("create_agenda_event"));
    let event = json!({"title": "Plan", "start": "2026-12-01T09:00:00"});
    for text in TEXTS {
        let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        for name in HEADERS {
            let before = stored::rows(&app).await;
            for operation in [read, make] {
                let mut request = admin.request(operation.method.clone(), &operation.path);
                if operation.id == make.id {
                    request = request.body(event.to_string()).header("content-type", "application/json");
                }
                // In place of the one that is there already.
                let mut request = request.build().unwrap();
                request.headers_mut().insert(name, value.clone());
                let answer = admin.execute(request).await;
                let place = format!("{} with {name}: {text}", operation.id);
                assert_documented(operation, &answer, &place);
                for (given, value) in &answer.headers {
                    let same = value.as_bytes().windows(text.len()).any(|part| part == text.as_bytes());
                    assert!(!same, "{place} comes back in {given}");
                }
                if operation.id == read.id || answer.status >= 400 {
                    assert_eq!(stored::rows(&app).await, before, "{place}");
                }
            }
        }
    }
    assert_eq!(admin.get("/api/users").await.expect(200)["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn every_text_over_a_socket_is_a_name_of_nothing_or_kept_as_it_is() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    for text in TEXTS {
        let data = json!({"body": text, "nonce": text});
        ws.ok("publish", &json!({"channel": "chat:general", "data": data})).await;
        assert_eq!(ws.publication("chat:general").await["data"]["message"]["body"], text);
        let newest = ann.get("/api/chat/rooms/general/messages").await.expect(200);
        assert!(holds(&newest["items"], text), "{newest}");
        let page = ws.ok("history", &json!({"channel": "chat:general", "limit": 1, "reverse": true})).await;
        assert_eq!(page["publications"][0]["data"]["message"]["body"], text);
    }
    let before = stored::rows(&app).await;
    for text in TEXTS {
        for channel in
            [text.to_owned(), format!("chat:{text}"), format!("user:{text}"), format!("monitor:{text}")]
        {
            let named = json!({"channel": channel});
            for command in ["subscribe", "history", "presence", "presence_stats", "sub_refresh"] {
                let code = ws.err(command, &named).await;
                assert!([102, 103, 107, 108].contains(&code), "{command} {channel}: {code}");
            }
            let code = ws.err("publish", &json!({"channel": channel, "data": {"body": text}})).await;
            assert!([102, 103, 107, 108].contains(&code), "publish {channel}: {code}");
            ws.ok("unsubscribe", &named).await;
        }
        assert_eq!(ws.err("rpc", &json!({"method": text, "data": {"room": text}})).await, 104);
        for (method, data) in [
            ("chat.typing", json!({"room_id": text})),
            ("chat.read", json!({"room_id": text, "offset": 1})),
            ("signals", json!(text)),
            ("console.run", json!({"line": text})),
            ("console.confirm", json!({"password": text})),
        ] {
            let code = ws.err("rpc", &json!({"method": method, "data": data})).await;
            assert!([102, 103, 107].contains(&code), "{method} with {text}: {code}");
        }
        ws.send(json!({"send": {"data": {"text": text}}}).to_string()).await;
    }
    ws.ok("ping", &json!({})).await;
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}

/// In every field of a payload at once: whatever an application says is kept, found and shown as text.
#[tokio::test]
async fn every_text_in_telemetry_is_kept_as_it_is() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let ann = app.member("ann").await;
    let users = admin.get("/api/users").await.expect(200);
    for text in TEXTS {
        let payload = json!({
            "meta": {
                "app": {"name": text, "version": text, "environment": text, "release": text},
                "session": {"id": text, "attributes": {text: text}},
                "user": {"id": text, "username": text, "email": text, "attributes": {"k": text}},
                "page": {"id": text, "url": text, "attributes": {"k": text}},
                "view": {"name": text},
                "browser": {"name": text, "version": text, "os": text, "language": text},
                "sdk": {"name": text, "version": text},
            },
            "logs": [{"message": text, "level": "info", "context": {"k": text}}],
            "events": [{"name": text, "domain": text, "attributes": {"k": text}}],
            "measurements": [{"type": text, "values": {text: 1.5}, "context": {"k": text}}],
            "exceptions": [{
                "type": text, "value": text, "context": {"k": text},
                "stacktrace": {"frames": [{"filename": text, "function": text, "lineno": 1, "colno": 2}]},
            }],
        });
        let answer = ann.post("/collect", &payload).await;
        assert_eq!(answer.status, 202, "{text}: {}", answer.text);
        let found = async |query: &str| {
            let query = format!("{query}&search={}", part(text));
            admin.get(&format!("/api/logs?{query}")).await.expect(200)["items"].as_array().unwrap().clone()
        };
        for kind in ["log", "event", "measurement", "exception"] {
            let lines = found(&format!("kind={kind}")).await;
            assert_eq!(lines.len(), 1, "{kind} with {text}: {lines:?}");
            assert_eq!(lines[0]["app"], text, "{kind}");
        }
        assert_eq!(found("kind=log").await[0]["message"], text);
        let groups = admin.get("/api/errors").await.expect(200);
        assert!(
            groups.to_string().contains(&json!(text).to_string().trim_matches('"').to_owned()),
            "{groups}"
        );
        eventually("it is an installation", async || {
            let installations = admin.get("/api/installations").await.expect(200);
            holds(&installations, text).then_some(())
        })
        .await;
    }
    // Everything and everybody is still there, and nobody new.
    assert_eq!(admin.get("/api/users").await.expect(200), users);
    app.anon().send(app.anon().request(Method::GET, "/ready")).await.expect(200);
    app.login("ann", PASSWORD).await;
    let signals = telemetry::value::<i64>(&app, "SELECT COUNT(*) FROM signals").await;
    assert_eq!(signals, 4 * TEXTS.len() as i64);
    let _: Value = admin.get("/api/monitoring/status").await.expect(200);
    app.stop().await;
}

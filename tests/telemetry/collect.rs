//! What the collector takes and refuses.

use reqwest::Method;
use serde_json::json;

use super::{collect, gzip, key, line, send, stored, value};
use crate::support::database::{Held, queued};
use crate::support::{TestApp, Ws};

#[tokio::test]
async fn a_batch_is_answered_as_the_sdk_wants_and_is_stored_whole() {
    let app = TestApp::spawn().await;
    let key = key(&app, "desk").await;
    let body = json!({
        "meta": {"app": {"name": "desk", "version": "1.0.0"}, "session": {"id": "s1"}, "browser": {"name": "Chrome", "brands": "unknown"}},
        "logs": [{"message": "hello", "level": "log"}, {"message": "careful", "level": "warn"}],
        "exceptions": [{"type": "TypeError", "value": "no", "stacktrace": {"frames": [{"function": "f", "filename": "a.js", "lineno": 1}]}}],
        "measurements": [{"type": "web-vitals", "values": {"lcp": 2500, "inp": null}}],
        "events": [{"name": "view_changed", "attributes": {"toView": "home", "n": 5}}],
        "traces": {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "a", "spanId": "b", "name": "GET"}]}]}]},
    });
    let answer = send(&app, &key, &body).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, "ok"));
    assert!(answer.header("content-type").starts_with("text/plain"));
    let kinds: String =
        value(&app, "SELECT group_concat(kind || level) FROM (SELECT * FROM signals ORDER BY id)").await;
    assert_eq!(kinds, "02,03,14,22,32,42");
    let contexts: i64 = value(&app, "SELECT COUNT(*) FROM signal_contexts").await;
    assert_eq!(contexts, 1, "one meta is stored once");
    let group: String =
        value(&app, "SELECT app || type || message || culprit || count FROM error_groups").await;
    assert_eq!(group, "deskTypeErrornof (a.js)1");
    send(&app, &key, &body).await;
    assert_eq!(stored(&app).await, 12, "without times, the same twice is twice");
    let contexts: i64 = value(&app, "SELECT COUNT(*) FROM signal_contexts").await;
    assert_eq!(contexts, 1);
    app.stop().await;
}

#[tokio::test]
async fn keys_travel_in_the_path_or_the_header_and_logins_as_bearer() {
    let app = TestApp::spawn().await;
    let (anon, ann, key) = (app.anon(), app.member("ann").await, key(&app, "desk").await);
    let header = anon.request(Method::POST, "/collect").header("X-API-Key", &key).json(&line("header"));
    assert_eq!(anon.send(header).await.status, 202);
    assert_eq!(send(&app, &key, &line("path")).await.status, 202);
    assert_eq!(ann.send(ann.request(Method::POST, "/collect").json(&line("login"))).await.status, 202);
    assert_eq!(stored(&app).await, 3);
    let account: Vec<u8> =
        value(&app, "SELECT account_id FROM signal_contexts WHERE account_id IS NOT NULL").await;
    assert_eq!(uuid::Uuid::from_slice(&account).unwrap().to_string(), ann.id);
    app.stop().await;
}

#[tokio::test]
async fn who_may_not_send_is_refused_before_the_body_is_read() {
    let app = TestApp::spawn().await;
    let (anon, ann) = (app.anon(), app.member("ann").await);
    let token = |scopes: &[&str]| json!({"name": "t", "scopes": scopes});
    let made = ann.post("/api/auth/tokens", &token(&["chat:read"])).await.expect(201);
    let reader = ann.with_token(made["token"].as_str().unwrap());
    // Never sent to its end: whoever waited for it would not answer.
    let endless = || {
        let chunks = futures_util::stream::once(async { Ok::<_, std::io::Error>("{") });
        reqwest::Body::wrap_stream(futures_util::StreamExt::chain(chunks, futures_util::stream::pending()))
    };
    let of = |actor: &crate::support::Actor, path: &str| actor.request(Method::POST, path).body(endless());
    anon.send(of(&anon, "/collect")).await.expect_problem(401, "unauthorized");
    anon.send(of(&anon, "/collect/wsk_00000000000000000000000000000000"))
        .await
        .expect_problem(401, "unknown_app_key");
    reader.send(of(&reader, "/collect")).await.expect_problem(403, "forbidden");
    let forged = ann.with_token("forged");
    forged.send(of(&forged, "/collect")).await.expect_problem(401, "unauthorized");
    assert_eq!(stored(&app).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn the_same_idempotency_key_is_stored_once_for_a_sender() {
    let app = TestApp::spawn().await;
    let (anon, key, other) = (app.anon(), key(&app, "desk").await, key(&app, "desk").await);
    let send = |key: &str, id: &str| {
        anon.send(collect(&anon, key).header("Idempotency-Key", id).json(&line("once")))
    };
    for _ in 0..3 {
        assert_eq!(send(&key, "batch-1").await.status, 202);
    }
    assert_eq!(stored(&app).await, 1);
    // Both at once, in one commit or in two.
    let both = tokio::join!(send(&key, "batch-2"), send(&key, "batch-2"));
    assert_eq!((both.0.status, both.1.status), (202, 202));
    assert_eq!(stored(&app).await, 2);
    assert_eq!(send(&other, "batch-1").await.status, 202);
    assert_eq!(stored(&app).await, 3, "another sender's key is another key");
    send(&key, &"x".repeat(256)).await.expect_problem(400, "validation_failed");
    assert_eq!(stored(&app).await, 3);
    let app = app.restart_after(chrono::TimeDelta::hours(1)).await;
    let anon = app.anon();
    anon.send(collect(&anon, &key).header("Idempotency-Key", "batch-1").json(&line("once"))).await;
    assert_eq!(stored(&app).await, 3);
    app.stop().await;
}

/// The SDK makes body and key once and repeats both: something else is no repetition, and is not answered as if it were.
#[tokio::test]
async fn an_idempotency_key_with_another_batch_is_refused() {
    let app = TestApp::spawn().await;
    let (ann, anon, key) = (app.member("ann").await, app.anon(), key(&app, "desk").await);
    let send = |id: &str, message: &str| {
        anon.send(collect(&anon, &key).header("Idempotency-Key", id).json(&line(message)))
    };
    assert_eq!(send("batch-1", "one").await.status, 202);
    send("batch-1", "another").await.expect_problem(409, "idempotency_conflict");
    assert_eq!(stored(&app).await, 1);
    // Compressed, it is the same.
    let compressed =
        collect(&anon, &key).header("Idempotency-Key", "batch-1").header("Content-Encoding", "gzip");
    let again = anon.send(compressed.body(gzip(line("one").to_string().as_bytes()))).await;
    assert_eq!((again.status, stored(&app).await), (202, 1));
    // In one commit.
    let held = Held::writer(&app).await;
    let both = async { tokio::join!(send("batch-2", "left"), send("batch-2", "right")) };
    let (both, ()) = tokio::join!(both, async {
        queued(&app, 1).await;
        held.release().await;
    });
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!((statuses, stored(&app).await), ([202, 409], 2));
    // Over the socket, it is the same batch, or another.
    let http =
        ann.request(Method::POST, "/collect").header("Idempotency-Key", "batch-3").json(&line("three"));
    assert_eq!(ann.send(http).await.status, 202);
    let mut ws = Ws::connect(&app, &ann).await;
    let rpc = |message: &str| {
        let mut data = line(message);
        data["idempotency_key"] = json!("batch-3");
        json!({"method": "signals", "data": data})
    };
    assert_eq!(ws.ok("rpc", &rpc("three")).await["data"], json!({"stored": 0, "repeated": true}));
    assert_eq!(ws.err("rpc", &rpc("four")).await, 107);
    assert_eq!(stored(&app).await, 3);
    app.stop().await;
}

#[tokio::test]
async fn a_dated_batch_that_comes_again_without_a_key_is_stored_once() {
    let app = TestApp::spawn().await;
    let key = key(&app, "desk").await;
    for _ in 0..2 {
        assert_eq!(send(&app, &key, &line("again")).await.status, 202);
    }
    assert_eq!(stored(&app).await, 1);
    assert_eq!(send(&app, &key, &line("another")).await.status, 202);
    assert_eq!(stored(&app).await, 2);
    app.stop().await;
}

#[tokio::test]
async fn compressed_bodies_are_taken_and_bombs_are_not() {
    let app = TestApp::spawn().await;
    let (anon, key) = (app.anon(), key(&app, "desk").await);
    let send =
        |bytes: Vec<u8>| anon.send(collect(&anon, &key).header("Content-Encoding", "GZIP").body(bytes));
    assert_eq!(send(gzip(line("small").to_string().as_bytes())).await.status, 202);
    assert_eq!(stored(&app).await, 1);
    let bomb = gzip(&vec![b' '; 200 << 20]);
    assert!(bomb.len() < 4 << 20, "it is taken for its size as sent");
    send(bomb).await.expect_problem(413, "payload_too_large");
    send(b"no gzip".to_vec()).await.expect_problem(400, "invalid_request");
    let cut = gzip(line("cut").to_string().as_bytes());
    send(cut[..cut.len() - 9].to_vec()).await.expect_problem(400, "invalid_request");
    let brotli = collect(&anon, &key).header("Content-Encoding", "br").body("x");
    anon.send(brotli).await.expect_problem(415, "unsupported_media_type");
    assert_eq!(stored(&app).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn bad_payloads_get_their_answer_and_leave_nothing() {
    let app = TestApp::spawn().await;
    let (anon, key) = (app.anon(), key(&app, "desk").await);
    let deep = format!(r#"{{"logs":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let good = r#"{"message":"good"}"#;
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"logs":5}"#,
        r#"{"measurements":[{"values":{"a":NaN}}]}"#,
        &deep,
        &format!(r#"{{"logs":[{good},5]}}"#),
    ] {
        let answer = anon.send(collect(&anon, &key).body(body.to_owned())).await;
        answer.expect_problem(400, "invalid_request");
    }
    let attribute = json!({"logs": [{"message": "good"}], "events": [{"name": "e", "attributes": {"a": "x".repeat(1 << 20)}}]});
    let problem = send(&app, &key, &attribute).await.expect_problem(413, "payload_too_large");
    assert_eq!(problem["detail"], "Bytes of a text: 1048576, and at most 262144 are taken.");
    let many = json!({"logs": vec![json!({"message": "m"}); 2001]});
    send(&app, &key, &many).await.expect_problem(413, "payload_too_large");
    let large = collect(&anon, &key).body(" ".repeat((5 << 20) + 1));
    anon.send(large).await.expect_problem(413, "payload_too_large");
    let other = json!({"meta": {"app": {"name": "phone"}}, "logs": [{"message": "m"}]});
    send(&app, &key, &other).await.expect_problem(403, "app_mismatch");
    assert_eq!(stored(&app).await, 0);
    let contexts: i64 =
        value(&app, "SELECT (SELECT COUNT(*) FROM signal_contexts) + (SELECT COUNT(*) FROM signal_batches)")
            .await;
    assert_eq!(contexts, 0);
    let get = anon.send(anon.request(Method::GET, &format!("/collect/{key}"))).await;
    assert_eq!(get.header("allow"), "POST, OPTIONS");
    get.expect_problem(405, "method_not_allowed");
    app.stop().await;
}

#[tokio::test]
async fn times_of_any_year_are_kept_beside_the_time_of_receipt() {
    let app = TestApp::spawn().await;
    let key = key(&app, "desk").await;
    let body = json!({"logs": [
        {"message": "old", "timestamp": "1970-01-01T00:00:00Z"}, {"message": "new", "timestamp": "2100-01-01T00:00:00Z"}, {"message": "none"},
    ]});
    assert_eq!(send(&app, &key, &body).await.status, 202);
    let times: String = value(&app, "SELECT group_concat(coalesce(client_at, 'none')) FROM signals").await;
    assert_eq!(times, "0,4102444800000,none");
    let now = app.clock.now_ms();
    let received: i64 = value(&app, "SELECT min(id >> 20) FROM signals").await;
    assert!((now - received).abs() < 60_000, "{received} is not about {now}");
    app.stop().await;
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let app = TestApp::spawn().await;
    let made = app.admin().await.post("/api/app-keys", &json!({"app": "desk", "rate": 1})).await.expect(201);
    let key = made["key"].as_str().unwrap();
    // Ten times as many at once, of which half is left for other addresses.
    for n in 0..5 {
        assert_eq!(send(&app, key, &line(&n.to_string())).await.status, 202);
    }
    let refused = send(&app, key, &line("more")).await;
    assert!((1..=2).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    refused.expect_problem(429, "too_many_requests");
    app.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(send(&app, key, &line("later")).await.status, 202);
    assert_eq!(stored(&app).await, 6);
    app.stop().await;
}

#[tokio::test]
async fn the_session_of_a_disabled_account_is_asked_to_end() {
    let app = TestApp::spawn().await;
    let (anon, ann, admin, key) =
        (app.anon(), app.member("ann").await, app.admin().await, key(&app, "desk").await);
    assert_eq!(ann.send(ann.request(Method::POST, "/collect").json(&line("as ann"))).await.status, 202);
    let of_session = |n: u32| {
        anon.send(collect(&anon, &key).header("X-Faro-Session-Id", "s1").json(&line(&n.to_string())))
    };
    let answer = of_session(1).await;
    assert_eq!((answer.status, answer.header("x-faro-session-status")), (202, ""));
    admin.patch(&format!("/api/users/{}", ann.id), &json!({"disabled": true})).await.expect(200);
    let answer = of_session(2).await;
    assert_eq!((answer.status, answer.header("x-faro-session-status")), (202, "invalid"));
    let app = app.restart_after(chrono::TimeDelta::zero()).await;
    let anon = app.anon();
    let answer = anon.send(collect(&anon, &key).header("X-Faro-Session-Id", "s1").json(&line("3"))).await;
    assert_eq!((answer.status, answer.header("x-faro-session-status")), (202, "invalid"));
    app.stop().await;
}

/// Who sent, as OTLP says it: once for many spans and records, and with each of them when it is read.
#[tokio::test]
async fn otlps_resources_and_scopes_are_kept_within_bounds() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    let pairs = |pairs: &[(&str, &str)]| -> Vec<serde_json::Value> {
        pairs.iter().map(|(name, text)| json!({"key": name, "value": {"stringValue": text}})).collect()
    };
    let resource = json!({"attributes": pairs(&[("service.name", "checkout"), ("service.version", "2.1"), ("host.name", "h1")])});
    let scope = json!({"name": "fetch", "version": "0.5", "attributes": pairs(&[("short", "yes")])});
    let body = |resource: &serde_json::Value, scope: &serde_json::Value| {
        json!({
            "resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": [{"name": "GET /cart"}, {"name": "GET /pay"}]}]}],
            "resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": [{"body": {"stringValue": "paid"}}]}]}],
        })
    };
    assert_eq!(send(&app, &key, &body(&resource, &scope)).await.status, 202);
    let found = admin.get("/api/logs").await.expect(200);
    for line in found["items"].as_array().unwrap() {
        let fields = &line["fields"];
        assert_eq!(fields["resource"], json!({"service.version": "2.1", "host.name": "h1"}), "{line}");
        assert_eq!(
            fields["scope"],
            json!({"name": "fetch", "version": "0.5", "attributes": {"short": "yes"}})
        );
        assert_eq!(fields["type"], "checkout");
    }
    assert_eq!(
        admin.get("/api/logs?search=host.name").await.expect(200)["items"].as_array().unwrap().len(),
        3
    );
    // What each signal repeats may not be large: a small body makes no large database.
    let large = json!({"name": "x", "attributes": pairs(&[("k", &"x".repeat(9_000))])});
    for (resource, scope) in [(&large, &scope), (&resource, &large)] {
        send(&app, &key, &body(resource, scope)).await.expect_problem(413, "payload_too_large");
    }
    assert_eq!(stored(&app).await, 3);
    app.stop().await;
}

#[tokio::test]
async fn what_the_sdks_tracing_and_its_otlp_transport_send_is_kept() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    let event = json!({"name": "exception", "timeUnixNano": "1795341600004000000",
        "attributes": [{"key": "exception.message", "value": {"stringValue": "no route"}}]});
    let span = json!({"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "GET /x", "kind": 3,
        "startTimeUnixNano": "1795341600000000000", "endTimeUnixNano": "1795341600010000000",
        "status": {"code": 2, "message": "refused"}, "events": [event]});
    let record = json!({"timeUnixNano": "1795341600000000000", "severityNumber": 17, "body": {"stringValue": "it failed"},
        "traceId": "0af7651916cd43dd8448eb211c80319c"});
    let spans = json!([{"scopeSpans": [{"spans": [span]}]}]);
    let logs = json!([{"scopeLogs": [{"logRecords": [record]}]}]);
    let faro =
        json!({"meta": {"app": {"name": "desk"}}, "traces": {"resourceSpans": spans, "resourceLogs": logs}});
    for body in [&faro, &json!({"resourceSpans": spans}), &json!({"resourceLogs": logs})] {
        assert_eq!(send(&app, &key, body).await.status, 202);
    }
    let found = admin.get("/api/logs?trace_id=0af7651916cd43dd8448eb211c80319c").await.expect(200);
    let mut lines = found["items"].as_array().unwrap().clone();
    lines.sort_by_key(|line| line["kind"].as_str().unwrap().to_owned());
    let said = |line: &serde_json::Value| {
        format!("{} {} {} {}", line["app"], line["kind"], line["level"], line["message"])
    };
    let (log, span) = (r#""desk" "log" "error" "it failed""#, r#""desk" "span" "error" "GET /x""#);
    assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), [log, log, span, span]);
    let fields = json!({
        "duration_ms": 10.0, "span_kind": "client", "status_message": "refused",
        "events": [{"name": "exception", "client_ms": 1_795_341_600_004_i64, "attributes": {"exception.message": "no route"}}],
    });
    assert_eq!(lines[2]["fields"], fields);
    assert_eq!(lines[0]["client_time"], "2026-11-22T10:00:00.000Z");
    app.stop().await;
}

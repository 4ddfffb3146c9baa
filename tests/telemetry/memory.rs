//! What a payload costs a real server in memory, however it is made.

use reqwest::Client;
use serde_json::{Value, json};

use super::gzip;
use crate::support::ADMIN;
use crate::support::binary::Place;

/// Bodies of up to 5 MiB that hold as much as they can, with the answer to each.
fn bodies() -> Vec<(String, u16)> {
    let many = |before: &str, item: &str, count: usize, after: &str| {
        format!("{before}{}{item}{after}", format!("{item},").repeat(count - 1))
    };
    let most = 1_700_000;
    let attributes: Vec<String> = (0..256).map(|n| format!(r#""{n}":1"#)).collect();
    let wide = format!(r#"{{"context":{{{}}}}}"#, attributes.join(","));
    let events = many(r#"{"events":["#, "{}", 256, "]}");
    let text = format!(r#"{{"message":"{}"}}"#, "x".repeat(250 << 10));
    let spans = r#"{"resourceSpans":[{"scopeSpans":[{"spans":["#;
    vec![
        (many(r#"{"logs":["#, "{}", most, "]}"), 413),
        (many(r#"{"exceptions":[{"stacktrace":{"frames":["#, "{}", most, "]}}]}"), 413),
        (many(&format!(r#"{spans}{{"events":["#), "{}", most, "]}]}]}]}"), 413),
        (many(r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":["#, "{}", most, "]}]}]}"), 413),
        (many(r#"{"logs":["#, "0", most, "]}"), 413),
        (format!(r#"{{"logs":{}{}}}"#, "[".repeat(most), "]".repeat(most)), 400),
        (" ".repeat(5 << 20), 400),
        (many(r#"{"logs":["#, r#"{"context":{"a":1}}"#, 2_000, "]}"), 202),
        (many(r#"{"logs":["#, &wide, 195, "]}"), 202),
        (many(spans, &events, 195, "]}]}]}"), 202),
        (many(r#"{"logs":["#, &text, 20, "]}"), 202),
    ]
}

#[tokio::test]
async fn no_payload_takes_more_than_some_times_its_size() {
    let place = Place::new();
    let settings = [
        ("SERVER_HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("METRICS_ADDR", "off"),
        ("ADMIN_USERNAME", ADMIN.0),
        ("ADMIN_PASSWORD", ADMIN.1),
    ];
    let server = place.serve(&[], &settings).await;
    let (http, base) = (Client::new(), server.base.clone());
    let login =
        http.post(format!("{base}/api/auth/login")).json(&json!({"username": ADMIN.0, "password": ADMIN.1}));
    let login: Value = login.send().await.unwrap().json().await.unwrap();
    let made = http.post(format!("{base}/api/app-keys")).json(&json!({"app": "desk"}));
    let made = made.bearer_auth(login["access_token"].as_str().unwrap());
    let made: Value = made.send().await.unwrap().json().await.unwrap();
    let collect = format!("{base}/collect/{}", made["key"].as_str().unwrap());
    let before = server.peak_memory();
    for (n, (body, status)) in bodies().into_iter().enumerate() {
        for compressed in [false, true] {
            let request = http.post(&collect);
            let request = match compressed {
                true => request.header("content-encoding", "gzip").body(gzip(body.as_bytes())),
                false => request.body(body.clone()),
            };
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "body {n}: {}", answer.text().await.unwrap());
        }
    }
    // Of what is stored the database keeps up to 16 MB of pages in memory; the rest is the body, twice when it came
    // compressed, and what it was read into.
    let more = server.peak_memory() - before;
    assert!(more < 80 << 20, "{} MiB more", more >> 20);
    assert_eq!(server.stop().await, Some(0));
}

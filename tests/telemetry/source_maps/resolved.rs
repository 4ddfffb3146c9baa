//! What stacks say with source maps, and when.

use serde_json::{Value, json};
use tokio::process::Command;

use super::{SCRIPT, bundled, bundled_map, report, small_map, source, stack, token, upload};
use crate::support::TestApp;
use crate::support::programs::{self, root};
use crate::telemetry::{gzip, key, send};

/// The exception that the bundle throws in a real engine, as a page of `https://x.test` would report it.
async fn thrown() -> Value {
    let script = root().join("tests/telemetry/source_maps/bundle").join(SCRIPT);
    let printed = programs::run(Command::new("node").arg(programs::js("stack.mjs")).arg(&script), 30).await;
    let local = script.to_str().unwrap();
    serde_json::from_str(&printed.replace(local, &format!("https://x.test/desk/{SCRIPT}?v=1"))).unwrap()
}

/// Line and column, from 1, where `text` stands in a source of the bundle, and `behind` it counts further.
fn place(file: &str, text: &str, behind: usize) -> (u64, u64) {
    let content = bundled(file);
    let (line, found) = content.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
    (line as u64 + 1, (found.find(text).unwrap() + behind) as u64 + 1)
}

#[tokio::test]
async fn the_stack_of_a_real_bundle_is_told_as_its_source() {
    let app = TestApp::spawn().await;
    let (admin, key, ci) =
        (app.admin().await, key(&app, "desk").await, token(&app, &["source-maps:write"]).await);
    upload(&ci, "desk", "1.0", &format!("dist/{SCRIPT}.map"), "{}")
        .await
        .expect_problem(400, "invalid_request");
    let made = upload(&ci, "desk", "1.0", &format!("{SCRIPT}.map"), bundled_map()).await.expect(201);
    assert_eq!((&made["file"], &made["sources"]), (&json!(SCRIPT), &json!(2)));
    let exception = thrown().await;
    let body = json!({"meta": {"app": {"name": "desk", "version": "1.0"}}, "exceptions": [exception]});
    assert_eq!(send(&app, &key, &body).await.status, 202);

    let stack = stack(&admin).await;
    let raw = exception["stacktrace"]["frames"].as_array().unwrap();
    assert_eq!(stack.len(), raw.len());
    for (frame, raw) in stack.iter().zip(raw) {
        let field = |name: &str| frame[name] == raw[name];
        assert!(["function", "filename", "lineno", "colno"].into_iter().all(field), "{frame} was {raw}");
    }
    let (cart, main) = ("src/cart.ts", "src/main.ts");
    let wanted = [
        (json!("costOf"), cart, place(cart, "!.cents", 2)),
        (json!("totalOf"), cart, place(cart, "costOf(line);", 0)),
        (json!("pay"), main, place(main, "totalOf(this", 0)),
        (json!("startCheckout"), main, place(main, "cart.pay()", 5)),
        (Value::Null, main, place(main, "startCheckout();", 0)),
    ];
    for (frame, (function, file, (line, column))) in stack.iter().zip(&wanted) {
        let original = &frame["original"];
        assert_eq!(
            (&original["function"], &original["file"], &original["line"], &original["column"]),
            (function, &json!(format!("../{file}")), &json!(line), &json!(column)),
            "{frame}"
        );
        let content = bundled(file);
        let lines: Vec<&str> = content.lines().collect();
        let shown = original["source"].as_array().unwrap();
        assert!(shown.iter().any(|shown| shown["line"] == json!(line)), "{frame}");
        for shown in shown {
            let number = shown["line"].as_u64().unwrap();
            assert!(number.abs_diff(*line) <= 3);
            assert_eq!(shown["text"], lines[number as usize - 1]);
        }
    }
    assert!(stack.len() > wanted.len(), "the engine's own files have frames, too");
    assert!(stack[wanted.len()..].iter().all(|frame| frame["original"].is_null()));
    app.stop().await;
}

#[tokio::test]
async fn maps_count_from_their_upload_to_their_end() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    report(&app, &key, "1.0", "https://x.test/app.js").await;
    assert_eq!(stack(&admin).await[0]["original"], Value::Null);
    let made = upload(&admin, "desk", "1.0", "app.js", small_map("first.ts")).await.expect(201);
    let frame = stack(&admin).await[0].clone();
    assert_eq!(
        frame["original"],
        json!({
            "file": "first.ts", "line": 2, "column": 3, "function": null, "name": null,
            "source": [{"line": 1, "text": "one"}, {"line": 2, "text": "  two();"}, {"line": 3, "text": "three"}],
        })
    );
    assert_eq!((&frame["function"], &frame["lineno"]), (&json!("a"), &json!(1)));

    let again = upload(&admin, "desk", "1.0", "app.js", small_map("first.ts")).await.expect(200);
    assert_eq!(again, made);
    app.clock.advance(chrono::TimeDelta::seconds(60));
    let zipped = super::upload_request(&admin, "desk", "1.0", "https://x.test/app.js?x")
        .header("content-encoding", "gzip")
        .body(gzip(small_map("second.ts").as_bytes()));
    let replaced = admin.send(zipped).await.expect(201);
    assert_eq!((&replaced["id"], &replaced["file"]), (&made["id"], &json!("app.js")));
    assert!(replaced["sha256"] != made["sha256"] && replaced["uploaded_at"] != made["uploaded_at"]);
    assert_eq!(source(&admin).await, "second.ts");

    let app = app.restart_after(chrono::TimeDelta::zero()).await;
    let admin = app.admin().await;
    assert_eq!(source(&admin).await, "second.ts");
    let path = format!("/api/source-maps/{}", made["id"].as_str().unwrap());
    admin.delete(&path).await.expect(204);
    assert_eq!(stack(&admin).await[0]["original"], Value::Null);
    admin.delete(&path).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn another_versions_or_applications_map_is_not_used() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    for (name, version, file) in
        [("desk", "1.1", "app.js"), ("phone", "1.0", "app.js"), ("desk", "1.0", "other.js")]
    {
        upload(&admin, name, version, file, small_map("wrong.ts")).await.expect(201);
    }
    report(&app, &key, "1.0", "https://x.test/app.js").await;
    assert_eq!(source(&admin).await, Value::Null);
    upload(&admin, "desk", "1.0", "app.js", small_map("right.ts")).await.expect(201);
    assert_eq!(source(&admin).await, "right.ts");
    // The last exception decides.
    report(&app, &key, "1.1", "app://desk/app.js").await;
    assert_eq!(source(&admin).await, "wrong.ts");
    report(&app, &key, "", "https://x.test/app.js").await;
    assert_eq!(source(&admin).await, Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn two_scripts_of_one_name_are_told_apart_or_left_alone() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    for folder in ["a", "b"] {
        upload(&admin, "desk", "1.0", &format!("{folder}/app.js"), small_map(folder)).await.expect(201);
    }
    for (file, wanted) in [
        ("file:///opt/desk/app.asar/b/app.js", json!("b")),
        ("webpack:///./a/app.js", json!("a")),
        ("https://x.test/app.js", Value::Null),
        ("https://x.test/c/app.js", Value::Null),
    ] {
        report(&app, &key, "1.0", file).await;
        assert_eq!(source(&admin).await, wanted, "{file}");
    }
    app.stop().await;
}

#[tokio::test]
async fn of_an_endless_stack_the_innermost_frames_are_resolved() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    upload(&admin, "desk", "1.0", "app.js", small_map("a.ts")).await.expect(201);
    let frame = json!({"function": "a", "filename": "app.js", "lineno": 1, "colno": 11});
    let exception = json!({"type": "RangeError", "value": "no", "stacktrace": {"frames": vec![frame; 150]}});
    let body = json!({"meta": {"app": {"name": "desk", "version": "1.0"}}, "exceptions": [exception]});
    assert_eq!(send(&app, &key, &body).await.status, 202);
    let stack = stack(&admin).await;
    let resolved = stack.iter().map(|frame| frame["original"].is_object());
    assert_eq!(resolved.collect::<Vec<_>>(), [vec![true; 100], vec![false; 50]].concat());
    app.stop().await;
}

#[tokio::test]
async fn a_line_of_the_log_and_of_a_timeline_leads_to_the_source() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    upload(&admin, "desk", "1.0", "app.js", small_map("a.ts")).await.expect(201);
    let frame = |file: &str| json!({"function": "a", "filename": file, "lineno": 1, "colno": 11});
    let frames = [frame("https://x.test/app.js"), frame("https://x.test/other.js")];
    let body = json!({
        "meta": {"app": {"name": "desk", "version": "1.0", "installationId": "i-1"}},
        "exceptions": [
            {"type": "TypeError", "value": "no", "stacktrace": {"frames": frames}},
            {"type": "TypeError", "value": "without a stack"},
        ],
        "logs": [{"message": "m", "context": {"frames": "not a stack"}}],
    });
    assert_eq!(send(&app, &key, &body).await.status, 202);

    let list = admin.get("/api/logs?kind=exception&search=TypeError").await.expect(200);
    let (bare, line) = (&list["items"][0], &list["items"][1]);
    assert_eq!(line["fields"]["frames"], json!(frames), "lists are as they were sent");
    let path = |line: &Value| format!("/api/logs/{}", line["id"].as_str().unwrap());
    let whole = admin.get(&path(line)).await.expect(200);
    let shown = whole["fields"]["frames"].as_array().unwrap();
    assert_eq!(shown[0]["original"]["file"], "a.ts");
    assert_eq!((&shown[0]["original"]["line"], &shown[0]["function"]), (&json!(2), &json!("a")));
    assert_eq!(shown[1], frames[1], "what no map tells of stays as it was sent");
    assert_eq!(admin.get(&path(bare)).await.expect(200), *bare);
    let log = admin.get("/api/logs?kind=log").await.expect(200)["items"][0].clone();
    assert_eq!(admin.get(&path(&log)).await.expect(200), log);

    let client = whole["client"].as_str().unwrap();
    let timeline =
        admin.get(&format!("/api/installations/{client}/timeline?kind=exception")).await.expect(200);
    assert_eq!(timeline["items"][1]["detail"]["line_id"], line["id"]);
    app.stop().await;
}

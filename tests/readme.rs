//! The examples of README.md, run as they stand there.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::{Actor, PASSWORD, TestApp, programs};

/// The code block below `<!-- example: NAME -->`.
fn example(name: &str) -> String {
    let readme = fs::read_to_string(programs::root().join("README.md")).unwrap();
    let (_, rest) =
        readme.split_once(&format!("<!-- example: {name} -->\n```")).expect("README.md has this example");
    let (_language, rest) = rest.split_once('\n').unwrap();
    let (code, _) = rest.split_once("\n```\n").unwrap();
    format!("{code}\n")
}

/// Writes an example to a directory of its own.
fn written(name: &str, file: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = dir.path().join(file);
    fs::write(&path, example(name)).unwrap();
    (dir, path)
}

fn environment(command: &mut Command, app: &TestApp, ann: &Actor) {
    command
        .env("WORKSPACE_URL", app.url(""))
        .env("WORKSPACE_USERNAME", "ann")
        .env("WORKSPACE_PASSWORD", PASSWORD)
        .env("WORKSPACE_TOKEN", &ann.token);
}

/// Whether the newest message of the room is `body`.
async fn posted(ann: &Actor, body: &str) {
    let page = ann.send(ann.request(Method::GET, "/api/chat/rooms/general/messages")).await.expect(200);
    let bodies: Vec<_> = page["items"].as_array().unwrap().iter().map(|message| &message["body"]).collect();
    assert_eq!(bodies, [body]);
}

#[tokio::test]
async fn curl() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let (_dir, script) = written("curl", "example.sh");
    let mut bash = Command::new("bash");
    bash.arg("-eu").arg(script);
    environment(&mut bash, &app, &ann);
    let printed = programs::run(&mut bash, 30).await;
    assert!(printed.contains("\"body\":\"Hello from curl\""), "{printed}");
    posted(&ann, "Hello from curl").await;
    app.stop().await;
}

#[tokio::test]
async fn curl_with_any_password() {
    let app = TestApp::spawn().await;
    let password = r#"a "quite" \good\\ password %s $x"#;
    let user = json!({"username": "quo", "password": password, "role": "member"});
    app.admin().await.post("/api/users", &user).await.expect(201);
    let (_dir, script) = written("curl", "example.sh");
    let mut bash = Command::new("bash");
    bash.arg("-eu").arg(script).env("WORKSPACE_URL", app.url(""));
    bash.env("WORKSPACE_USERNAME", "quo").env("WORKSPACE_PASSWORD", password);
    let printed = programs::run(&mut bash, 30).await;
    assert!(printed.contains("\"body\":\"Hello from curl\""), "{printed}");
    app.stop().await;
}

#[tokio::test]
async fn curl_agenda() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let (_dir, script) = written("curl-agenda", "example.sh");
    let mut bash = Command::new("bash");
    bash.arg("-eu").arg(script);
    environment(&mut bash, &app, &ann);
    let printed: Value = serde_json::from_str(&programs::run(&mut bash, 30).await).unwrap();
    assert_eq!(printed["recurrence"]["rule"], "FREQ=MONTHLY;BYDAY=1MO");
    app.stop().await;
}

#[tokio::test]
async fn curl_source_map() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let token = json!({"name": "ci", "scopes": ["source-maps:write"]});
    let token = admin.post("/api/auth/tokens", &token).await.expect(201);
    let (dir, script) = written("curl-source-map", "example.sh");
    let assets = dir.path().join("dist/assets");
    fs::create_dir_all(&assets).unwrap();
    let bundle = programs::root().join("tests/telemetry/source_maps/bundle/assets");
    for name in ["index-VPLZUYSF.js", "index-VPLZUYSF.js.map"] {
        fs::copy(bundle.join(name), assets.join(name)).unwrap();
    }
    let mut bash = Command::new("bash");
    bash.arg("-eu").arg(script).current_dir(dir.path());
    bash.env("WORKSPACE_URL", app.url("")).env("WORKSPACE_TOKEN", token["token"].as_str().unwrap());
    let printed: Value = serde_json::from_str(&programs::run(&mut bash, 30).await).unwrap();
    assert_eq!(printed["file"], "assets/index-VPLZUYSF.js");
    let listed = admin.get("/api/source-maps?app=desk&version=1.4.0").await.expect(200);
    assert_eq!(listed["items"], json!([printed]));
    app.stop().await;
}

#[tokio::test]
async fn javascript() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let (dir, script) = written("javascript", "example.mjs");
    std::os::unix::fs::symlink(programs::js("node_modules"), dir.path().join("node_modules")).unwrap();
    let mut node = Command::new("node");
    node.arg(script).stdout(Stdio::piped()).kill_on_drop(true);
    environment(&mut node, &app, &ann);
    let mut node = node.spawn().unwrap();
    // It stays connected and shows what comes.
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "ann Hello from JavaScript");
    posted(&ann, "Hello from JavaScript").await;
    node.kill().await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn python() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let (_dir, script) = written("python-sdk", "example.py");
    let mut python = Command::new(programs::venv("python"));
    python.arg(script);
    environment(&mut python, &app, &ann);
    programs::run(&mut python, 30).await;
    posted(&ann, "Hello from Python").await;
    app.stop().await;
}

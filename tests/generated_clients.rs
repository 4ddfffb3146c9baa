//! The API clients that generators make of the API document, and the examples of README.md that use them.

use std::path::PathBuf;

use tokio::process::Command;

use crate::support::{Actor, PASSWORD, TestApp, programs};

/// Where `make clients` puts them. Made here when they are not there or not current, which takes minutes at first.
async fn clients() -> PathBuf {
    let clients = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../clients");
    let mut generate = Command::new(programs::root().join("scripts/generate-clients.sh"));
    generate.arg(&clients).env("CARGO_TARGET_DIR", PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(".."));
    programs::run(&mut generate, 280).await;
    clients
}

/// Runs the two programs of a language: the long one of openapi/clients, and the one of the README.
async fn programs_of(command: impl Fn(&str) -> Command) {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for program in ["agenda", "readme"] {
        let mut command = command(program);
        command
            .env("WORKSPACE_URL", app.url(""))
            .env("WORKSPACE_USERNAME", "ann")
            .env("WORKSPACE_PASSWORD", PASSWORD)
            .env("WORKSPACE_TOKEN", &ann.token);
        let printed = programs::run(&mut command, 60).await;
        match program {
            "agenda" => assert_eq!(printed.trim(), "ok"),
            _ => assert!(printed.contains(" Planning "), "{printed}"),
        }
    }
    assert_eq!(
        titles(&ann).await,
        ["Planning"],
        "the long one deletes its event, that of the README keeps it"
    );
    app.stop().await;
}

async fn titles(ann: &Actor) -> Vec<String> {
    let page = ann.get("/api/agenda?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z").await.expect(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn typescript() {
    let clients = clients().await;
    programs_of(|program| {
        let mut node = Command::new("node");
        node.arg(clients.join(format!("typescript/dist/{program}.js")));
        node
    })
    .await;
}

#[tokio::test]
async fn python() {
    let clients = clients().await;
    programs_of(|program| {
        let mut python = Command::new(programs::venv("python"));
        python.arg(clients.join(format!("python/{program}.py")));
        python
    })
    .await;
}

#[tokio::test]
async fn rust() {
    let clients = clients().await;
    programs_of(|program| Command::new(clients.join(format!("rust-target/debug/examples/{program}")))).await;
}

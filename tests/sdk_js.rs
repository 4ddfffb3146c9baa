//! The official JavaScript SDK, unmodified, as a client: see `tests/js/sdk`.

use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::support::{TestApp, programs};

/// A scenario takes a few seconds; on a busy machine some times that.
const SECONDS: u64 = 120;

async fn scenario(app: &TestApp, file: &str) {
    // An API token does not expire while the scenario runs, however short the access tokens are.
    let scopes = ["users:write", "clients:read", "clients:write", "monitoring:read", "signals:read"];
    let wanted = json!({ "name": "scenario", "scopes": scopes });
    let admin = app.admin().await.post("/api/auth/tokens", &wanted).await.expect(201);
    let given = json!({ "url": app.url(""), "admin_token": admin["token"] });
    let mut node = Command::new("node");
    node.arg(programs::js(&format!("sdk/{file}"))).env("WORKSPACE_TEST", given.to_string());
    assert_eq!(programs::run(&mut node, SECONDS).await.trim(), "ok");
}

#[tokio::test]
async fn every_command_works() {
    scenario(&TestApp::spawn().await, "commands.mjs").await;
}

#[tokio::test]
async fn lost_connections_recover_every_message_once_and_in_order() {
    scenario(&TestApp::spawn().await, "recover.mjs").await;
}

#[tokio::test]
async fn expiring_tokens_are_refreshed() {
    let app = TestApp::spawn_with(|config| config.access_token_ttl = Duration::from_secs(4)).await;
    scenario(&app, "refresh.mjs").await;
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_with_its_code() {
    scenario(&TestApp::spawn().await, "refused.mjs").await;
}

#[tokio::test]
async fn every_publication_is_as_the_document_says() {
    scenario(&TestApp::spawn().await, "documented.mjs").await;
}

#[tokio::test]
async fn the_console_answers_as_the_document_says() {
    scenario(&TestApp::spawn().await, "console.mjs").await;
}

#[tokio::test]
async fn an_installation_is_told_what_an_admin_wants() {
    scenario(&TestApp::spawn().await, "fleet.mjs").await;
}

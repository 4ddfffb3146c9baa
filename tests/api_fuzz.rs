//! The API does what its document says, whatever it is sent: schemathesis against a live server, as an admin, as a
//! member and without a login. Every check is on; the seed is fixed, and the number of examples bounded.

use tokio::process::Command;

use crate::support::{TestApp, programs};

/// Cases of each operation and phase: each run ends within some two minutes on two cores.
const EXAMPLES: &str = "25";

async fn fuzz(app: &TestApp, token: Option<&str>) {
    let scratch = tempfile::tempdir().unwrap();
    let mut schemathesis = Command::new(programs::venv("schemathesis"));
    schemathesis
        .current_dir(scratch.path())
        .arg("--config-file")
        .arg(programs::root().join("tests/python/schemathesis.toml"))
        .args(["run", &app.url("/api/openapi.json"), "--checks", "all", "--seed", "20261122"])
        .args(["--generation-deterministic", "--max-examples", EXAMPLES])
        .args(["--no-color", "--continue-on-failure", "--warnings", "off", "--request-timeout", "20"]);
    if let Some(token) = token {
        schemathesis.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    programs::run(&mut schemathesis, 580).await;
}

#[tokio::test]
async fn as_an_admin() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    fuzz(&app, Some(&token)).await;
}

#[tokio::test]
async fn as_a_member() {
    let app = TestApp::spawn().await;
    let token = app.member("ann").await.token;
    fuzz(&app, Some(&token)).await;
}

#[tokio::test]
async fn without_a_login() {
    let app = TestApp::spawn().await;
    fuzz(&app, None).await;
}

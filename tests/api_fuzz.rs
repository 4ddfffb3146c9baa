//! The API does what its document says, whatever it is sent: schemathesis against a live server, as an admin, as a
//! member and without a login. Every check is on; the seed is fixed, and the number of examples bounded.

use tokio::process::Command;

use crate::support::{Actor, TestApp, programs};

/// Cases of each operation and phase: each run ends within some minutes on two cores.
const EXAMPLES: &str = "12";
/// What ends the login of its caller.
const LOG_OUT: &[&str] = &["log_out"];
/// What may end it when it meets the caller's own ids, which the lists of other operations have.
const ENDINGS: &[&str] =
    &["change_password", "end_session", "end_user_session", "reset_password", "update_user"];

enum Operations {
    Only(&'static [&'static str]),
    /// All but those that could make every later call a mere 401.
    Others,
}

async fn fuzz(app: &TestApp, who: &Actor, operations: Operations) {
    let scratch = tempfile::tempdir().unwrap();
    let mut schemathesis = Command::new(programs::venv("schemathesis"));
    schemathesis
        .current_dir(scratch.path())
        .arg("--config-file")
        .arg(programs::root().join("tests/python/schemathesis.toml"))
        .args(["run", &app.url("/api/openapi.json"), "--checks", "all", "--seed", "20261122"])
        .args(["--generation-deterministic", "--max-examples", EXAMPLES])
        .args(["--no-color", "--continue-on-failure", "--warnings", "off", "--request-timeout", "20"]);
    if !who.token.is_empty() {
        schemathesis.args(["--header", &format!("Authorization: Bearer {}", who.token)]);
    }
    let (filter, named) = match operations {
        Operations::Only(named) => ("--include-operation-id", named.to_vec()),
        Operations::Others => ("--exclude-operation-id", [LOG_OUT, ENDINGS].concat()),
    };
    schemathesis.args(named.iter().flat_map(|operation| [filter, operation]));
    programs::run(&mut schemathesis, 580).await;
}

/// Everything, as `who`; who is logged in until the end.
async fn fuzz_all(app: &TestApp, who: &Actor) {
    fuzz(app, who, Operations::Others).await;
    who.get("/api/auth/me").await.expect(200);
    fuzz(app, who, Operations::Only(ENDINGS)).await;
    who.get("/api/auth/me").await.expect(200);
    fuzz(app, who, Operations::Only(LOG_OUT)).await;
}

#[tokio::test]
async fn as_an_admin() {
    let app =
        TestApp::spawn_with(|config| config.access_token_ttl = std::time::Duration::from_secs(7200)).await;
    fuzz_all(&app, &app.admin().await).await;
}

#[tokio::test]
async fn as_a_member() {
    let app =
        TestApp::spawn_with(|config| config.access_token_ttl = std::time::Duration::from_secs(7200)).await;
    fuzz_all(&app, &app.member("ann").await).await;
}

#[tokio::test]
async fn without_a_login() {
    let app = TestApp::spawn().await;
    fuzz(&app, &app.anon(), Operations::Others).await;
}

//! The API does what its document says, whatever it is sent: schemathesis against a live server, as an admin, as a
//! member and without a login. Every check is on; the seed is fixed, and the number of examples bounded.

use std::time::Duration;

use tokio::process::Command;

use crate::support::{Actor, TestApp, programs};

/// Cases of each operation and phase: each run ends within some minutes on two cores.
const EXAMPLES: &str = "12";
/// What may end the login of its caller: each has a server and a login of its own, as all later calls would only be refused.
const ENDINGS: [&str; 6] =
    ["change_password", "end_session", "end_user_session", "log_out", "reset_password", "update_user"];

#[derive(Clone, Copy)]
enum Operations {
    Only(&'static str),
    AllButEndings,
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
    match operations {
        Operations::Only(operation) => schemathesis.args(["--include-operation-id", operation]),
        Operations::AllButEndings => {
            schemathesis.args(ENDINGS.iter().flat_map(|operation| ["--exclude-operation-id", operation]))
        }
    };
    programs::run(&mut schemathesis, 580).await;
}

/// A server whose logins last as long as the test.
async fn server() -> TestApp {
    TestApp::spawn_with(|config| config.access_token_ttl = Duration::from_secs(7200)).await
}

#[tokio::test]
async fn as_an_admin() {
    let app = server().await;
    let admin = app.admin().await;
    fuzz(&app, &admin, Operations::AllButEndings).await;
    // Otherwise the half of it was tried by nobody.
    admin.get("/api/auth/me").await.expect(200);
}

#[tokio::test]
async fn as_a_member() {
    let app = server().await;
    let ann = app.member("ann").await;
    fuzz(&app, &ann, Operations::AllButEndings).await;
    ann.get("/api/auth/me").await.expect(200);
}

#[tokio::test]
async fn what_ends_a_login() {
    for operation in ENDINGS {
        let app = server().await;
        fuzz(&app, &app.admin().await, Operations::Only(operation)).await;
        app.stop().await;
    }
}

#[tokio::test]
async fn without_a_login() {
    let app = TestApp::spawn().await;
    fuzz(&app, &app.anon(), Operations::AllButEndings).await;
}

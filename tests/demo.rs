//! `make demo`: a team at work to look at, within ten seconds.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::support::programs::{self, root};

/// Longest wait for the program to be built and the team to be there, in seconds.
const LONGEST: u64 = 600;
/// From the line that says so until every page has something to show.
const ALIVE: Duration = Duration::from_secs(10);

async fn get(url: &str, token: &str, path: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{url}{path}")).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

fn items(answer: &Value) -> usize {
    answer["items"].as_array().unwrap().len()
}

/// What there is not yet.
async fn missing(url: &str, token: &str) -> Vec<String> {
    let (today, week) =
        (chrono::Utc::now() - chrono::Days::new(7), chrono::Utc::now() + chrono::Days::new(7));
    let (today, week) = (today.format("%FT%TZ"), week.format("%FT%TZ"));
    let agenda = format!("/api/agenda?from={today}&to={week}");
    let mut missing = Vec::new();
    for (path, least) in [
        ("/api/clients?limit=100", 30),
        ("/api/installations?limit=100", 30),
        ("/api/chat/rooms", 4),
        ("/api/chat/rooms/general/messages", 5),
        (agenda.as_str(), 10),
        ("/api/logs?source=client&limit=100", 30),
        ("/api/logs?source=server&limit=100", 30),
        ("/api/errors", 1),
        ("/api/users", 10),
    ] {
        let found = items(&get(url, token, path).await);
        if found < least {
            missing.push(format!("{path}: {found} of {least}"));
        }
    }
    missing
}

#[tokio::test]
async fn every_page_is_alive_within_ten_seconds() {
    let build = ["build", "--quiet", "--package", "workspace-bench", "--message-format", "short"];
    programs::run(Command::new(env!("CARGO")).args(build).current_dir(root()), LONGEST).await;
    let server = std::path::Path::new(env!("CARGO_BIN_EXE_workspace-server"));
    let mut demo = Command::new(server.with_file_name("workspace-bench"))
        .arg("--server")
        .arg(server)
        .args(["demo", "--port", "0", "--minutes", "0.4"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next_line().await.unwrap().expect("the demo ended");
        if let Some((_, url)) = line.split_once("is at work at ") {
            break url.to_owned();
        }
    };
    let begun = Instant::now();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let login = json!({"username": "root", "password": "correct horse battery staple"});
    let login: Value =
        client.post(format!("{url}/api/auth/login")).json(&login).send().await.unwrap().json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    loop {
        let missing = missing(&url, token).await;
        if missing.is_empty() {
            break;
        }
        assert!(begun.elapsed() < ALIVE, "after ten seconds: {missing:?}");
        sleep(Duration::from_millis(100)).await;
    }
    assert!(demo.wait().await.unwrap().success(), "it did not end well");
}

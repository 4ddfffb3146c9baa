//! `make demo`: a team at work to look at, within ten seconds.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::eventually;
use crate::support::programs::{self, root};

/// Longest wait for the program to be built and the team to be there, in seconds.
const LONGEST: u64 = 600;

async fn get(url: &str, token: &str, path: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{url}{path}")).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

fn items(answer: &Value) -> usize {
    answer["items"].as_array().unwrap().len()
}

/// Whether every page has something to show.
async fn is_alive(url: &str, token: &str) -> bool {
    let (today, week) =
        (chrono::Utc::now() - chrono::Days::new(7), chrono::Utc::now() + chrono::Days::new(7));
    let (today, week) = (today.format("%FT%TZ"), week.format("%FT%TZ"));
    let agenda = format!("/api/agenda?from={today}&to={week}");
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
        if items(&get(url, token, path).await) < least {
            return false;
        }
    }
    true
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
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let login = json!({"username": "root", "password": "correct horse battery staple"});
    let login: Value =
        client.post(format!("{url}/api/auth/login")).json(&login).send().await.unwrap().json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    // Within ten seconds.
    eventually("every page has something to show", async || is_alive(&url, token).await.then_some(())).await;
    assert!(demo.wait().await.unwrap().success(), "it did not end well");
}

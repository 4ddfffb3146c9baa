//! Backups as an operator has them: the real program makes, keeps, refuses and restores them.

mod damaged;
mod disk;
mod restore;
mod served;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::PASSWORD;
use crate::support::binary::{Place, Running};

/// A server that touches nothing outside its place, with an admin, and backups only when they are asked for.
pub const SETTINGS: [(&str, &str); 7] = [
    ("PORT", "0"),
    ("SERVER_HOST", "127.0.0.1"),
    ("METRICS_ADDR", "off"),
    ("LOG_FORMAT", "text"),
    ("BACKUP_EVERY_HOURS", "off"),
    ("ADMIN_USERNAME", "root"),
    ("ADMIN_PASSWORD", PASSWORD),
];

/// The admin of a server, over HTTP.
#[derive(Clone)]
pub struct Admin {
    pub client: reqwest::Client,
    pub base: String,
    pub token: String,
}

impl Admin {
    pub async fn of(running: &Running) -> Self {
        let (client, base) = (reqwest::Client::new(), running.base.clone());
        let body = json!({"username": "root", "password": PASSWORD});
        let login = client.post(format!("{base}/api/auth/login")).json(&body).send().await.unwrap();
        let login: Value = login.json().await.unwrap();
        let token = login["access_token"].as_str().unwrap_or_else(|| panic!("{login}")).to_owned();
        Self { client, base, token }
    }

    /// Posts a message; the status, if there was an answer.
    pub async fn says(&self, body: &str) -> Option<u16> {
        let request = self.client.post(format!("{}/api/chat/rooms/general/messages", self.base));
        let answer = request.bearer_auth(&self.token).json(&json!({ "body": body })).send().await;
        answer.ok().map(|answer| answer.status().as_u16())
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await;
        let answer = answer.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// The bodies of every message.
    pub async fn heard(&self) -> BTreeSet<String> {
        let (mut heard, mut cursor) = (BTreeSet::new(), String::new());
        loop {
            let page = self.get(&format!("/api/chat/rooms/general/messages?limit=200{cursor}")).await;
            let items = page["items"].as_array().unwrap();
            heard.extend(items.iter().map(|message| message["body"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return heard,
            }
        }
    }
}

/// Runs `workspace-server` with `args`, which must succeed; gives what it printed.
pub async fn run(place: &Place, args: &[&str]) -> String {
    let output = place.run(args, &SETTINGS, "").await;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {out}{err}");
    out.into_owned()
}

/// The backups in a directory, the oldest first.
pub fn backups(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(".sqlite.gz")).collect();
    found.sort();
    found
}

/// Every file below `dir` with its bytes, but for locks.
pub fn everything(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else if !path.to_string_lossy().ends_with("lock") {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

/// A place whose database has one message, and a backup that has it.
pub async fn with_backup() -> (Place, PathBuf) {
    let place = Place::new();
    let running = place.serve(&[], &SETTINGS).await;
    let admin = Admin::of(&running).await;
    assert_eq!(admin.says("before").await, Some(201));
    assert_eq!(running.stop().await, Some(0));
    let said = run(&place, &["backup"]).await;
    assert!(said.starts_with("Made and verified `data/backups/workspace-"), "{said}");
    let file = backups(&place.path().join("data/backups")).pop().unwrap();
    (place, file)
}

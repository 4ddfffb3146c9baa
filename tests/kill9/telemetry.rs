//! Telemetry under load: what was answered with 202 is stored, once, whenever the server is killed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tokio::process::Command;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{Round, Server, login};
use crate::support::programs;

const ROUNDS: usize = 8;
const SENDERS: usize = 16;
/// As the SDK sends at most.
const ITEMS: usize = 50;

/// A client that sends batch after batch; one of unknown fate is sent again with its key, as the SDK does.
struct Sender {
    number: usize,
    next: usize,
    unknown: Option<usize>,
    acknowledged: Vec<usize>,
}

impl Sender {
    fn new(number: usize) -> Self {
        Self { number, next: 0, unknown: None, acknowledged: Vec::new() }
    }

    async fn send(
        mut self,
        url: String,
        http: reqwest::Client,
        count: Arc<AtomicUsize>,
        more: Arc<Notify>,
    ) -> Self {
        loop {
            let batch = self.unknown.take().unwrap_or_else(|| {
                self.next += 1;
                self.next
            });
            let name = format!("{}-{batch}", self.number);
            let logs: Vec<_> = (0..ITEMS).map(|item| json!({"message": format!("{name}-{item}")})).collect();
            let meta = json!({"app": {"name": "desk", "version": "1.0.0"}, "session": {"id": self.number.to_string()}});
            let request =
                http.post(&url).header("Idempotency-Key", &name).json(&json!({"meta": meta, "logs": logs}));
            match request.send().await {
                Ok(answer) => {
                    assert_eq!(answer.status(), StatusCode::ACCEPTED, "nothing is refused under this load")
                }
                Err(_) => {
                    self.unknown = Some(batch);
                    return self;
                }
            }
            self.acknowledged.push(batch);
            count.fetch_add(1, Ordering::Relaxed);
            more.notify_one();
        }
    }
}

/// How often each message is stored, as SQLite's own shell reads it.
async fn stored(data: &Path) -> HashMap<String, usize> {
    let mut read = Command::new("sqlite3");
    read.arg(data.join("workspace.sqlite")).arg("SELECT message FROM signals;");
    let mut found = HashMap::new();
    for message in programs::run(&mut read, 60).await.lines() {
        *found.entry(message.to_owned()).or_insert(0) += 1;
    }
    found
}

fn compare(senders: &[Sender], found: &HashMap<String, usize>) {
    assert_eq!(found.values().find(|times| **times != 1), None, "stored twice");
    for sender in senders {
        for batch in &sender.acknowledged {
            for item in 0..ITEMS {
                let name = format!("{}-{batch}-{item}", sender.number);
                assert!(found.contains_key(&name), "acknowledged and lost: {name}");
            }
        }
    }
    // A batch is there as a whole or not at all.
    assert_eq!(found.len() % ITEMS, 0);
}

#[tokio::test]
async fn every_batch_that_was_accepted_is_there_once() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path()).await;
    let token = login(&server).await;
    let key = json!({"app": "desk", "rate": 100_000});
    let (status, key) = Round::new(&server, &token).post("/api/app-keys", "key", &key).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{key}");
    let mut senders: Vec<_> = (0..SENDERS).map(Sender::new).collect();
    for round in 0..=ROUNDS {
        let url = format!("{}/collect/{}", server.url, key["key"].as_str().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (count, more) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut running = JoinSet::new();
        for sender in senders.drain(..) {
            running.spawn(sender.send(url.clone(), http.clone(), count.clone(), more.clone()));
        }
        // Not always at the same moment of the group commit.
        let enough = 60 + round * 37 % 90;
        let progress = async {
            while count.load(Ordering::Relaxed) < enough {
                more.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), progress).await.expect("batches are accepted");
        // At last as an operator does it: what was begun is finished.
        if round == ROUNDS {
            assert_eq!(server.terminate().await.code(), Some(0));
            senders = running.join_all().await;
            compare(&senders, &stored(data.path()).await);
            break;
        }
        server.kill().await;
        senders = running.join_all().await;
        server = Server::start(data.path()).await;
        compare(&senders, &stored(data.path()).await);
    }
    let accepted: usize = senders.iter().map(|sender| sender.acknowledged.len()).sum();
    assert!(accepted > ROUNDS * 60, "{accepted}");
}

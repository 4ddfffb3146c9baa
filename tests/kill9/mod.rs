//! Acknowledged means stored: the real binary is killed in the middle of writing, and stopped in the middle of it.

mod telemetry;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::support::Ws;
use crate::support::programs;

const MESSAGES: &str = "/api/chat/rooms/general/messages";
const ROUNDS: usize = 20;
const POSTERS: usize = 3;
const PUBLISHERS: usize = 2;
const PLANNERS: usize = 2;

/// The binary as a process of its own.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    async fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_workspace-server"))
            .env_clear()
            .env("PORT", "0")
            .env("SERVER_HOST", "127.0.0.1")
            .env("METRICS_ADDR", "off")
            .env("DATABASE_PATH", data.join("workspace.sqlite"))
            .env("ADMIN_USERNAME", "root")
            .env("ADMIN_PASSWORD", "correct horse battery")
            .env("LOG_FORMAT", "json")
            .current_dir(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next_line().await.unwrap().expect("the server says where it serves");
            if let Some((_, rest)) = line.split_once("Serving at ") {
                break rest.split('"').next().unwrap().to_owned();
            }
        };
        // Read on, so that the server never waits for us to take its log.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, url }
    }

    async fn kill(mut self) {
        // SIGKILL: nothing of the process runs after it.
        self.child.kill().await.unwrap();
    }

    async fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().unwrap().to_string();
        programs::run(Command::new("kill").args(["-TERM", &pid]), 5).await;
        tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.expect("it ends").unwrap()
    }
}

/// One thing to write, tried until it is acknowledged. The key makes it recognisable; a message with it twice is one.
#[derive(Default)]
struct Writer {
    name: String,
    next: usize,
    /// What the server has acknowledged, with the offset or id it gave, if any.
    acknowledged: BTreeMap<String, Value>,
    /// Sent, and the connection ended before the answer.
    unknown: Vec<String>,
}

impl Writer {
    fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// The key to write now: a message of unknown fate again, or a new one.
    fn key(&mut self) -> String {
        self.unknown.pop().unwrap_or_else(|| {
            self.next += 1;
            format!("{}-{}", self.name, self.next)
        })
    }
}

/// What a round shares: where, as whom, and how much was acknowledged in it.
#[derive(Clone)]
struct Round {
    url: String,
    token: String,
    http: reqwest::Client,
    acknowledged: Arc<AtomicUsize>,
    progress: Arc<Notify>,
}

impl Round {
    fn new(server: &Server, token: &str) -> Self {
        Self {
            url: server.url.clone(),
            token: token.to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            acknowledged: Arc::default(),
            progress: Arc::default(),
        }
    }

    fn count(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.progress.notify_one();
    }

    async fn until(&self, acknowledged: usize) {
        let enough = async {
            while self.acknowledged.load(Ordering::Relaxed) < acknowledged {
                self.progress.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), enough).await.expect("writers make progress");
    }

    /// `None` when the connection ended before the answer.
    async fn post(&self, path: &str, key: &str, body: &Value) -> Option<(StatusCode, Value)> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        let request = request.header("Idempotency-Key", key);
        let answer = request.send().await.ok()?;
        let status = answer.status();
        Some((status, answer.json().await.ok()?))
    }

    /// A connected socket; none when the server is already away.
    async fn socket(&self) -> Option<Ws> {
        let mut socket = Ws::open_at(&format!("{}/chat", self.url.replace("http", "ws")), &[]).await.ok()?;
        let reply = socket.try_call("connect", &json!({ "token": self.token })).await.ok()?;
        reply["connect"]["client"].is_string().then_some(socket)
    }

    async fn posts(self, mut writer: Writer) -> Writer {
        loop {
            let key = writer.key();
            let answer = self.post(MESSAGES, &key, &json!({ "body": key, "nonce": key })).await;
            let Some((StatusCode::CREATED, message)) = answer else {
                writer.unknown.push(key);
                return writer;
            };
            writer.acknowledged.insert(key, message["offset"].clone());
            self.count();
        }
    }

    async fn publishes(self, mut writer: Writer) -> Writer {
        let Some(mut socket) = self.socket().await else { return writer };
        loop {
            let key = writer.key();
            let publish = json!({ "channel": "chat:general", "data": { "body": key, "nonce": key } });
            match socket.try_call("publish", &publish).await {
                Ok(reply) if reply.get("error").is_none() => {
                    writer.acknowledged.insert(key, Value::Null);
                    self.count();
                }
                _ => {
                    writer.unknown.push(key);
                    return writer;
                }
            }
        }
    }

    async fn plans(self, mut writer: Writer) -> Writer {
        loop {
            let key = writer.key();
            let answer = self.post("/api/agenda", &key, &event(&key)).await;
            let Some((StatusCode::CREATED, event)) = answer else {
                writer.unknown.push(key);
                return writer;
            };
            writer.acknowledged.insert(key, event["id"].clone());
            self.count();
        }
    }
}

fn event(title: &str) -> Value {
    json!({
        "title": title,
        "start": "2026-12-01T10:00:00",
        "end": "2026-12-01T11:00:00",
        "time_zone": "Europe/Paris",
    })
}

#[derive(Default)]
struct Writers {
    posters: Vec<Writer>,
    publishers: Vec<Writer>,
    planners: Vec<Writer>,
}

impl Writers {
    fn new() -> Self {
        let named = |kind: &str, count| (0..count).map(|i| Writer::new(format!("{kind}{i}"))).collect();
        Self {
            posters: named("post", POSTERS),
            publishers: named("publish", PUBLISHERS),
            planners: named("plan", PLANNERS),
        }
    }

    /// Lets all of them write until the server goes, which `end` brings about.
    async fn write(&mut self, round: &Round, end: impl Future<Output = ()>) {
        let (mut posters, mut publishers, mut planners) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        for writer in self.posters.drain(..) {
            posters.spawn(round.clone().posts(writer));
        }
        for writer in self.publishers.drain(..) {
            publishers.spawn(round.clone().publishes(writer));
        }
        for writer in self.planners.drain(..) {
            planners.spawn(round.clone().plans(writer));
        }
        end.await;
        self.posters = posters.join_all().await;
        self.publishers = publishers.join_all().await;
        self.planners = planners.join_all().await;
    }

    /// Everything acknowledged is there, once, at the offset that was answered; nothing is there twice.
    async fn compare(&self, round: &Round) {
        let messages = all_messages(round).await;
        let offsets: Vec<u64> = messages.iter().map(|message| message["offset"].as_u64().unwrap()).collect();
        assert_eq!(offsets, (1..=offsets.len() as u64).collect::<Vec<_>>(), "offsets have no gap");
        let mut stored: BTreeMap<&str, &Value> = BTreeMap::new();
        for message in &messages {
            let twice = stored.insert(message["body"].as_str().unwrap(), &message["offset"]);
            assert!(twice.is_none(), "stored twice: {message}");
        }
        for (key, offset) in
            self.posters.iter().chain(&self.publishers).flat_map(|writer| &writer.acknowledged)
        {
            let found = stored.get(key.as_str()).unwrap_or_else(|| panic!("acknowledged and lost: {key}"));
            assert!(offset.is_null() || offset == *found, "{key} moved from {offset} to {found}");
        }
        let mut planned: BTreeMap<String, String> = BTreeMap::new();
        for (title, id) in all_events(round).await {
            let twice = planned.insert(title.clone(), id);
            assert!(twice.is_none(), "stored twice: {title}");
        }
        for (key, id) in self.planners.iter().flat_map(|writer| &writer.acknowledged) {
            assert_eq!(planned.get(key).map(String::as_str), id.as_str(), "acknowledged event {key}");
        }
    }

    fn acknowledged(&self) -> usize {
        let all = self.posters.iter().chain(&self.publishers).chain(&self.planners);
        all.map(|writer| writer.acknowledged.len()).sum()
    }
}

async fn get(round: &Round, path: &str) -> Value {
    let answer =
        round.http.get(format!("{}{path}", round.url)).bearer_auth(&round.token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

async fn all_messages(round: &Round) -> Vec<Value> {
    let mut messages: Vec<Value> = Vec::new();
    loop {
        let after = messages.last().map_or(json!(0), |message| message["offset"].clone());
        let page = get(round, &format!("/api/chat/rooms/general/messages?after={after}&limit=200")).await;
        let items = page["items"].as_array().unwrap();
        if items.is_empty() {
            return messages;
        }
        messages.extend_from_slice(items);
    }
}

/// Title and id of every event.
async fn all_events(round: &Round) -> Vec<(String, String)> {
    let mut events = Vec::new();
    let window = "/api/agenda?from=2026-11-30T00:00:00Z&to=2026-12-02T00:00:00Z&limit=200";
    let mut page = get(round, window).await;
    loop {
        let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
        let items = page["items"].as_array().unwrap();
        events.extend(items.iter().map(|item| (text(item, "title"), text(item, "event_id"))));
        let Some(next) = page["next"].as_str() else { return events };
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        page = get(round, &format!("{window}&cursor={next}")).await;
    }
}

async fn login(server: &Server) -> String {
    let body = json!({ "username": "root", "password": "correct horse battery" });
    let (status, login) = Round::new(server, "").post("/api/auth/login", "login", &body).await.unwrap();
    assert_eq!(status, StatusCode::OK, "{login}");
    login["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn kill_9_loses_nothing_that_was_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path()).await;
    // Still valid after every restart: the secret is kept beside the database.
    let token = login(&server).await;
    let mut writers = Writers::new();
    for number in 0..ROUNDS {
        let round = Round::new(&server, &token);
        // Not always at the same moment of the group commit.
        let enough = 40 + number * 37 % 90;
        writers
            .write(&round, async {
                round.until(enough).await;
                server.kill().await;
            })
            .await;
        server = Server::start(data.path()).await;
        writers.compare(&Round::new(&server, &token)).await;
    }
    assert!(writers.acknowledged() > ROUNDS * 40, "{}", writers.acknowledged());

    // What had an unknown fate is sent again with its key, and is there once.
    let round = Round::new(&server, &token);
    for writer in writers.posters.iter_mut().chain(&mut writers.publishers) {
        for key in std::mem::take(&mut writer.unknown) {
            let (status, message) =
                round.post(MESSAGES, &key, &json!({ "body": key, "nonce": key })).await.unwrap();
            assert_eq!(status, StatusCode::CREATED, "{message}");
            writer.acknowledged.insert(key, message["offset"].clone());
        }
    }
    for writer in &mut writers.planners {
        for key in std::mem::take(&mut writer.unknown) {
            let (status, planned) = round.post("/api/agenda", &key, &event(&key)).await.unwrap();
            assert_eq!(status, StatusCode::CREATED, "{planned}");
            writer.acknowledged.insert(key, planned["id"].clone());
        }
    }
    writers.compare(&round).await;
    server.kill().await;
    let mut check = Command::new("sqlite3");
    check.arg(data.path().join("workspace.sqlite")).arg("PRAGMA integrity_check; PRAGMA foreign_key_check;");
    assert_eq!(programs::run(&mut check, 60).await.trim(), "ok");
}

#[tokio::test]
async fn sigterm_finishes_what_was_begun() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    let token = login(&server).await;
    let round = Round::new(&server, &token);
    let mut writers = Writers::new();
    let mut idle = round.socket().await.unwrap();
    let watching = tokio::spawn(async move { idle.closed().await });
    writers
        .write(&round, async {
            round.until(60).await;
            let begun = Instant::now();
            let status = server.terminate().await;
            assert_eq!(status.code(), Some(0));
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        })
        .await;
    assert_eq!(watching.await.unwrap(), 3001);

    let server = Server::start(data.path()).await;
    writers.compare(&Round::new(&server, &token)).await;
}

//! A Loki as far as the server meets it: a listener that takes pushes in both of their forms, watches the order of every
//! stream, and fails as it is told.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use poem::endpoint::make;
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::{Request, Response, Server};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A line with the labels of its stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    pub labels: BTreeMap<String, String>,
    pub nanoseconds: i64,
    pub line: String,
}

/// A request for a push.
#[derive(Clone, Debug)]
pub struct Push {
    pub at: Instant,
    pub status: u16,
    pub authorization: Option<String>,
    pub entries: Vec<Entry>,
}

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    /// It takes everything.
    Takes,
    /// It takes nothing, and answers this; perhaps with `Retry-After`.
    Answers(u16, Option<&'static str>),
    /// It does not answer.
    Hangs,
    /// It refuses pushes with a line that contains this, whole.
    Refuses(&'static str),
}

#[derive(Default)]
struct Seen {
    pushes: Vec<Push>,
    /// The last time of every stream.
    last: HashMap<BTreeMap<String, String>, i64>,
    taken: Vec<Entry>,
    known: HashSet<Entry>,
    faults: Vec<String>,
}

pub struct Loki {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    seen: Arc<Mutex<Seen>>,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Loki {
    /// One that listens.
    pub async fn start(mood: Mood) -> Self {
        let mut loki = Self::absent(mood).await;
        loki.up().await;
        loki
    }

    /// One that refuses connections.
    pub async fn absent(mood: Mood) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        Self { address, mood: Arc::new(Mutex::new(mood)), seen: Arc::default(), serving: None }
    }

    pub async fn up(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (mood, seen) = (self.mood.clone(), self.seen.clone());
        let answer = make(move |request| answer(request, mood.clone(), seen.clone()));
        let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener).unwrap());
        let served = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            server.run_with_graceful_shutdown(answer, stopped, Some(Duration::ZERO)).await.unwrap();
        });
        self.serving = Some((stop, served));
    }

    /// Ends every connection and refuses new ones.
    pub async fn down(&mut self) {
        let (stop, served) = self.serving.take().unwrap();
        let _ = stop.send(());
        served.await.unwrap();
    }

    pub fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Its address; `login` is empty or ends with `@`.
    pub fn url(&self, login: &str) -> String {
        format!("http://{login}{}/base", self.address)
    }

    /// Every push so far.
    pub fn pushes(&self) -> Vec<Push> {
        self.seen.lock().unwrap().pushes.clone()
    }

    /// What it has taken, each entry once, in the order in which it came.
    pub fn taken(&self) -> Vec<Entry> {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.faults, Vec::<String>::new());
        seen.taken.clone()
    }

    /// Lines of client applications that it has taken.
    pub fn client_lines(&self) -> Vec<String> {
        let client = self.taken().into_iter().filter(|entry| entry.labels["kind"] != "server");
        client.map(|entry| entry.line).collect()
    }
}

async fn answer(request: Request, mood: Arc<Mutex<Mood>>, seen: Arc<Mutex<Seen>>) -> Response {
    let at = Instant::now();
    let header = |name: &str| request.header(name).map(ToOwned::to_owned);
    let (form, encoding, authorization) =
        (header("content-type"), header("content-encoding"), header("authorization"));
    let path = request.uri().path().to_owned();
    let body = request.into_body().into_vec().await.unwrap();
    let entries = match (form.as_deref(), encoding.as_deref()) {
        (Some("application/json"), Some("gzip")) => json(&body),
        (Some("application/x-protobuf"), Some("snappy")) => protobuf(&unsnapped(&body)),
        other => panic!("no push: {other:?}"),
    };
    assert_eq!(path, "/base/loki/api/v1/push");
    let mood = *mood.lock().unwrap();
    let (status, retry, words) = match mood {
        Mood::Hangs => std::future::pending().await,
        Mood::Answers(status, retry) => (status, retry, "as it was told"),
        Mood::Refuses(word) if entries.iter().any(|entry| entry.line.contains(word)) => {
            (400, None, "entry too far behind")
        }
        Mood::Takes | Mood::Refuses(_) => (204, None, ""),
    };
    let mut seen = seen.lock().unwrap();
    if status == 204 {
        for entry in &entries {
            seen.take(entry);
        }
    }
    seen.pushes.push(Push { at, status, authorization, entries });
    let response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    match retry {
        Some(retry) => response.header("retry-after", retry).body(words),
        None => response.body(words),
    }
}

impl Seen {
    /// An entry that comes again is kept once; a new one must be after all of its stream.
    fn take(&mut self, entry: &Entry) {
        if !self.known.insert(entry.clone()) {
            return;
        }
        let last = self.last.entry(entry.labels.clone()).or_insert(i64::MIN);
        // Lines of the server are written in the same nanosecond by several threads.
        if entry.nanoseconds < *last || (entry.nanoseconds == *last && entry.labels["kind"] != "server") {
            self.faults.push(format!("{entry:?} is not after {last}"));
        }
        *last = entry.nanoseconds;
        self.taken.push(entry.clone());
    }
}

fn json(body: &[u8]) -> Vec<Entry> {
    let mut text = String::new();
    GzDecoder::new(body).read_to_string(&mut text).unwrap();
    let push: Value = serde_json::from_str(&text).unwrap();
    let mut entries = Vec::new();
    for stream in push["streams"].as_array().unwrap() {
        let labels: BTreeMap<String, String> = serde_json::from_value(stream["stream"].clone()).unwrap();
        for value in stream["values"].as_array().unwrap() {
            let value: [String; 2] = serde_json::from_value(value.clone()).unwrap();
            let [nanoseconds, line] = value;
            entries.push(Entry { labels: labels.clone(), nanoseconds: nanoseconds.parse().unwrap(), line });
        }
    }
    entries
}

/// The fields of a protobuf message: numbers, each with a number or with bytes.
fn fields(mut message: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let number = varint(&mut message);
        match tag & 7 {
            0 => fields.push((tag >> 3, number, &[][..])),
            2 => {
                let (bytes, rest) = message.split_at(number as usize);
                fields.push((tag >> 3, 0, bytes));
                message = rest;
            }
            other => panic!("wire type {other}"),
        }
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if *first < 0x80 {
            break;
        }
    }
    value
}

fn protobuf(message: &[u8]) -> Vec<Entry> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut entries = Vec::new();
    for (_, _, stream) in fields(message) {
        let mut labels = BTreeMap::new();
        for (number, _, bytes) in fields(stream) {
            match number {
                1 => {
                    let all = text(bytes);
                    for label in all.trim_matches(['{', '}']).split(',') {
                        let (name, value) = label.split_once('=').unwrap();
                        labels.insert(name.to_owned(), value.trim_matches('"').to_owned());
                    }
                }
                2 => {
                    let mut entry = Entry { labels: labels.clone(), nanoseconds: 0, line: String::new() };
                    for (number, _, bytes) in fields(bytes) {
                        if number == 2 {
                            entry.line = text(bytes);
                            continue;
                        }
                        for (part, value, _) in fields(bytes) {
                            entry.nanoseconds += value as i64 * if part == 1 { 1_000_000_000 } else { 1 };
                        }
                    }
                    entries.push(entry);
                }
                _ => {}
            }
        }
    }
    entries
}

/// The block format of snappy.
fn unsnapped(mut bytes: &[u8]) -> Vec<u8> {
    let length = varint(&mut bytes) as usize;
    let mut plain = Vec::with_capacity(length);
    let number = |bytes: &mut &[u8], size: usize| {
        let (own, rest) = bytes.split_at(size);
        *bytes = rest;
        own.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte))
    };
    while !bytes.is_empty() {
        let tag = number(&mut bytes, 1);
        let (length, back) = match tag & 3 {
            0 => {
                let length = match tag >> 2 {
                    short @ 0..60 => short + 1,
                    long => number(&mut bytes, long - 59) + 1,
                };
                let (literal, rest) = bytes.split_at(length);
                plain.extend_from_slice(literal);
                bytes = rest;
                continue;
            }
            1 => (4 + (tag >> 2 & 7), (tag >> 5 << 8) + number(&mut bytes, 1)),
            2 => (1 + (tag >> 2), number(&mut bytes, 2)),
            _ => (1 + (tag >> 2), number(&mut bytes, 4)),
        };
        for _ in 0..length {
            plain.push(plain[plain.len() - back]);
        }
    }
    assert_eq!(plain.len(), length);
    plain
}

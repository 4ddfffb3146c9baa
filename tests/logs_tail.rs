//! The live tail of a real process, whose own lines are among those of clients.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::binary::Place;
use crate::support::{ADMIN, Ws, programs};

/// What a listener was told of after a line: lines by source, and how many were left out.
#[derive(Default)]
struct Told {
    after: u64,
    server: usize,
    client: usize,
    dropped: usize,
}

impl Told {
    fn all(&self) -> usize {
        self.server + self.client + self.dropped
    }

    fn add(&mut self, data: &Value) {
        for line in data["lines"].as_array().unwrap() {
            let (source, number) = line["id"].as_str().unwrap().split_at(1);
            match source {
                _ if number.parse::<u64>().unwrap() <= self.after => {}
                "s" => self.server += 1,
                _ => self.client += 1,
            }
        }
        self.dropped += data["dropped"].as_u64().unwrap() as usize;
    }
}

/// How many lines of the server, and of clients, are kept after one.
async fn kept(place: &Path, after: u64) -> (usize, usize) {
    let count = |table: &str| format!("(SELECT COUNT(*) FROM {table} WHERE id > {after})");
    let sql = format!("SELECT {} || ' ' || {}", count("server_logs"), count("signals"));
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3.arg("-readonly").arg(place.join("data/workspace.sqlite")).arg(sql);
    let printed = programs::run(&mut sqlite3, 30).await;
    let (server, client) = printed.trim().split_once(' ').unwrap();
    (server.parse().unwrap(), client.parse().unwrap())
}

/// A thousand lines a second of clients, and the server's own about each request: whoever listens is told of each, or that
/// it was left out.
#[tokio::test]
async fn what_is_told_and_what_is_left_out_is_all_there_is() {
    const SECONDS: usize = 4;
    let place = Place::new();
    let settings = [
        ("SERVER_HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("METRICS_ADDR", "off"),
        ("ADMIN_USERNAME", ADMIN.0),
        ("ADMIN_PASSWORD", ADMIN.1),
    ];
    let server = place.serve(&[], &settings).await;
    let (http, base) = (reqwest::Client::new(), server.base.clone());
    let login =
        http.post(format!("{base}/api/auth/login")).json(&json!({"username": ADMIN.0, "password": ADMIN.1}));
    let login: Value = login.send().await.unwrap().json().await.unwrap();
    let token = login["access_token"].as_str().unwrap().to_owned();
    let made = http.post(format!("{base}/api/app-keys")).bearer_auth(&token).json(&json!({"app": "desk"}));
    let made: Value = made.send().await.unwrap().json().await.unwrap();
    let collect = format!("{base}/collect/{}", made["key"].as_str().unwrap());
    let send = async |messages: Vec<String>| {
        let logs: Vec<Value> = messages.iter().map(|message| json!({"message": message})).collect();
        let body = json!({"meta": {"app": {"name": "desk"}}, "logs": logs});
        assert_eq!(http.post(&collect).json(&body).send().await.unwrap().status(), 202);
    };
    let mut ws = Ws::open_at(&format!("{}/chat", base.replacen("http", "ws", 1)), &[]).await.unwrap();
    ws.ok("connect", &json!({"token": token})).await;
    ws.ok("subscribe", &json!({"channel": "monitor:logs"})).await;
    // From the first line on that is surely heard.
    send(vec!["begin".to_owned()]).await;
    let mut told = Told { after: u64::MAX, ..Told::default() };
    while told.after == u64::MAX {
        let data = ws.publication("monitor:logs").await["data"].take();
        let begin = data["lines"].as_array().unwrap().iter().find(|line| line["message"] == "begin");
        if let Some(begin) = begin {
            told.after = begin["id"].as_str().unwrap()[1..].parse().unwrap();
            told.add(&data);
            assert_eq!(told.dropped, 0);
        }
    }
    let sending = async {
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        for n in 0..20 * SECONDS {
            beat.tick().await;
            let ask = async {
                let asked = http.get(format!("{base}/api/auth/me")).bearer_auth(&token).send().await.unwrap();
                assert_eq!(asked.status(), 200);
            };
            tokio::join!(send((0..50).map(|i| format!("line {i} of {n}")).collect()), ask);
        }
    };
    let sent = 50 * 20 * SECONDS;
    let hearing = async {
        // Each batch, and each request, makes at least a line of the server.
        while told.all() < sent + 20 * SECONDS {
            told.add(&ws.publication("monitor:logs").await["data"]);
        }
        told
    };
    let ((), mut told) = tokio::join!(sending, hearing);
    // What is kept by now has been told of, or is told of next; nothing is told of twice.
    loop {
        let (of_server, of_clients) = kept(place.path(), told.after).await;
        assert_eq!(of_clients, sent);
        assert!(told.all() <= of_server + of_clients, "more is told of than is kept");
        if told.all() == of_server + of_clients {
            assert!(told.client <= sent && told.server <= of_server && of_server >= 40 * SECONDS);
            break;
        }
        told.add(&ws.publication("monitor:logs").await["data"]);
    }
    // A publication has places for twice as many: they are wanting where it comes late, on a busy machine.
    assert!(told.dropped < sent / 5, "{} of {sent} are left out", told.dropped);
    assert_eq!(server.stop().await, Some(0));
}

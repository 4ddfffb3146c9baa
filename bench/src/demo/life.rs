//! The life of one client: it comes, talks, asks, reports, is cut off now and then, and comes back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::{Client as Http, Method};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::seed::Person;
use super::team::{APPS, App, EMOJI, LINES};
use super::telemetry;
use crate::server::Fault;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Seconds between two things that a client does.
const PAUSE_S: std::ops::Range<f64> = 0.8..5.0;
/// Minutes until a connection is lost: as many are, as on any network.
const CONNECTED_MIN: std::ops::Range<f64> = 1.5..12.0;
/// Seconds until it is back.
const AWAY_S: std::ops::Range<f64> = 2.0..25.0;

/// A simulated client.
pub struct Client {
    number: usize,
    random: fastrand::Rng,
    people: Arc<Vec<Person>>,
    who: usize,
    app: &'static App,
    /// How slow its machine is, 1 for as usual.
    slow: f64,
    /// What it says of itself when it connects.
    description: Value,
    /// The same in the words of Faro.
    meta: Value,
    url: String,
    key: String,
    rooms: Arc<Vec<String>>,
    http: Http,
    command: u32,
}

impl Client {
    pub fn new(
        number: usize,
        url: &str,
        people: &Arc<Vec<Person>>,
        keys: &[String],
        rooms: &Arc<Vec<String>>,
    ) -> Self {
        // The same team every time.
        let mut random = fastrand::Rng::with_seed(number as u64);
        let which = match number % 10 {
            0..6 => 0,
            6..9 => 1,
            _ => 2,
        };
        let (app, who) = (&APPS[which], number % people.len());
        let (os, os_version, machine) = app.systems[random.usize(0..app.systems.len())];
        // Most have the newest version.
        let version =
            app.versions[random.usize(0..app.versions.len()).max(random.usize(0..app.versions.len()))];
        let hostname = format!("{}-{machine}", people[who].username);
        let installation = format!("demo-{}-{number:02}", app.name);
        let description = json!({
            "installation_id": installation, "app": app.name, "app_version": version, "os": os,
            "os_version": os_version, "hostname": hostname, "locale": if number.is_multiple_of(3) { "fr" } else { "en" },
        });
        let meta = json!({
            "app": {"name": app.name, "version": version, "environment": "production", "installationId": installation},
            "session": {"id": format!("{installation}-{}", random.u64(..))},
            "user": {"username": people[who].username},
            "browser": {"name": "Chrome", "version": "142.0", "os": format!("{os} {os_version}")},
        });
        Self {
            number,
            slow: if number.is_multiple_of(7) { 2.6 } else { 1.0 },
            random,
            people: people.clone(),
            who,
            app,
            description,
            meta,
            url: url.to_owned(),
            key: keys[which].clone(),
            rooms: rooms.clone(),
            http: Http::builder().no_proxy().build().unwrap_or_default(),
            command: 2,
        }
    }

    /// Lives until the program ends.
    pub async fn live(mut self) -> Result<(), Fault> {
        loop {
            let minutes = self.within(CONNECTED_MIN);
            let until = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
            // A lost connection is part of its life, as is an answer that does not come.
            let _ = self.connected(until).await;
            sleep(Duration::from_secs_f64(self.within(AWAY_S))).await;
        }
    }

    async fn connected(&mut self, until: Instant) -> Result<(), Fault> {
        let url = format!("{}/chat", self.url.replacen("http", "ws", 1));
        let (mut socket, _) = connect_async(url).await?;
        let connect = json!({"id": 1, "connect": {
            "token": self.people[self.who].token, "name": "js", "version": "5.8.0", "data": self.description,
        }});
        let mut commands = vec![connect.to_string()];
        for (place, room) in self.rooms.iter().enumerate() {
            let subscribe = json!({"channel": format!("chat:{room}"), "join_leave": true});
            commands.push(json!({"id": place + 2, "subscribe": subscribe}).to_string());
        }
        self.command = 100;
        socket.send(Message::text(commands.join("\n"))).await?;
        let mut next = Instant::now();
        while Instant::now() < until {
            tokio::select! {
                frame = socket.next() => {
                    let Some(Ok(frame)) = frame else { return Ok(()) };
                    if matches!(&frame, Message::Text(text) if text.lines().any(|line| line == "{}")) {
                        self.pong(&mut socket).await?;
                    }
                }
                () = sleep_until(next) => {
                    self.act(&mut socket).await?;
                    next = Instant::now() + Duration::from_secs_f64(self.within(PAUSE_S) * self.slow);
                }
            }
        }
        // Most say good-bye; some are just gone.
        if self.random.f64() < 0.7 {
            socket.close(None).await?;
        }
        Ok(())
    }

    /// Answers a ping as fast as its network is.
    async fn pong(&mut self, socket: &mut Socket) -> Result<(), Fault> {
        let ms = (4.0 + self.number as f64) * self.slow * (0.7 + self.random.f64());
        sleep(Duration::from_secs_f64(ms / 1e3)).await;
        Ok(socket.send(Message::text("{}")).await?)
    }

    async fn act(&mut self, socket: &mut Socket) -> Result<(), Fault> {
        match self.random.u8(0..100) {
            0..4 => self.talk(socket).await,
            4..8 => self.typing(socket).await,
            8..11 => self.react().await,
            11..40 => self.look().await,
            40..42 => self.look_for_what_is_gone().await,
            _ => self.report().await,
        }
    }

    async fn talk(&mut self, socket: &mut Socket) -> Result<(), Fault> {
        if !self.people[self.who].writes {
            return Ok(());
        }
        let data = json!({"body": LINES[self.random.usize(0..LINES.len())]});
        let publish = json!({"channel": format!("chat:{}", self.room()), "data": data});
        self.send(socket, "publish", publish).await
    }

    async fn typing(&mut self, socket: &mut Socket) -> Result<(), Fault> {
        let data = json!({"room": self.room()});
        self.send(socket, "rpc", json!({"method": "chat.typing", "data": data})).await
    }

    async fn send(&mut self, socket: &mut Socket, command: &str, what: Value) -> Result<(), Fault> {
        self.command += 1;
        Ok(socket.send(Message::text(json!({"id": self.command, command: what}).to_string())).await?)
    }

    /// Likes one of the last messages.
    async fn react(&mut self) -> Result<(), Fault> {
        let path = format!("/api/chat/rooms/{}/messages", self.room());
        let emoji = EMOJI[self.random.usize(0..EMOJI.len())];
        let person = &self.people[self.who];
        let (_, page) = person.ask(Method::GET, &format!("{path}?limit=5"), None).await?;
        let ids: Vec<&str> =
            page["items"].as_array().into_iter().flatten().filter_map(|m| m["id"].as_str()).collect();
        if ids.is_empty() || !person.writes {
            return Ok(());
        }
        let id = ids[self.random.usize(0..ids.len())];
        person.ask(Method::PUT, &format!("{path}/{id}/reactions/{emoji}"), None).await?;
        Ok(())
    }

    /// Reads what its pages show.
    async fn look(&mut self) -> Result<(), Fault> {
        let today = chrono::Utc::now().date_naive();
        let path = match self.random.u8(0..6) {
            0 => "/api/chat/rooms".to_owned(),
            1 => format!("/api/chat/rooms/{}/messages?limit=30", self.room()),
            2 => "/api/users".to_owned(),
            3 => "/api/chat/search?q=version".to_owned(),
            4 => "/api/auth/me".to_owned(),
            _ => format!("/api/agenda?from={today}T00:00:00Z&to={}T00:00:00Z", today + chrono::Days::new(7)),
        };
        self.people[self.who].ask(Method::GET, &path, None).await?;
        Ok(())
    }

    /// Asks for something that somebody has deleted.
    async fn look_for_what_is_gone(&mut self) -> Result<(), Fault> {
        let path = "/api/agenda/00000000-0000-7000-8000-000000000000";
        self.people[self.who].ask(Method::GET, path, None).await?;
        Ok(())
    }

    /// Sends a batch of telemetry.
    async fn report(&mut self) -> Result<(), Fault> {
        let view = self.app.views[self.random.usize(0..self.app.views.len())];
        let batch = telemetry::batch(&self.meta, self.app, view, self.slow, &mut self.random);
        self.http.post(format!("{}/collect/{}", self.url, self.key)).json(&batch).send().await?;
        Ok(())
    }

    fn room(&mut self) -> String {
        // Most of the talk is in the first room.
        let place = self.random.usize(0..self.rooms.len()).min(self.random.usize(0..self.rooms.len()));
        self.rooms[place].clone()
    }

    fn within(&mut self, range: std::ops::Range<f64>) -> f64 {
        range.start + self.random.f64() * (range.end - range.start)
    }
}

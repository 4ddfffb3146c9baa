//! Many connections that hear every message of one room: how long it takes until the last one has it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::latency::Latency;
use crate::server::{Fault, Server};

/// Connections that are being opened at once.
const OPENING: usize = 64;
/// Longest wait for a message to be everywhere.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest time of 99 in 100 deliveries.
const P99_MS: f64 = 250.0;
/// Most kilobytes of memory for a connection.
const CONNECTION_KB: f64 = 64.0;

#[derive(Args)]
pub struct Sockets {
    /// Connections
    #[arg(long, default_value_t = 5_000)]
    connections: usize,
    /// Messages to the room, one after the other
    #[arg(long, default_value_t = 100)]
    messages: usize,
}

/// Opens a connection to the room `general` and reports when it heard each message; ends with the connection.
async fn listen(
    url: String,
    token: String,
    ready: mpsc::Sender<()>,
    heard: mpsc::Sender<Instant>,
) -> Result<(), Fault> {
    let (mut socket, _) = connect_async(url).await?;
    let commands = [
        json!({"id": 1, "connect": {"token": token, "data": {"app": "bench", "app_version": "1.0.0"}}}),
        json!({"id": 2, "subscribe": {"channel": "chat:general"}}),
    ];
    socket.send(Message::text(format!("{}\n{}", commands[0], commands[1]))).await?;
    while let Some(message) = socket.next().await {
        let Message::Text(frame) = message? else { continue };
        for line in frame.lines() {
            // Not parsed: the time of this program is not what is measured.
            if line == "{}" {
                socket.send(Message::text("{}")).await?;
            } else if line.contains(r#""pub""#) && line.contains("measured") {
                heard.send(Instant::now()).await?;
            } else if line.starts_with(r#"{"id":2,"#) {
                let reply: Value = serde_json::from_str(line)?;
                if reply.get("error").is_some() {
                    return Err(line.into());
                }
                ready.send(()).await?;
            }
        }
    }
    Ok(())
}

impl Sockets {
    pub async fn run(&self, program: &Path) -> Result<Vec<String>, Fault> {
        let many = (self.connections + 100).to_string();
        let limits = [("MAX_CONNECTIONS", &*many), ("MAX_CONNECTIONS_PER_ADDRESS", &*many)];
        let server = Server::start(program, &limits).await?;
        let before = server.memory_mb()?;
        let url = format!("{}/chat", server.url.replacen("http", "ws", 1));
        let (ready, mut opened) = mpsc::channel(OPENING);
        let (heard, mut times) = mpsc::channel(self.connections);
        let gate = Arc::new(Semaphore::new(OPENING));
        let begun = Instant::now();
        for _ in 0..self.connections {
            let place = gate.clone().acquire_owned().await?;
            let (url, token, ready, heard) =
                (url.clone(), server.token.clone(), ready.clone(), heard.clone());
            let (told, mut first) = mpsc::channel(1);
            tokio::spawn(async move {
                if let Err(e) = listen(url, token, told, heard).await {
                    println!("a connection ended: {e}");
                }
            });
            tokio::spawn(async move {
                if first.recv().await.is_some() {
                    let _ = ready.send(()).await;
                }
                drop(place);
            });
            while opened.try_recv().is_ok() {}
        }
        let _all = timeout(PATIENCE, gate.acquire_many(u32::try_from(OPENING)?)).await??;
        let took = begun.elapsed().as_secs_f64();
        let memory = (server.memory_mb()? - before) * 1024.0 / self.connections as f64;
        println!("{} connections in {took:.1} s, {memory:.1} kB each", self.connections);

        let (mut first, mut all, mut faults) = (Latency::default(), Latency::default(), Vec::new());
        for number in 0..self.messages {
            let sent = Instant::now();
            server
                .post("/api/chat/rooms/general/messages", &json!({"body": format!("measured {number}")}))
                .await?;
            let mut last = Duration::ZERO;
            for place in 0..self.connections {
                let Ok(Some(at)) = timeout(PATIENCE, times.recv()).await else {
                    faults.push(format!(
                        "message {number} reached {place} of {} connections",
                        self.connections
                    ));
                    break;
                };
                last = last.max(at.duration_since(sent));
                all.add(at.duration_since(sent));
            }
            first.add(last);
        }
        let [p50, p99, most] = all.quantiles([0.5, 0.99, 1.0]);
        let [everywhere, slow] = first.quantiles([0.5, 0.99]);
        println!(
            "{} messages, {} deliveries: p50 {p50:.1} ms, p99 {p99:.1} ms, longest {most:.1} ms",
            self.messages,
            all.count()
        );
        println!("until the last connection has a message: p50 {everywhere:.1} ms, p99 {slow:.1} ms");
        if p99 > P99_MS {
            faults.push(format!("p99 is {p99:.1} ms, the bound is {P99_MS} ms"));
        }
        if memory > CONNECTION_KB {
            faults.push(format!("a connection takes {memory:.1} kB, the bound is {CONNECTION_KB} kB"));
        }
        Ok(faults)
    }
}

//! A client of the realtime protocol that hides nothing: for what an SDK would not let a test do.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Actor, TestApp};

/// Longest wait for a frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// A WebSocket to the server.
pub struct Ws {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u32,
    /// Pushes that came while a reply was waited for.
    pushes: VecDeque<Value>,
    /// The reply to the connect command.
    pub welcome: Value,
}

impl Ws {
    /// Opens a socket and sends nothing.
    pub async fn open(app: &TestApp, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let opened = Self::open_at(&app.ws_url(), headers).await;
        opened.map_err(|refused| refused.expect("a server listens"))
    }

    /// Opens a socket at `url`. The error is the status of a refusal; none when no server answers.
    pub async fn open_at(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, Option<u16>> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket, next_id: 0, pushes: VecDeque::new(), welcome: Value::Null }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
                Err(Some(response.status().as_u16()))
            }
            Err(_) => Err(None),
        }
    }

    /// Opens a socket and connects as `actor`.
    pub async fn connect(app: &TestApp, actor: &Actor) -> Self {
        Self::connect_with(app, &json!({"token": actor.token})).await
    }

    /// Opens a socket and connects with the given connect request.
    pub async fn connect_with(app: &TestApp, request: &Value) -> Self {
        let mut ws = Self::open(app, &[]).await.unwrap();
        let welcome = ws.call("connect", request).await;
        assert!(welcome["connect"]["client"].is_string(), "not connected: {welcome}");
        ws.welcome = welcome["connect"].clone();
        ws
    }

    /// The client id that the server gave.
    pub fn client(&self) -> &str {
        self.welcome["client"].as_str().unwrap()
    }

    /// Sends raw text.
    pub async fn send(&mut self, text: impl Into<String>) {
        self.socket.send(Message::Text(text.into().into())).await.unwrap();
    }

    /// Sends any message.
    pub async fn send_message(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Sends bytes past the WebSocket library, as they are.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.get_mut().write_all(bytes).await.unwrap();
    }

    /// Sends a command and gives its whole reply.
    pub async fn call(&mut self, command: &str, body: &Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        self.send(json!({"id": id, command: body}).to_string()).await;
        self.reply(id).await
    }

    /// Waits for the reply to command `id`.
    pub async fn reply(&mut self, id: u32) -> Value {
        loop {
            let frame = self.frame().await.expect("the socket is open");
            if frame["id"] == id {
                return frame;
            }
            assert!(frame.get("push").is_some(), "unexpected {frame}");
            self.pushes.push_back(frame["push"].clone());
        }
    }

    /// As [`Ws::call`], without the pushes between; the close code when the connection ends first.
    pub async fn try_call(&mut self, command: &str, body: &Value) -> Result<Value, u16> {
        self.next_id += 1;
        let text = json!({"id": self.next_id, command: body}).to_string();
        // What the server said at the end can still be read when this fails.
        let _ = self.socket.send(Message::Text(text.into())).await;
        loop {
            let frame = self.frame().await.map_err(|(code, _)| code)?;
            if frame["id"] == self.next_id {
                return Ok(frame);
            }
        }
    }

    /// Sends a command that must succeed; gives its result.
    pub async fn ok(&mut self, command: &str, body: &Value) -> Value {
        let reply = self.call(command, body).await;
        assert!(reply.get("error").is_none(), "{command} {body} failed: {reply}");
        reply[command].clone()
    }

    /// Sends a command that must fail; gives the error's code.
    pub async fn err(&mut self, command: &str, body: &Value) -> u64 {
        let reply = self.call(command, body).await;
        reply["error"]["code"].as_u64().unwrap_or_else(|| panic!("{command} {body} did not fail: {reply}"))
    }

    /// The next push.
    pub async fn push(&mut self) -> Value {
        if let Some(push) = self.pushes.pop_front() {
            return push;
        }
        let frame = self.frame().await.expect("the socket is open");
        assert!(frame.get("push").is_some(), "unexpected {frame}");
        frame["push"].clone()
    }

    /// The next publication in `channel`; other pushes are passed over.
    pub async fn publication(&mut self, channel: &str) -> Value {
        loop {
            let push = self.push().await;
            if push["channel"] == channel && push.get("pub").is_some() {
                return push["pub"].clone();
            }
        }
    }

    /// The next frame that is no ping (pings are answered); the close code and reason when there is none.
    pub async fn frame(&mut self) -> Result<Value, (u16, String)> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a frame in time");
            match message {
                Some(Ok(Message::Text(text))) if text.as_str() == "{}" => self.send("{}").await,
                Some(Ok(Message::Text(text))) => {
                    // The server sends one object a frame.
                    return Ok(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err((close.code.into(), close.reason.to_string()));
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Err((1006, String::new())),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Waits for the next ping and answers it.
    pub async fn ping(&mut self) {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a ping in time") {
                Some(Ok(Message::Text(text))) if text.as_str() == "{}" => return self.send("{}").await,
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    self.pushes.push_back(frame["push"].clone());
                }
                other => panic!("no ping but {other:?}"),
            }
        }
    }

    /// Waits for the close frame, passing over everything before it.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err((code, _)) = self.frame().await {
                return code;
            }
        }
    }
}

//! What depends on time or on the number of writes, with a socket in memory and time that passes by itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{DuplexStream, ReadBuf};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::super::connection::{AppInfo, Described};
use super::*;
use crate::auth::{Credential, Identity, Role as AccountRole};
use crate::clients::Fleet;
use crate::clock::Clock;
use crate::db::Db;

fn realtime() -> Realtime {
    let (clock, db) = (Clock::system(), Db::disconnected());
    let hub = Hub::new(clock.clone());
    let (fleet, series) = (Fleet::new(&db, &clock, &hub), Series::new(clock, db));
    Realtime { hub, auth: Auth::for_document(), fleet, series }
}

fn connection() -> Arc<Connection> {
    let identity = Identity {
        user_id: Uuid::nil(),
        username: "ann".into(),
        name: "Ann".into(),
        role: AccountRole::Member,
        credential: Credential::ApiToken { id: Uuid::nil(), scopes: Vec::new() },
    };
    Arc::new(Connection::new(Described {
        id: "c".into(),
        identity: Arc::new(identity),
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        sdk_name: String::new(),
        sdk_version: String::new(),
        app: AppInfo::default(),
        installation: Uuid::nil(),
        connected_at: chrono::Utc::now(),
    }))
}

async fn client(io: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(io, Role::Client, None).await
}

/// The close code, answering pings if told to.
async fn close_code(socket: &mut WebSocketStream<DuplexStream>, pong: bool) -> u16 {
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Close(Some(frame)) => return frame.code.into(),
            Message::Text(_) if pong => socket.send(Message::text("{}")).await.unwrap(),
            _ => {}
        }
    }
    0
}

/// Runs the session of a connected client until it ends.
async fn session(expires: Option<Duration>, pong: bool) -> (u16, Duration) {
    let (ours, theirs) = tokio::io::duplex(4096);
    let start = Instant::now();
    let server = tokio::spawn(async move {
        let mut socket = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
        let realtime = realtime();
        let end = Session::new(expires).run(&realtime, &mut socket, &connection(), None).await;
        finish(&realtime.hub, &mut socket, end).await;
    });
    let code = close_code(&mut client(theirs).await, pong).await;
    server.await.unwrap();
    (code, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_socket_without_a_connect_command_goes_stale() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let opened = Opened { address: std::net::Ipv4Addr::LOCALHOST.into(), cookie: None };
    let server = tokio::spawn(serve(realtime(), ours, opened));
    assert_eq!(close_code(&mut client(theirs).await, false).await, 3502);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_ping_must_be_answered() {
    let (code, after) = session(None, false).await;
    assert_eq!((code, after.as_secs()), (3012, 10));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_refreshed_ends_the_connection() {
    let (code, after) = session(Some(Duration::from_secs(60)), true).await;
    assert_eq!((code, after.as_secs()), (3005, 85));
}

/// A session whose client has read nothing when its queue overflows; gives the client's end and the server's task, which
/// says how long it took to end from there.
async fn overflown() -> (WebSocketStream<DuplexStream>, tokio::task::JoinHandle<Duration>) {
    let (ours, theirs) = tokio::io::duplex(4096);
    let connection = connection();
    let server = {
        let connection = connection.clone();
        tokio::spawn(async move {
            let mut socket = WebSocketStream::from_raw_socket(ours, Role::Server, Some(config())).await;
            let realtime = realtime();
            let end = Session::new(None).run(&realtime, &mut socket, &connection, None).await;
            assert!(matches!(end, End::Ours(Disconnect::SLOW)));
            let start = Instant::now();
            finish(&realtime.hub, &mut socket, end).await;
            start.elapsed()
        })
    };
    let frame = Utf8Bytes::from("x".repeat(300_000));
    while connection.closing().is_none() {
        connection.push(frame.clone());
        tokio::task::yield_now().await;
    }
    (client(theirs).await, server)
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_that_reads_again_is_told_why() {
    let (mut socket, server) = overflown().await;
    sleep(GOODBYE_SLOW - Duration::from_secs(1)).await;
    let mut read = 0;
    let code = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Close(Some(frame)) => break u16::from(frame.code),
            _ => read += 1,
        }
    };
    // The frame that was half written, and nothing of what waited behind it.
    assert_eq!((code, read), (3008, 1));
    server.await.unwrap();
}

/// Nothing more can be done for it: its window is closed, and neither the rest of the frame nor a close frame fits in. What
/// can be proven is that the server does not wait for it any longer than this.
#[tokio::test(start_paused = true)]
async fn a_reader_that_never_reads_is_given_up() {
    let (_socket, server) = overflown().await;
    assert_eq!(server.await.unwrap(), GOODBYE_SLOW);
}

/// A stream that counts writes, each of which would be a system call.
struct Counted {
    stream: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn what_waits_is_written_in_few_system_calls() {
    const MESSAGES: usize = 1000;
    let (stream, theirs) = tokio::io::duplex(1 << 20);
    let writes = Arc::new(AtomicUsize::new(0));
    let stream = Counted { stream, writes: writes.clone() };
    let connection = connection();
    for _ in 0..MESSAGES {
        connection.push(Utf8Bytes::from("x".repeat(100)));
    }
    let server = {
        let connection = connection.clone();
        tokio::spawn(async move {
            let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config())).await;
            let realtime = realtime();
            let end = Session::new(None).run(&realtime, &mut socket, &connection, None).await;
            finish(&realtime.hub, &mut socket, end).await;
        })
    };
    let mut socket = client(theirs).await;
    for _ in 0..MESSAGES {
        socket.next().await.unwrap().unwrap();
    }
    // 102 KB through a buffer of 16 KiB: seven writes.
    assert!(writes.load(Ordering::Relaxed) <= 8, "{} writes", writes.load(Ordering::Relaxed));
    connection.close(Disconnect::SHUTDOWN);
    assert_eq!(close_code(&mut socket, false).await, 3001);
    server.await.unwrap();
}

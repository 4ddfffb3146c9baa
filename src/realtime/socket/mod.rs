//! One task a socket: reads commands, writes what waits, pings, and ends for exactly one reason.
//!
//! The task waits for several things at once and never for one alone: a slow disk delays the answers to this
//! client's commands, not the messages of others to it; a client that does not read is still disconnected.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WsError, Message, Utf8Bytes};

use super::commands;
use super::connect::{self, Greeting};
use super::connection::Connection;
use super::{Disconnect, Hub};
use crate::auth::Auth;
use crate::clients::Fleet;
use crate::monitoring::Series;
use crate::observe::metrics;

/// Time between pings.
pub const PING: Duration = Duration::from_secs(25);
/// Time to answer a ping.
const PONG: Duration = Duration::from_secs(10);
/// The first ping comes early, so that the round-trip time is known at once.
const FIRST_PING: Duration = Duration::from_millis(500);
/// Time to take what was written. Nothing else is looked at meanwhile, so this also ends a client that vanished.
const WRITE: Duration = Duration::from_secs(10);
/// Time to find a pong among what came while commands ran.
const CATCH_UP: Duration = Duration::from_secs(1);
/// Time from the handshake to the connect command.
const AUTHENTICATE: Duration = Duration::from_secs(15);
/// How long an expired token may still be refreshed: clients refresh when it expires, not before.
const EXPIRY_GRACE: Duration = Duration::from_secs(25);
/// Time for commands that were begun when the server stops to end, and for their answers to leave.
const FINISH: Duration = Duration::from_secs(3);
/// Time for the close frame to leave.
const GOODBYE: Duration = Duration::from_secs(1);
/// The same for a client that does not read. The rest of a frame that is half written has to go before the close frame;
/// a client that reads again within this time learns why, and one that does not cannot be told anything.
const GOODBYE_SLOW: Duration = Duration::from_secs(5);
/// Largest frame from a client in bytes.
pub const FRAME_LIMIT: usize = 64 * 1024;

/// What every socket needs.
#[derive(Clone)]
pub struct Realtime {
    /// Channels and connections.
    pub hub: Hub,
    /// Who is calling.
    pub auth: Auth,
    /// Which installations there are.
    pub fleet: Fleet,
    /// Where round trips are counted.
    pub series: Series,
}

/// Who opened a socket, as far as the handshake tells.
pub struct Opened {
    /// Where it comes from.
    pub address: IpAddr,
    /// The session cookie, from a page of our own.
    pub cookie: Option<String>,
}

/// Why a task ends.
enum End {
    /// We say why.
    Ours(Disconnect),
    /// A frame was too large; the WebSocket's own code tells clients not to repeat it.
    TooLarge,
    /// The client left, or the network did.
    Theirs,
}

/// Small buffers: most sockets are idle most of the time, and there may be many.
fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(16 * 1024)
        .max_message_size(Some(FRAME_LIMIT))
        .max_frame_size(Some(FRAME_LIMIT))
}

/// Serves one socket until its end.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(realtime: Realtime, stream: S, opened: Opened) {
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config())).await;
    let hub = realtime.hub.clone();
    let greeting = tokio::select! {
        biased;
        // Nobody else would tell a client that has not said who it is. One that has is in the hub, leaves it with its seat,
        // and has not been answered yet: nothing that it asked for was begun.
        () = hub.stopping() => Err(End::Ours(Disconnect::SHUTDOWN)),
        greeting = authenticate(&realtime, &mut socket, &opened) => greeting,
    };
    let Greeting { connection, expires, seat, behind } = match greeting {
        Ok(greeting) => greeting,
        Err(end) => return finish(&hub, &mut socket, end).await,
    };
    let mut session = Session::new(expires.map(|at| remaining(&realtime, at)));
    let end = session.run(&realtime, &mut socket, &connection, behind).await;
    match &end {
        End::Ours(why) => seat.leave(why.code, why.reason),
        End::TooLarge => seat.leave(CloseCode::Size.into(), "message size limit exceeded"),
        End::Theirs => seat.leave(3000, ""),
    }
    finish(&hub, &mut socket, end).await;
}

/// Until `at`, by the server's clock.
fn remaining(realtime: &Realtime, at: chrono::DateTime<chrono::Utc>) -> Duration {
    (at - realtime.hub.clock().now()).to_std().unwrap_or_default()
}

/// Waits for the first frame, which must begin with the connect command, and answers it.
async fn authenticate<S: AsyncRead + AsyncWrite + Unpin + Send>(
    realtime: &Realtime,
    socket: &mut WebSocketStream<S>,
    opened: &Opened,
) -> Result<Greeting, End> {
    let deadline = Instant::now() + AUTHENTICATE;
    loop {
        let Ok(text) = tokio::time::timeout_at(deadline, next_text(socket)).await else {
            return Err(End::Ours(Disconnect::STALE));
        };
        let text = text?;
        match connect::connect(realtime, opened, &text).await {
            Ok(greeting) => return Ok(greeting),
            // An error reply lets the client get another token and try again on a new socket.
            Err(connect::Refused::Reply(frame)) => {
                metrics::connect_refused("token_expired");
                let sent = timeout(GOODBYE, socket.send(Message::Text(frame))).await;
                sent.map_err(|_| End::Theirs)?.map_err(|_| End::Theirs)?;
            }
            Err(connect::Refused::Close(why)) => {
                metrics::connect_refused(why.reason);
                return Err(End::Ours(why));
            }
        }
    }
}

/// The next text frame.
async fn next_text<S: AsyncRead + AsyncWrite + Unpin + Send>(
    socket: &mut WebSocketStream<S>,
) -> Result<Utf8Bytes, End> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Binary(_))) => return Err(End::Ours(Disconnect::INAPPROPRIATE_PROTOCOL)),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(End::Theirs),
            Some(Err(WsError::Capacity(CapacityError::MessageTooLong { .. }))) => return Err(End::TooLarge),
            Some(Err(WsError::Utf8(_) | WsError::Protocol(_))) => {
                return Err(End::Ours(Disconnect::BAD_REQUEST));
            }
            Some(Err(_)) => return Err(End::Theirs),
        }
    }
}

/// Timers and state of a connected socket.
struct Session {
    /// When the next ping goes out, or its answer must have come.
    due: Instant,
    /// When the unanswered ping went out.
    pinged: Option<Instant>,
    /// When the token expires for good.
    expiry: Option<Instant>,
}

type Work<'a> = Pin<Box<dyn Future<Output = Result<commands::Done, Disconnect>> + Send + 'a>>;

impl Session {
    fn new(expires: Option<Duration>) -> Self {
        let now = Instant::now();
        Self { due: now + FIRST_PING, pinged: None, expiry: expires.map(|left| now + left + EXPIRY_GRACE) }
    }

    async fn run<S: AsyncRead + AsyncWrite + Unpin + Send>(
        &mut self,
        realtime: &Realtime,
        socket: &mut WebSocketStream<S>,
        connection: &Arc<Connection>,
        behind: Option<Utf8Bytes>,
    ) -> End {
        let mut batch = VecDeque::new();
        // Commands of one frame run while the socket goes on being written; the next frame is read after them.
        let begin = |frame| -> Work<'_> { Box::pin(commands::run(realtime, connection, frame)) };
        let mut work = behind.map(begin);
        let cut = cut(connection);
        tokio::pin!(cut);
        loop {
            let expiry = self.expiry.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
            tokio::select! {
                biased;
                why = &mut cut => return End::Ours(why),
                // The server stops, and nothing is under way any more: what waits now is the last.
                why = connection.closed(), if work.is_none() => {
                    connection.outbox.try_take(&mut batch);
                    let written = write(socket, connection, &mut batch, cut.as_mut()).await;
                    return written.err().unwrap_or(End::Ours(why));
                }
                () = connection.outbox.take(&mut batch) => {
                    if let Err(end) = write(socket, connection, &mut batch, cut.as_mut()).await {
                        return end;
                    }
                }
                done = async { work.as_mut().expect("guarded below").await }, if work.is_some() => {
                    work = None;
                    if self.pinged.is_some() && self.due <= Instant::now() {
                        self.due = Instant::now() + CATCH_UP;
                    }
                    match done {
                        Ok(done) => self.apply(realtime, connection, &done),
                        Err(why) => return End::Ours(why),
                    }
                }
                text = next_text(socket), if work.is_none() => match text {
                    Ok(text) => {
                        connection.count_in(text.len());
                        work = Some(begin(text));
                    }
                    Err(end) => return end,
                },
                // While commands run no frame is read, so a pong may have come that nobody has seen.
                () = sleep_until(self.due), if work.is_none() || self.pinged.is_none() => {
                    if self.pinged.is_some() {
                        return End::Ours(Disconnect::NO_PONG);
                    }
                    self.pinged = Some(Instant::now());
                    self.due = Instant::now() + PONG;
                    connection.push(Utf8Bytes::from_static(super::protocol::EMPTY));
                }
                () = sleep_until(expiry) => return End::Ours(Disconnect::EXPIRED),
            }
        }
    }

    fn apply(&mut self, realtime: &Realtime, connection: &Connection, done: &commands::Done) {
        if done.pong
            && let Some(sent) = self.pinged.take()
        {
            let took = sent.elapsed();
            connection.record_rtt(took);
            realtime.series.round_trip(connection.installation, took);
            self.due = Instant::now() + PING;
        }
        if let Some(at) = done.expires {
            self.expiry = Some(Instant::now() + remaining(realtime, at) + EXPIRY_GRACE);
        }
    }
}

/// Waits until the socket must end, whatever is under way. A server that stops gives what was begun a little time: who is
/// told that the server goes should know what became of the last command.
async fn cut(connection: &Connection) -> Disconnect {
    let why = connection.closed().await;
    if why == Disconnect::SHUTDOWN {
        sleep(FINISH).await;
    }
    why
}

/// Writes everything that waits, until `cut`: fed to the socket's buffer, flushed once, so that one system call carries many
/// messages.
async fn write<S: AsyncRead + AsyncWrite + Unpin + Send>(
    socket: &mut WebSocketStream<S>,
    connection: &Connection,
    batch: &mut VecDeque<Utf8Bytes>,
    cut: Pin<&mut impl Future<Output = Disconnect>>,
) -> Result<(), End> {
    let (mut messages, mut bytes) = (0, 0);
    let writing = async {
        for frame in batch.drain(..) {
            messages += 1;
            bytes += frame.len();
            socket.feed(Message::Text(frame)).await?;
        }
        socket.flush().await
    };
    let outcome = tokio::select! {
        outcome = timeout(WRITE, writing) => outcome.map_err(|_| {
            metrics::slow_disconnect();
            End::Ours(Disconnect::SLOW)
        })?,
        why = cut => return Err(End::Ours(why)),
    };
    connection.count_out(messages, bytes);
    outcome.map_err(|_| End::Theirs)
}

/// Says why, if it is ours to say, and closes. What waited in the queue is not written any more.
async fn finish<S: AsyncRead + AsyncWrite + Unpin + Send>(
    hub: &Hub,
    socket: &mut WebSocketStream<S>,
    end: End,
) {
    let patience = match &end {
        End::Ours(why) if *why == Disconnect::SLOW => GOODBYE_SLOW,
        _ => GOODBYE,
    };
    let frame = match end {
        End::Ours(why) => {
            Some(CloseFrame { code: why.code.into(), reason: Utf8Bytes::from_static(why.reason) })
        }
        End::TooLarge => Some(CloseFrame {
            code: CloseCode::Size,
            reason: Utf8Bytes::from_static("message size limit exceeded"),
        }),
        End::Theirs => None,
    };
    let goodbye = async {
        let _ = socket.close(frame).await;
        // The other side's close frame: without waiting for it, the kernel may reset the connection and ours is lost.
        while let Some(Ok(_)) = socket.next().await {}
        // Likewise with what is left of a frame that was too large.
        let mut rest = [0; 4096];
        while let Ok(1..) = socket.get_mut().read(&mut rest).await {}
    };
    tokio::select! {
        _ = timeout(patience, goodbye) => {}
        // A server that stops waits for nobody for long.
        () = async { hub.stopping().await; sleep(GOODBYE).await } => {}
    }
}

#[cfg(test)]
mod tests;

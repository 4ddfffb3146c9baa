//! The listening socket: limits and timeouts that hyper and poem leave to us.
//!
//! Each connection gets `TCP_NODELAY`, counts against a total and a per-address cap, and is closed when for
//! [`SILENCE`] we had nothing to say to it: a client that sends its headers a byte a minute, an upload that
//! never ends, a keep-alive nobody uses. WebSockets live longer because the protocol's pings are written to them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ipnet::IpNet;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep};

use super::network;
use crate::config::Config;
use crate::observe::metrics;

/// Longest time without a byte from us: three of the realtime protocol's ping intervals.
const SILENCE: Duration = Duration::from_secs(75);
/// Pause after a failed accept, most often for want of descriptors, which only time brings back.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts within the configured limits.
pub struct Acceptor {
    listener: TcpListener,
    limits: Arc<Limits>,
}

struct Limits {
    total: usize,
    per_address: usize,
    unlimited: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Acceptor {
    /// Accepts from `listener`.
    pub fn new(listener: TcpListener, config: &Config) -> Self {
        let limits = Limits {
            total: config.max_connections,
            per_address: config.max_connections_per_address,
            unlimited: config.trusted_proxies.clone(),
            open: Mutex::default(),
        };
        Self { listener, limits: Arc::new(limits) }
    }
}

impl poem::listener::Acceptor for Acceptor {
    type Io = Connection;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.listener.local_addr().map(|a| LocalAddr(a.into())).into_iter().collect()
    }

    async fn accept(&mut self) -> io::Result<(Connection, LocalAddr, RemoteAddr, Scheme)> {
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(e) => {
                    tracing::warn!(error = %e, "Could not accept a connection");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let Some(seat) = Limits::enter(&self.limits, peer) else {
                metrics::connection_refused();
                continue;
            };
            // Without it a small frame waits for the acknowledgement of the one before.
            if stream.set_nodelay(true).is_err() {
                continue;
            }
            let local = stream.local_addr()?;
            let connection =
                Connection { stream, deadline: Box::pin(tokio::time::sleep(SILENCE)), _seat: seat };
            return Ok((connection, LocalAddr(local.into()), RemoteAddr(peer.into()), Scheme::HTTP));
        }
    }
}

impl Limits {
    fn enter(limits: &Arc<Self>, peer: SocketAddr) -> Option<Seat> {
        let address = peer.ip().to_canonical();
        let mut open = limits.open.lock().expect("no panic while held");
        if open.total >= limits.total {
            return None;
        }
        let sender = network(address);
        let here = open.by_address.entry(sender).or_default();
        if *here >= limits.per_address && !limits.unlimited.iter().any(|net| net.contains(&address)) {
            return None;
        }
        *here += 1;
        open.total += 1;
        Some(Seat { limits: limits.clone(), address: sender })
    }
}

/// A connection's place in the count, given back when it ends.
struct Seat {
    limits: Arc<Limits>,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.limits.open.lock().expect("no panic while held");
        open.total -= 1;
        if let Some(here) = open.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// An accepted connection.
pub struct Connection {
    stream: TcpStream,
    deadline: Pin<Box<Sleep>>,
    _seat: Seat,
}

impl Connection {
    /// We said something: the clock starts again.
    fn spoke(&mut self) {
        self.deadline.as_mut().reset(Instant::now() + SILENCE);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf));
        self.spoke();
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs));
        self.spoke();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

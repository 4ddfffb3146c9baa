//! The first command of a socket: who it is, and what it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::commands::{VERSION, go_live, is_expired, open, remaining_seconds, result};
use super::connection::{AppInfo, Connection, Described, clean};
use super::protocol::{self, Command, ConnectRequest, ConnectResult, Outcome, reply};
use super::socket::{Opened, PING, Realtime};
use super::{Disconnect, Error, Hub};
use crate::auth::Identity;
use crate::clients::Fleet;
use crate::error::ApiError;
use crate::inbox;
use crate::observe::metrics;

/// Time to answer a connect command: a read of the database.
const WELCOME: Duration = Duration::from_secs(10);
/// Code and reason of an end that nobody asked for, as the WebSocket's own codes have it.
const FAULT: (u16, &str) = (1011, "internal error");

/// A connected client.
pub struct Greeting {
    pub connection: Arc<Connection>,
    /// When its token expires.
    pub expires: Option<DateTime<Utc>>,
    pub seat: Seat,
    /// Commands behind the connect command in its frame: run like those of the next frame.
    pub behind: Option<Utf8Bytes>,
}

/// A connection's place in the hub, and in what counts and notes connected clients: given up however its task ends, be it
/// by a panic.
pub struct Seat {
    hub: Hub,
    fleet: Fleet,
    connection: Arc<Connection>,
    /// It was answered, counted and noted as connected.
    welcomed: bool,
    /// Code and reason of its close frame.
    end: Option<(u16, &'static str)>,
}

impl Seat {
    fn welcome(&mut self) {
        self.welcomed = true;
        metrics::ws_connected();
        self.fleet.connected(&self.connection);
    }

    /// Gives it up, for this reason.
    pub fn leave(mut self, code: u16, reason: &'static str) {
        self.end = Some((code, reason));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.connection);
        if !self.welcomed {
            return;
        }
        let connection = &self.connection;
        let asked = || connection.closing().map(|why| (why.code, why.reason));
        // Without a reason there was a panic.
        let (code, reason) = self.end.or_else(asked).unwrap_or(FAULT);
        metrics::ws_disconnected(code);
        self.fleet.disconnected(connection, code, reason);
        tracing::info!(
            client.id = %connection.id, user.id = %connection.identity.user_id,
            peer.address = %connection.address, code, "Client disconnected ({code})"
        );
    }
}

/// Why a connect command failed.
pub enum Refused {
    /// Answered with an error; the socket stays for another attempt.
    Reply(Utf8Bytes),
    /// The socket is closed.
    Close(Disconnect),
}

/// Answers the connect command, with which the first frame begins. The frame is understood as a whole, or nothing of it is
/// begun.
pub async fn connect(realtime: &Realtime, opened: &Opened, text: &Utf8Bytes) -> Result<Greeting, Refused> {
    let mut commands =
        protocol::parse(text).map_err(|_| Refused::Close(Disconnect::BAD_REQUEST))?.into_iter();
    let (id, request) = match commands.next() {
        Some(Command { id, connect: Some(request), .. }) if id > 0 => (id, request),
        _ => return Err(Refused::Close(Disconnect::BAD_REQUEST)),
    };
    metrics::message_in("connect");
    let (identity, expires) = identify(realtime, opened, &request, id)?;
    let app = AppInfo::parse(request.data);
    let connection = Arc::new(Connection::new(Described {
        id: crate::id::new(realtime.hub.clock()).to_string(),
        installation: Fleet::installation_of(&identity, &app),
        identity,
        address: opened.address,
        sdk_name: clean(&request.name),
        sdk_version: clean(&request.version),
        app,
        connected_at: realtime.hub.clock().now(),
    }));
    connection.count_in(text.len());
    // Before it enters: what follows may fail, be given up, or panic, with the connection in the hub.
    let mut seat = Seat {
        hub: realtime.hub.clone(),
        fleet: realtime.fleet.clone(),
        connection: connection.clone(),
        welcomed: false,
        end: None,
    };
    let welcomed = tokio::select! {
        biased;
        why = connection.closed() => Err(why),
        welcomed = welcome(realtime, opened, &connection, expires, id, &request) => welcomed,
        // The database does not answer; later it may.
        () = sleep(WELCOME) => Err(Disconnect::FORCE_RECONNECT),
    };
    welcomed.map_err(Refused::Close)?;
    seat.welcome();
    let behind = commands.next().is_some().then(|| protocol::behind_first(text));
    Ok(Greeting { connection, expires, seat, behind })
}

/// Who the client is: by its token, or by the cookie of a page of our own.
fn identify(
    realtime: &Realtime,
    opened: &Opened,
    request: &ConnectRequest<'_>,
    id: u32,
) -> Result<(Arc<Identity>, Option<DateTime<Utc>>), Refused> {
    authenticate(realtime, opened, &request.token).map_err(|e| {
        if is_expired(&e) {
            return Refused::Reply(reply(id, &Error::TOKEN_EXPIRED.into()));
        }
        tracing::warn!(peer.address = %opened.address, "Refused a WebSocket: no valid token or session");
        Refused::Close(Disconnect::INVALID_TOKEN)
    })
}

fn authenticate(
    realtime: &Realtime,
    opened: &Opened,
    token: &str,
) -> Result<(Arc<Identity>, Option<DateTime<Utc>>), ApiError> {
    match &opened.cookie {
        Some(cookie) if token.is_empty() => {
            realtime.auth.cookie(cookie).map(|(identity, _)| (identity, None))
        }
        _ => realtime.auth.bearer(token),
    }
}

/// Enters the hub, subscribes the account's own channel, and answers.
async fn welcome(
    realtime: &Realtime,
    opened: &Opened,
    connection: &Arc<Connection>,
    expires: Option<DateTime<Utc>>,
    id: u32,
    request: &ConnectRequest<'_>,
) -> Result<(), Disconnect> {
    realtime.hub.enter(connection)?;
    // What was revoked or changed between the look at the token and the entry into the hub was missed by both.
    let (now, _) = authenticate(realtime, opened, &request.token).map_err(|_| Disconnect::INVALID_TOKEN)?;
    if now != connection.identity {
        return Err(Disconnect::FORCE_RECONNECT);
    }
    let channel = inbox::channel(connection.identity.user_id);
    let asked = request.subs.get(&channel);
    let own = open(realtime, connection, &channel, asked).await;
    let mut subs = BTreeMap::new();
    if let Ok(own) = &own {
        subs.insert(channel.as_str(), result(own, asked.is_some_and(|s| s.recover)));
    }
    let orders = realtime.fleet.orders(connection.installation);
    let now = realtime.hub.clock().now();
    let ttl = expires.map(|at| remaining_seconds(realtime, at));
    let answer = reply(
        id,
        &Outcome::Connect(ConnectResult {
            client: &connection.id,
            version: VERSION,
            expires: ttl.is_some(),
            ttl: ttl.unwrap_or(0),
            data: &orders.json(),
            subs,
            ping: PING.as_secs(),
            pong: true,
            time: now.timestamp_millis(),
        }),
    );
    match &own {
        Ok(own) => {
            // Only the server ends this subscription, with the connection.
            let _ = go_live(realtime, connection, &channel, answer, own)
                .map_err(|answer| connection.push(answer));
        }
        Err(_) => connection.push(answer),
    }
    realtime.fleet.greeted(connection, &orders);
    tracing::info!(
        client.id = %connection.id, user.id = %connection.identity.user_id, peer.address = %connection.address,
        app = connection.app.app, app_version = connection.app.app_version,
        "Client connected: {} from {}", connection.identity.username, connection.address,
    );
    Ok(())
}

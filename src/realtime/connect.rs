//! The first command of a socket: who it is, and what it is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::commands::{self, VERSION, go_live, is_expired, open, remaining_seconds, result};
use super::connection::{AppInfo, Connection, Described, clean};
use super::protocol::{self, Command, ConnectRequest, ConnectResult, Outcome, reply};
use super::socket::{Opened, PING, Realtime};
use super::{Disconnect, Error, Hub};
use crate::auth::Identity;
use crate::clients::Fleet;
use crate::error::ApiError;
use crate::inbox;
use crate::observe::metrics;

/// A connected client, and when its token expires.
pub struct Greeting {
    pub connection: Arc<Connection>,
    pub expires: Option<DateTime<Utc>>,
    pub seat: Seat,
}

/// A connection's place in the hub, given up however its task ends, be it by a panic.
pub struct Seat {
    hub: Hub,
    connection: Arc<Connection>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.connection);
    }
}

/// Why a connect command failed.
pub enum Refused {
    /// Answered with an error; the socket stays for another attempt.
    Reply(Utf8Bytes),
    /// The socket is closed.
    Close(Disconnect),
}

/// Answers the first frame. Commands behind the connect command in the same frame are run as well.
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
    // Before it enters: what follows may fail, or panic, with the connection in the hub.
    let seat = Seat { hub: realtime.hub.clone(), connection: connection.clone() };
    let greeting = Greeting { connection, expires, seat };
    let welcomed = welcome(realtime, opened, &greeting, id, &request).await;
    let rest = match welcomed {
        Ok(()) => commands::run_all(realtime, &greeting.connection, commands.collect()).await.map(drop),
        Err(why) => Err(why),
    };
    rest.map(|()| greeting).map_err(Refused::Close)
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
    greeting: &Greeting,
    id: u32,
    request: &ConnectRequest<'_>,
) -> Result<(), Disconnect> {
    let connection = &greeting.connection;
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
    let ttl = greeting.expires.map(|at| remaining_seconds(realtime, at));
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

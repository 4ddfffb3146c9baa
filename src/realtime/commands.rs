//! What each command of the protocol does.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::connection::Connection;
use super::hub::CHANNEL_NAME;
use super::pace::Allowance;
use super::protocol::{
    self, Command, HistoryRequest, HistoryResult, Nothing, Outcome, PresenceResult, PresenceStatsResult,
    RefreshResult, RpcResult, SubscribeRequest, SubscribeResult, reply,
};
use super::socket::Realtime;
use super::{Disconnect, Error, HistoryQuery, Position, Publication, Subscription};
use crate::error::ApiError;
use crate::observe::{Cause, metrics};

/// Version told to clients.
pub const VERSION: &str = concat!("workspace-server ", env!("CARGO_PKG_VERSION"));
/// Most publications in one history answer.
const HISTORY_LIMIT: usize = 300;
/// Most bytes of publications in one answer: half of what may wait for a socket.
const ANSWER_BYTES: usize = super::outbox::LIMIT_BYTES / 2;
/// Commands in one frame: a client that subscribes to all its channels at once fits.
const COMMANDS_PER_FRAME: usize = 256;

/// What a frame changed for the socket's own timers.
#[derive(Default)]
pub struct Done {
    /// It held a pong.
    pub pong: bool,
    /// The token was replaced by one that lasts until then.
    pub expires: Option<DateTime<Utc>>,
}

/// Runs the commands of a frame, in order. Answers go to the connection's queue.
pub async fn run(
    realtime: &Realtime,
    connection: &Arc<Connection>,
    text: Utf8Bytes,
) -> Result<Done, Disconnect> {
    let commands = protocol::parse(&text).map_err(|_| Disconnect::BAD_REQUEST)?;
    if commands.len() > COMMANDS_PER_FRAME {
        return Err(Disconnect::TOO_MANY_REQUESTS);
    }
    let mut done = Done::default();
    let cause = Cause::Client(connection.id.as_str().into());
    let run = async {
        for command in commands {
            one(realtime, connection, command, &mut done).await?;
        }
        Ok(())
    };
    cause.scope(run).await.map(|()| done)
}

async fn one(
    realtime: &Realtime,
    connection: &Arc<Connection>,
    command: Command<'_>,
    done: &mut Done,
) -> Result<(), Disconnect> {
    let id = command.id;
    if id == 0 {
        // Without an id there is no reply: only a pong and a message of the client's own are that.
        return match command {
            Command { send: Some(_), .. } => {
                metrics::message_in("send");
                Ok(())
            }
            command if command.is_empty() => {
                metrics::message_in("pong");
                done.pong = true;
                Ok(())
            }
            // What wants a reply would otherwise be lost in silence.
            _ => Err(Disconnect::BAD_REQUEST),
        };
    }
    match connection.allow_command() {
        Allowance::Granted => {}
        Allowance::Refused => {
            connection.push(reply(id, &Error::TOO_MANY_REQUESTS.into()));
            return Ok(());
        }
        Allowance::Exhausted => return Err(Disconnect::TOO_MANY_REQUESTS),
    }
    let outcome = match command {
        Command { subscribe: Some(request), .. } => {
            metrics::message_in("subscribe");
            if let Err(e) = subscribe(realtime, connection, id, &request).await {
                connection.push(reply(id, &e.into()));
            }
            return Ok(());
        }
        Command { publish: Some(request), .. } => {
            metrics::message_in("publish");
            publish(realtime, connection, &request).await.map(|()| Outcome::Publish(Nothing {}))
        }
        Command { rpc: Some(request), .. } => {
            metrics::message_in("rpc");
            rpc(realtime, connection, id, &request).await;
            return Ok(());
        }
        Command { history: Some(request), .. } => {
            metrics::message_in("history");
            history(realtime, connection, id, request).await;
            return Ok(());
        }
        Command { unsubscribe: Some(request), .. } => {
            metrics::message_in("unsubscribe");
            realtime.hub.unsubscribe(connection, &request.channel);
            Ok(Outcome::Unsubscribe(Nothing {}))
        }
        Command { presence: Some(request), .. } => {
            metrics::message_in("presence");
            realtime.hub.presence(connection, &request.channel).map(|clients| {
                let presence = clients.into_iter().map(|info| (info.client.clone(), info)).collect();
                Outcome::Presence(PresenceResult { presence })
            })
        }
        Command { presence_stats: Some(request), .. } => {
            metrics::message_in("presence_stats");
            realtime.hub.presence(connection, &request.channel).map(|clients| {
                let users: std::collections::HashSet<&str> =
                    clients.iter().map(|c| c.user.as_str()).collect();
                Outcome::PresenceStats(PresenceStatsResult {
                    num_clients: clients.len(),
                    num_users: users.len(),
                })
            })
        }
        Command { refresh: Some(request), .. } => {
            metrics::message_in("refresh");
            // A revoked token refreshes nothing: that ends the connection instead of a reply.
            refresh(realtime, connection, &request.token, done)?.map(|ttl| {
                Outcome::Refresh(RefreshResult {
                    client: &connection.id,
                    version: VERSION,
                    expires: ttl.is_some(),
                    ttl: ttl.unwrap_or(0),
                })
            })
        }
        Command { sub_refresh: Some(request), .. } => {
            metrics::message_in("sub_refresh");
            // Subscriptions follow the connection's rights and do not expire by themselves.
            let listens = connection.channels().contains(&request.channel);
            if listens { Ok(Outcome::SubRefresh(Nothing {})) } else { Err(Error::PERMISSION_DENIED) }
        }
        Command { ping: Some(_), .. } => {
            metrics::message_in("ping");
            Ok(Outcome::Ping(Nothing {}))
        }
        Command { send: Some(_), .. } => {
            metrics::message_in("send");
            return Ok(());
        }
        Command { connect: Some(_), .. } => return Err(Disconnect::BAD_REQUEST),
        _ => Err(Error::BAD_REQUEST),
    };
    connection.push(reply(id, &outcome.unwrap_or_else(Outcome::from)));
    Ok(())
}

async fn subscribe(
    realtime: &Realtime,
    connection: &Arc<Connection>,
    id: u32,
    request: &SubscribeRequest<'_>,
) -> Result<(), Error> {
    let channel = &request.channel;
    let opened = open(realtime, connection, channel, Some(request)).await?;
    if request.recover && request.rejects_unrecovered() && !opened.recovered {
        realtime.hub.unsubscribe(connection, channel);
        return Err(Error::UNRECOVERABLE_POSITION);
    }
    let answer = reply(id, &Outcome::Subscribe(result(&opened, request.recover)));
    // Sent away while it was catching up: the push that said so came first.
    go_live(realtime, connection, channel, answer, &opened).map_err(|_| Error::PERMISSION_DENIED)
}

/// Enters a channel, holding live publications back, and asks its slice.
pub async fn open(
    realtime: &Realtime,
    connection: &Arc<Connection>,
    channel: &str,
    request: Option<&SubscribeRequest<'_>>,
) -> Result<Subscription, Error> {
    if channel.is_empty() {
        return Err(Error::BAD_REQUEST);
    }
    if channel.len() > CHANNEL_NAME {
        return Err(Error::BAD_REQUEST);
    }
    let namespace = realtime.hub.namespace(channel, ':').ok_or(Error::UNKNOWN_CHANNEL)?;
    let since = request.filter(|r| r.recover).map(|r| Position { offset: r.offset, epoch: r.epoch.clone() });
    realtime.hub.subscribe(connection, channel, request.is_some_and(|r| r.join_leave))?;
    let mut opened = namespace.subscribe(&connection.identity, channel, since).await;
    match &mut opened {
        Ok(opened) if fitting(&opened.publications) < opened.publications.len() => {
            // All or nothing: who missed so much reads the state anew.
            opened.recovered = false;
            opened.publications = Vec::new();
        }
        Ok(_) => {}
        Err(_) => {
            realtime.hub.unsubscribe(connection, channel);
        }
    }
    opened
}

pub fn go_live(
    realtime: &Realtime,
    connection: &Arc<Connection>,
    channel: &str,
    answer: Utf8Bytes,
    opened: &Subscription,
) -> Result<(), Utf8Bytes> {
    let seen = opened.position.as_ref().map(|(offset, _)| *offset);
    realtime.hub.go_live(connection, channel, answer, seen, opened.presence)
}

pub fn result(opened: &Subscription, was_recovering: bool) -> SubscribeResult<'_> {
    let (offset, epoch) =
        opened.position.as_ref().map_or((0, ""), |(offset, epoch)| (*offset, epoch.as_str()));
    SubscribeResult {
        recoverable: opened.position.is_some(),
        epoch,
        offset,
        positioned: opened.position.is_some(),
        recovered: opened.recovered,
        was_recovering,
        publications: &opened.publications,
        data: opened.data.as_deref(),
    }
}

async fn publish(
    realtime: &Realtime,
    connection: &Arc<Connection>,
    request: &protocol::PublishRequest<'_>,
) -> Result<(), Error> {
    let data = request.data.ok_or(Error::BAD_REQUEST)?;
    let namespace = realtime.hub.namespace(&request.channel, ':').ok_or(Error::UNKNOWN_CHANNEL)?;
    namespace.publish(&connection.identity, connection.info(), &request.channel, data).await?;
    realtime.fleet.published(connection, &request.channel);
    Ok(())
}

async fn rpc(realtime: &Realtime, connection: &Arc<Connection>, id: u32, request: &protocol::RpcRequest<'_>) {
    let answer = match realtime.hub.namespace(&request.method, '.') {
        Some(namespace) if namespace.methods().contains(&&*request.method) => {
            namespace.rpc(&connection.identity, connection.info(), &request.method, request.data).await
        }
        _ => Err(Error::METHOD_NOT_FOUND),
    };
    connection.push(match &answer {
        Ok(data) => reply(id, &Outcome::Rpc(RpcResult { data })),
        Err(e) => reply(id, &(*e).into()),
    });
}

async fn history(realtime: &Realtime, connection: &Arc<Connection>, id: u32, request: HistoryRequest) {
    let answer = match realtime.hub.namespace(&request.channel, ':') {
        Some(namespace) => {
            // A negative limit asks for all there is, which is our own most.
            let limit = usize::try_from(request.limit).unwrap_or(HISTORY_LIMIT).min(HISTORY_LIMIT);
            let since = request.since.map(|s| Position { offset: s.offset, epoch: s.epoch });
            let query = HistoryQuery { limit, since, reverse: request.reverse };
            namespace.history(&connection.identity, &request.channel, query).await.map(|mut page| {
                page.publications.truncate(fitting(&page.publications).max(1));
                page
            })
        }
        None => Err(Error::UNKNOWN_CHANNEL),
    };
    connection.push(match &answer {
        Ok(h) => reply(
            id,
            &Outcome::History(HistoryResult {
                publications: &h.publications,
                offset: h.offset,
                epoch: &h.epoch,
            }),
        ),
        Err(e) => reply(id, &(*e).into()),
    });
}

/// Replaces the token by a newer one of the same account; gives the seconds it lasts.
fn refresh(
    realtime: &Realtime,
    connection: &Connection,
    token: &str,
    done: &mut Done,
) -> Result<Result<Option<u64>, Error>, Disconnect> {
    let (identity, expires) = match realtime.auth.bearer(token) {
        Ok(known) => known,
        Err(e) if is_expired(&e) => return Ok(Err(Error::TOKEN_EXPIRED)),
        Err(_) => return Err(Disconnect::INVALID_TOKEN),
    };
    // A connection is one account's and one session's for its whole life: revoking must find it.
    if identity.user_id != connection.identity.user_id
        || identity.credential != connection.identity.credential
    {
        return Err(Disconnect::INVALID_TOKEN);
    }
    done.expires = expires;
    Ok(Ok(expires.map(|at| remaining_seconds(realtime, at))))
}

/// Whether a token was good and is only too old.
pub fn is_expired(error: &ApiError) -> bool {
    error.problem().code == "token_expired"
}

/// Seconds until `at` by the server's clock, at least one: 0 would mean "never" to a client.
pub fn remaining_seconds(realtime: &Realtime, at: DateTime<Utc>) -> u64 {
    u64::try_from((at - realtime.hub.clock().now()).num_seconds()).unwrap_or(0).max(1)
}

/// How many of these fit into one answer.
fn fitting(publications: &[Publication]) -> usize {
    let mut bytes = 0;
    let fits = |p: &&Publication| {
        bytes += p.data.get().len();
        bytes <= ANSWER_BYTES
    };
    publications.iter().take_while(fits).count()
}

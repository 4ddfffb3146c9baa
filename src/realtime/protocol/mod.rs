//! Frames of the Centrifuge client protocol in JSON: what clients send, what they are answered.
//!
//! One WebSocket text frame carries one or more JSON objects, separated by line feeds. An object from the client
//! is a command; from the server it is a reply (`id`), a push, or the empty object, which is a ping and, in
//! return, a pong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{ClientInfo, Error, Publication};

/// Sent as a ping, received as a pong.
pub const EMPTY: &str = "{}";

/// A command. Exactly one of the optional parts is there; none at all is a pong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Command<'a> {
    /// Echoed in the reply; 0 where no reply is wanted.
    pub id: u32,
    #[serde(borrow)]
    pub connect: Option<ConnectRequest<'a>>,
    #[serde(borrow)]
    pub subscribe: Option<SubscribeRequest<'a>>,
    pub unsubscribe: Option<ChannelRequest>,
    #[serde(borrow)]
    pub publish: Option<PublishRequest<'a>>,
    pub presence: Option<ChannelRequest>,
    pub presence_stats: Option<ChannelRequest>,
    pub history: Option<HistoryRequest>,
    pub ping: Option<Ignored>,
    #[serde(borrow)]
    pub send: Option<SendRequest<'a>>,
    #[serde(borrow)]
    pub rpc: Option<RpcRequest<'a>>,
    pub refresh: Option<RefreshRequest>,
    pub sub_refresh: Option<ChannelRequest>,
}

impl Command<'_> {
    /// Whether it has no part: a pong.
    pub fn is_empty(&self) -> bool {
        let Self {
            id: _,
            connect: None,
            subscribe: None,
            unsubscribe: None,
            publish: None,
            presence: None,
            presence_stats: None,
            history: None,
            ping: None,
            send: None,
            rpc: None,
            refresh: None,
            sub_refresh: None,
        } = self
        else {
            return false;
        };
        true
    }
}

/// Anything, unread.
#[derive(Debug, Deserialize)]
pub struct Ignored {}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConnectRequest<'a> {
    pub token: String,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
    /// Positions in server-side subscriptions, to recover from.
    #[serde(borrow)]
    pub subs: BTreeMap<String, SubscribeRequest<'a>>,
    pub name: String,
    pub version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SubscribeRequest<'a> {
    pub channel: String,
    pub recover: bool,
    pub epoch: String,
    pub offset: u64,
    pub join_leave: bool,
    pub flag: u64,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

impl SubscribeRequest<'_> {
    /// Bit of `flag`: answer error 112 instead of `recovered: false`.
    const REJECT_UNRECOVERED: u64 = 2;

    /// Whether the client wants an error when it cannot catch up.
    pub fn rejects_unrecovered(&self) -> bool {
        self.flag & Self::REJECT_UNRECOVERED != 0
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChannelRequest {
    pub channel: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublishRequest<'a> {
    pub channel: String,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HistoryRequest {
    pub channel: String,
    pub limit: i64,
    pub since: Option<Since>,
    pub reverse: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Since {
    pub offset: u64,
    pub epoch: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SendRequest<'a> {
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RpcRequest<'a> {
    pub method: String,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RefreshRequest {
    pub token: String,
}

/// The result part of a reply. Its name in JSON is that of the command.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<'a> {
    Connect(ConnectResult<'a>),
    Subscribe(SubscribeResult<'a>),
    Unsubscribe(Nothing),
    Publish(Nothing),
    Presence(PresenceResult),
    PresenceStats(PresenceStatsResult),
    History(HistoryResult<'a>),
    Ping(Nothing),
    Rpc(RpcResult<'a>),
    Refresh(RefreshResult<'a>),
    SubRefresh(Nothing),
    Error(ErrorResult),
}

/// `{}`.
#[derive(Debug, Serialize)]
pub struct Nothing {}

#[derive(Debug, Serialize)]
pub struct ConnectResult<'a> {
    pub client: &'a str,
    pub version: &'static str,
    #[serde(skip_serializing_if = "is_false")]
    pub expires: bool,
    /// Seconds until the token expires.
    #[serde(skip_serializing_if = "is_zero")]
    pub ttl: u64,
    /// What the client is told to do.
    pub data: &'a RawValue,
    pub subs: BTreeMap<&'a str, SubscribeResult<'a>>,
    /// Seconds between pings.
    pub ping: u64,
    /// Whether pings must be answered.
    pub pong: bool,
    /// Milliseconds since 1970.
    pub time: i64,
}

#[derive(Debug, Serialize)]
pub struct SubscribeResult<'a> {
    #[serde(skip_serializing_if = "is_false")]
    pub recoverable: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub epoch: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    pub offset: u64,
    #[serde(skip_serializing_if = "is_false")]
    pub positioned: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub recovered: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub was_recovering: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub publications: &'a [Publication],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

#[derive(Debug, Serialize)]
pub struct PresenceResult {
    /// By client id.
    pub presence: BTreeMap<String, ClientInfo>,
}

#[derive(Debug, Serialize)]
pub struct PresenceStatsResult {
    pub num_clients: usize,
    pub num_users: usize,
}

#[derive(Debug, Serialize)]
pub struct HistoryResult<'a> {
    pub publications: &'a [Publication],
    pub offset: u64,
    pub epoch: &'a str,
}

#[derive(Debug, Serialize)]
pub struct RpcResult<'a> {
    pub data: &'a RawValue,
}

#[derive(Debug, Serialize)]
pub struct RefreshResult<'a> {
    pub client: &'a str,
    pub version: &'static str,
    pub expires: bool,
    /// Seconds until the new token expires.
    pub ttl: u64,
}

#[derive(Debug, Serialize)]
pub struct ErrorResult {
    pub code: u32,
    pub message: &'static str,
    #[serde(skip_serializing_if = "is_false")]
    pub temporary: bool,
}

impl From<Error> for Outcome<'_> {
    fn from(e: Error) -> Self {
        Self::Error(ErrorResult { code: e.code, message: e.message, temporary: e.temporary })
    }
}

#[derive(Serialize)]
struct Reply<'a> {
    id: u32,
    #[serde(flatten)]
    outcome: &'a Outcome<'a>,
}

/// The reply to command `id`.
pub fn reply(id: u32, outcome: &Outcome<'_>) -> Utf8Bytes {
    encode(&Reply { id, outcome })
}

/// The part of a push that tells its kind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event<'a> {
    Pub(&'a Publication),
    Join { info: &'a ClientInfo },
    Leave { info: &'a ClientInfo },
    Unsubscribe { code: u32, reason: &'static str },
}

#[derive(Serialize)]
struct PushBody<'a> {
    channel: &'a str,
    #[serde(flatten)]
    event: &'a Event<'a>,
}

#[derive(Serialize)]
struct Push<'a> {
    push: PushBody<'a>,
}

/// A push in `channel`, encoded once for all who get it.
pub fn push(channel: &str, event: &Event<'_>) -> Utf8Bytes {
    encode(&Push { push: PushBody { channel, event } })
}

fn encode(value: &impl Serialize) -> Utf8Bytes {
    serde_json::to_string(value).expect("frames are plain structs").into()
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn is_false(b: &bool) -> bool {
    !b
}

/// The commands in a frame. The empty object (a pong) comes out as a command without a part.
///
/// # Errors
/// When one of them is not a command.
pub fn parse(frame: &str) -> Result<Vec<Command<'_>>, serde_json::Error> {
    frame.split('\n').filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect()
}

/// A frame without its first command.
pub fn behind_first(frame: &str) -> Utf8Bytes {
    frame.trim_start().split_once('\n').map_or("", |(_, behind)| behind).into()
}

#[cfg(test)]
mod tests;

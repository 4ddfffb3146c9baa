//! The seam between the protocol and the slices: what a kind of channel means.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;

use super::{ClientInfo, Error, Publication};
use crate::auth::Identity;

/// A position in a channel's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Offset of the last publication seen, 0 before the first.
    pub offset: u64,
    /// The stream that the offset belongs to.
    pub epoch: String,
}

/// The answer to a subscribe command.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    /// Where the stream stands; `None` for channels that store nothing.
    pub position: Option<(u64, String)>,
    /// Whether everything since the asked position is in `publications`.
    pub recovered: bool,
    /// What the client missed, in order; empty unless `recovered`.
    pub publications: Vec<Publication>,
    /// Initial data for the client.
    pub data: Option<Arc<RawValue>>,
    /// Whether subscribers may ask who else is there, and are told who comes and goes.
    pub presence: bool,
}

/// A history command.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// Most publications to return; 0 asks only for the position.
    pub limit: usize,
    /// Start after (or, in reverse, before) this position.
    pub since: Option<Position>,
    /// Newest first.
    pub reverse: bool,
}

/// The answer to a history command.
#[derive(Clone, Debug)]
pub struct History {
    /// Publications in the asked order.
    pub publications: Vec<Publication>,
    /// Offset of the newest publication.
    pub offset: u64,
    /// The stream.
    pub epoch: String,
}

/// A kind of channel: all that start with `<prefix>:`, and the rpc methods that start with `<prefix>.`.
///
/// `who` is the connected account, `channel` the whole name, `client` the connection's id.
pub trait Namespace: Send + Sync {
    /// The part before the colon.
    fn prefix(&self) -> &'static str;

    /// Addresses of its channels, as `openapi/asyncapi.yaml` has them.
    fn channels(&self) -> &'static [&'static str];

    /// Its rpc methods, as `openapi/asyncapi.yaml` has them; others are not found.
    fn methods(&self) -> &'static [&'static str] {
        &[]
    }

    /// Decides about a subscription and catches up from `since`.
    ///
    /// Called after the hub has begun to hold live publications back for this subscriber, so that whatever is
    /// committed after the read here is delivered after this answer: nothing is lost in between, and what both
    /// carry is sent once.
    fn subscribe<'a>(
        &'a self,
        _who: &'a Arc<Identity>,
        _channel: &'a str,
        _since: Option<Position>,
    ) -> BoxFuture<'a, Result<Subscription, Error>> {
        Box::pin(async { Err(Error::UNKNOWN_CHANNEL) })
    }

    /// Takes a client's publication. The slice stores it and publishes it through the hub.
    fn publish<'a>(
        &'a self,
        _who: &'a Arc<Identity>,
        _from: ClientInfo,
        _channel: &'a str,
        _data: &'a RawValue,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Err(Error::PERMISSION_DENIED) })
    }

    /// Pages through the stream.
    fn history<'a>(
        &'a self,
        _who: &'a Arc<Identity>,
        _channel: &'a str,
        _query: HistoryQuery,
    ) -> BoxFuture<'a, Result<History, Error>> {
        Box::pin(async { Err(Error::NOT_AVAILABLE) })
    }

    /// Answers an rpc.
    fn rpc<'a>(
        &'a self,
        _who: &'a Arc<Identity>,
        _from: ClientInfo,
        _method: &'a str,
        _data: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, Error>> {
        Box::pin(async { Err(Error::METHOD_NOT_FOUND) })
    }
}

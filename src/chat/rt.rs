//! The channels `chat:<room>`: catching up, posting, paging, and the rpc methods `chat.typing` and `chat.read`.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Chat;
use super::entity::EventRow;
use super::model::{PREFIX, RoomId};
use super::service::{NewMessage, readable};
use super::store::rooms::Access;
use super::store::{events, unsigned};
use super::text::{Body, Nonce};
use crate::auth::{Identity, Role, Scope};
use crate::realtime::{
    ClientInfo, Error, History, HistoryQuery, Namespace, Position, Publication, Subscription,
};

/// Most publications in one recovery: who missed more reads the messages instead.
const RECOVERY: usize = 300;

/// A message as clients publish it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    body: String,
    #[serde(default)]
    reply_to: Option<Uuid>,
    #[serde(default)]
    nonce: Option<String>,
}

/// Argument of `chat.typing`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typing {
    room_id: String,
}

/// Argument of `chat.read`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    room_id: String,
    offset: u64,
}

impl Namespace for Chat {
    fn prefix(&self) -> &'static str {
        PREFIX
    }

    fn channels(&self) -> &'static [&'static str] {
        &["chat:{room_id}"]
    }

    fn methods(&self) -> &'static [&'static str] {
        &["chat.typing", "chat.read"]
    }

    fn subscribe<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        channel: &'a str,
        since: Option<Position>,
    ) -> BoxFuture<'a, Result<Subscription, Error>> {
        Box::pin(async move {
            let access = self.listener(who, channel).await?;
            self.catch_up(&access, since).await
        })
    }

    fn publish<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        _from: ClientInfo,
        channel: &'a str,
        data: &'a RawValue,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let room = room_of(channel)?;
            may_write(who)?;
            let post: Post = parse(Some(data))?;
            let new = NewMessage {
                body: Body::parse(&post.body).map_err(|_| Error::BAD_REQUEST)?,
                reply_to: post.reply_to,
                nonce: match post.nonce {
                    Some(nonce) => Some(Nonce::parse(&nonce).map_err(|_| Error::BAD_REQUEST)?),
                    None => None,
                },
            };
            self.post(who, room, new, None).await?;
            Ok(())
        })
    }

    fn history<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        channel: &'a str,
        query: HistoryQuery,
    ) -> BoxFuture<'a, Result<History, Error>> {
        Box::pin(async move {
            let access = self.listener(who, channel).await?;
            self.page(&access, query).await
        })
    }

    fn rpc<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        _from: ClientInfo,
        method: &'a str,
        data: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, Error>> {
        Box::pin(async move {
            match method {
                "chat.typing" => {
                    may_write(who)?;
                    let typing: Typing = parse(data)?;
                    self.typing(who, named(&typing.room_id)?).await?;
                }
                "chat.read" => {
                    may(who, Scope::ChatWrite)?;
                    let read: Read = parse(data)?;
                    self.read(who, named(&read.room_id)?, read.offset).await?;
                }
                _ => return Err(Error::METHOD_NOT_FOUND),
            }
            Ok(RawValue::from_string("{}".to_owned()).expect("an empty object is JSON"))
        })
    }
}

/// A name that no room can have is no channel; every other room that one may not see is forbidden, whether or not it
/// is there.
fn room_of(channel: &str) -> Result<RoomId, Error> {
    RoomId::of_channel(channel).ok_or(Error::UNKNOWN_CHANNEL)
}

fn named(room: &str) -> Result<RoomId, Error> {
    RoomId::parse(room).ok_or(Error::BAD_REQUEST)
}

fn may(who: &Identity, scope: Scope) -> Result<(), Error> {
    if who.has_scope(scope) { Ok(()) } else { Err(Error::PERMISSION_DENIED) }
}

fn may_write(who: &Identity) -> Result<(), Error> {
    may(who, Scope::ChatWrite)?;
    if who.role >= Role::Member { Ok(()) } else { Err(Error::PERMISSION_DENIED) }
}

fn parse<T: DeserializeOwned>(data: Option<&RawValue>) -> Result<T, Error> {
    data.and_then(|data| serde_json::from_str(data.get()).ok()).ok_or(Error::BAD_REQUEST)
}

fn publications(rows: Vec<EventRow>) -> Result<Vec<Publication>, Error> {
    let publication =
        |row: EventRow| Publication::from_json(unsigned(row.offset), row.payload).map_err(Error::internal);
    rows.into_iter().map(publication).collect()
}

impl Chat {
    /// The room of a channel, if the caller may listen to it.
    async fn listener(&self, who: &Identity, channel: &str) -> Result<Access, Error> {
        let room = room_of(channel)?;
        may(who, Scope::ChatRead)?;
        Ok(readable(self.db.read(), room, who.user_id).await?)
    }

    /// Whether a client that comes with this epoch speaks of our stream. Without one it trusts us.
    fn is_ours(&self, epoch: &str) -> bool {
        epoch.is_empty() || epoch == self.db.epoch()
    }

    /// All that was published since, or nothing when that is not whole.
    async fn catch_up(&self, access: &Access, since: Option<Position>) -> Result<Subscription, Error> {
        let mut newest = unsigned(access.last_offset);
        let mut missed = None;
        if let Some(since) = since.filter(|s| self.is_ours(&s.epoch) && s.offset <= newest) {
            let rows = events::after(self.db.read(), access.id, since.offset, RECOVERY + 1)
                .await
                .map_err(Error::internal)?;
            // Events may have come after `newest` was read, and trimmed ones are missing at the front.
            let last = rows.last().map_or(since.offset, |row| unsigned(row.offset));
            let whole = rows.len() <= RECOVERY && last >= newest && since.offset + rows.len() as u64 == last;
            if whole {
                newest = last;
                missed = Some(publications(rows)?);
            }
        }
        Ok(Subscription {
            position: Some((newest, self.db.epoch().to_owned())),
            recovered: missed.is_some(),
            publications: missed.unwrap_or_default(),
            presence: true,
            ..Subscription::default()
        })
    }

    async fn page(&self, access: &Access, query: HistoryQuery) -> Result<History, Error> {
        let newest = unsigned(access.last_offset);
        let since = query.since;
        if since.as_ref().is_some_and(|s| !self.is_ours(&s.epoch) || s.offset > newest) {
            return Err(Error::UNRECOVERABLE_POSITION);
        }
        let (db, limit) = (self.db.read(), query.limit);
        let start = since.as_ref().map(|s| s.offset);
        let rows = if query.reverse {
            events::before(db, access.id, start.unwrap_or(u64::MAX), limit).await
        } else {
            events::after(db, access.id, start.unwrap_or(0), limit).await
        };
        let rows = rows.map_err(Error::internal)?;
        // What lay between the position and the first event is no longer kept.
        if let (Some(start), Some(first), false) = (start, rows.first(), query.reverse)
            && unsigned(first.offset) != start + 1
        {
            return Err(Error::UNRECOVERABLE_POSITION);
        }
        let newest = rows.iter().map(|row| unsigned(row.offset)).max().unwrap_or(0).max(newest);
        Ok(History { publications: publications(rows)?, offset: newest, epoch: self.db.epoch().to_owned() })
    }
}

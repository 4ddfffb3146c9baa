//! The channels `user:<id>`: one's own, and nobody publishes into it but the server.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::store::{self, Row, Span};
use super::{Inbox, channel};
use crate::auth::{Identity, Scope};
use crate::realtime::{Error, History, HistoryQuery, Namespace, Position, Publication, Subscription};

impl Namespace for Inbox {
    fn prefix(&self) -> &'static str {
        "user"
    }

    fn channels(&self) -> &'static [&'static str] {
        &["user:{user_id}"]
    }

    fn subscribe<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        name: &'a str,
        since: Option<Position>,
    ) -> BoxFuture<'a, Result<Subscription, Error>> {
        Box::pin(async move {
            own(who, name)?;
            self.catch_up(who, since).await
        })
    }

    fn history<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        name: &'a str,
        query: HistoryQuery,
    ) -> BoxFuture<'a, Result<History, Error>> {
        Box::pin(async move {
            own(who, name)?;
            self.read(who, query).await
        })
    }
}

/// One's own only. It tells of agenda and chat alike, so an API token must be made to read both.
fn own(who: &Identity, name: &str) -> Result<(), Error> {
    let may =
        name == channel(who.user_id) && who.has_scope(Scope::AgendaRead) && who.has_scope(Scope::ChatRead);
    if may { Ok(()) } else { Err(Error::PERMISSION_DENIED) }
}

fn publications(rows: Vec<Row>) -> Result<Vec<Publication>, Error> {
    let publication =
        |r: Row| Publication::from_json(r.offset.unsigned_abs(), r.data).map_err(Error::internal);
    rows.into_iter().map(publication).collect()
}

impl Inbox {
    async fn catch_up(&self, who: &Identity, since: Option<Position>) -> Result<Subscription, Error> {
        let (db, epoch) = (self.db.read(), self.db.epoch());
        let Some(since) = since.filter(|s| self.is_ours(&s.epoch)) else {
            let head = store::head(db, who.user_id).await.map_err(Error::internal)?;
            return Ok(Subscription { position: Some((head, epoch.to_owned())), ..Subscription::default() });
        };
        let rows =
            store::page(db, who.user_id, Span::After(since.offset), KEPT).await.map_err(Error::internal)?;
        let head = match rows.last() {
            Some(row) => row.offset.unsigned_abs(),
            None => store::head(db, who.user_id).await.map_err(Error::internal)?,
        };
        // All or nothing: the first one after the position is there, or the position is the newest.
        let whole = match rows.first() {
            Some(row) => row.offset.unsigned_abs() == since.offset + 1,
            None => head == since.offset,
        };
        Ok(Subscription {
            position: Some((head, epoch.to_owned())),
            recovered: whole,
            publications: if whole { publications(rows)? } else { Vec::new() },
            ..Subscription::default()
        })
    }

    async fn read(&self, who: &Identity, query: HistoryQuery) -> Result<History, Error> {
        let (db, epoch) = (self.db.read(), self.db.epoch());
        let head = store::head(db, who.user_id).await.map_err(Error::internal)?;
        if query.since.as_ref().is_some_and(|s| !self.is_ours(&s.epoch) || s.offset > head) {
            return Err(Error::UNRECOVERABLE_POSITION);
        }
        let span = match (&query.since, query.reverse) {
            (since, false) => Span::After(since.as_ref().map_or(0, |s| s.offset)),
            (Some(since), true) => Span::Before(since.offset),
            (None, true) => Span::Before(u64::MAX),
        };
        let rows = store::page(db, who.user_id, span, query.limit as u64).await.map_err(Error::internal)?;
        let publications = publications(rows)?;
        // Older ones than the first after the position are gone: say so instead of leaving a hole.
        let hole = match (&query.since, publications.first()) {
            (Some(since), Some(first)) if !query.reverse => first.offset != since.offset + 1,
            _ => false,
        };
        if hole {
            return Err(Error::UNRECOVERABLE_POSITION);
        }
        // More may have come since the head was read.
        let newest = publications.iter().map(|p| p.offset).fold(head, u64::max);
        Ok(History { publications, offset: newest, epoch: epoch.to_owned() })
    }

    /// Whether a client that comes with this epoch speaks of our stream. Without one it trusts us.
    fn is_ours(&self, epoch: &str) -> bool {
        epoch.is_empty() || epoch == self.db.epoch()
    }
}

/// As [`super::KEPT`], for a page.
const KEPT: u64 = super::KEPT.unsigned_abs();

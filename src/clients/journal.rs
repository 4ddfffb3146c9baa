//! What happens to installations: noted in memory at once, written in batches, read as a timeline.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use poem_openapi::Enum;
use sea_orm::DbErr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fleet::Fleet;
use super::store::journal;
use crate::auth::Identity;
use crate::observe::metrics;
use crate::realtime::Connection;
use crate::timeline::Ids;

/// Time between two batches.
pub const EVERY: Duration = Duration::from_millis(500);
/// Events that may wait: some seconds of a busy server, at about 500 bytes each.
const WAITING: usize = 20_000;
/// Events in one write job.
const CHUNK: usize = 500;
/// Events kept of one installation.
pub const KEPT: i64 = 2_000;
/// New events of an installation after which the surplus is removed.
const TRIM_EVERY: u32 = 100;
/// Installations whose new events are counted: beyond, counting starts again.
const COUNTED: usize = 50_000;

/// What kind of thing happened
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum EventKind {
    /// A WebSocket opened
    Connected,
    /// A WebSocket ended
    Disconnected,
    /// A request to the API
    Request,
    /// A request to the chat, or a message
    Chat,
    /// A request to the agenda
    Agenda,
    /// Something that an admin did to it
    Admin,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Connected, Self::Disconnected, Self::Request, Self::Chat, Self::Agenda, Self::Admin];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Request => "request",
            Self::Chat => "chat",
            Self::Agenda => "agenda",
            Self::Admin => "admin",
        }
    }

    /// The kind of a request, by the pattern of its path.
    fn of_route(route: &str) -> Self {
        let below = |prefix: &str| {
            route.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if below("/api/chat") {
            Self::Chat
        } else if below("/api/agenda") {
            Self::Agenda
        } else {
            Self::Request
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Happened {
    pub at_ms: i64,
    pub installation: Uuid,
    /// The account that it is about.
    pub user: Option<Uuid>,
    pub kind: EventKind,
    /// One line for people.
    pub summary: String,
    /// An object for programs.
    pub detail: Value,
}

/// Events on their way to the database.
#[derive(Debug, Default)]
pub struct Journal {
    waiting: Mutex<VecDeque<Happened>>,
    /// New events since an installation's were last cut to size.
    counts: Mutex<HashMap<Uuid, u32>>,
    ids: OnceLock<Ids>,
    flushing: tokio::sync::Mutex<()>,
}

impl Journal {
    /// Forgets what waits to be written about these installations, or about this account.
    pub fn forget(&self, installations: &[Uuid], user: Option<Uuid>) {
        let mut waiting = self.waiting.lock().expect("no panic while held");
        waiting.retain(|e| !installations.contains(&e.installation) && (user.is_none() || e.user != user));
    }
}

impl Fleet {
    /// Notes that something happened. Cheap, and never waits.
    pub(super) fn note(
        &self,
        installation: Uuid,
        user: Option<Uuid>,
        kind: EventKind,
        summary: String,
        detail: Value,
    ) {
        let at_ms = self.inner.clock.now_ms();
        let mut waiting = self.inner.journal.waiting.lock().expect("no panic while held");
        if waiting.len() >= WAITING {
            drop(waiting);
            metrics::client_events_dropped(1);
            return;
        }
        waiting.push_back(Happened { at_ms, installation, user, kind, summary, detail });
    }

    /// Notes an answered request of a login whose installation is known. `route` is the pattern of its path.
    pub fn request(&self, who: &Identity, method: &'static str, route: &str, status: u16, took: Duration) {
        // Pages and their files tell nothing about an application.
        if !route.starts_with("/api/") {
            return;
        }
        let Some(installation) = who.session_id().and_then(|session| self.of_session(session)) else {
            return;
        };
        let ms = (took.as_secs_f64() * 1e4).round() / 10.0;
        let detail = json!({"method": method, "route": route, "status": status, "duration_ms": ms});
        let summary = format!("{method} {route} {status}");
        self.note(installation, Some(who.user_id), EventKind::of_route(route), summary, detail);
    }

    /// Notes a message published into a room.
    pub fn published(&self, connection: &Connection, channel: &str) {
        if channel.starts_with("chat:") {
            let summary = format!("Published to {channel}");
            let (user, detail) = (connection.identity.user_id, json!({"channel": channel}));
            self.note(connection.installation, Some(user), EventKind::Chat, summary, detail);
        }
    }

    pub(super) fn note_connected(&self, connection: &Connection) {
        let app = &connection.app;
        let named = [app.app.as_str(), app.app_version.as_str()].join(" ");
        let summary = format!("Connected from {} {}", connection.address, named.trim()).trim().to_owned();
        let detail = json!({
            "client": connection.id, "address": connection.address, "app_version": app.app_version,
            "sdk": format!("{} {}", connection.sdk_name, connection.sdk_version).trim(),
        });
        let user = connection.identity.user_id;
        self.note(connection.installation, Some(user), EventKind::Connected, summary, detail);
    }

    pub(super) fn note_disconnected(&self, connection: &Connection, code: u16, reason: &str) {
        let carried = connection.traffic.read();
        let seconds = (self.inner.clock.now() - connection.connected_at).num_seconds().max(0);
        let because = if reason.is_empty() { String::new() } else { format!(", {reason}") };
        let summary = format!("Disconnected after {seconds} s ({code}{because})");
        let detail = json!({
            "client": connection.id, "code": code, "reason": reason, "duration_seconds": seconds,
            "bytes_in": carried.bytes_in, "bytes_out": carried.bytes_out,
        });
        let user = connection.identity.user_id;
        self.note(connection.installation, Some(user), EventKind::Disconnected, summary, detail);
    }

    /// Notes what an admin did to an installation, whose account is `user`; `detail` is an object.
    pub(super) fn note_admin(
        &self,
        who: &Identity,
        installation: Uuid,
        user: Option<Uuid>,
        did: &str,
        mut detail: Value,
    ) {
        detail["by"] = json!({"id": who.user_id, "username": who.username});
        detail["action"] = did.into();
        let words = did.replace('_', " ");
        let summary = format!("{}: {words}", who.username);
        tracing::info!(installation.id = %installation, user.id = %who.user_id, action = did, "`{}` did `{did}` to the installation `{installation}`", who.username);
        self.note(installation, user, EventKind::Admin, summary, detail);
    }

    /// Writes what happened. Whoever reads next finds it.
    ///
    /// # Errors
    /// When the database fails; what happened waits for the next time, as far as there is place.
    pub(super) async fn write_journal(&self) -> Result<(), DbErr> {
        let journal = &self.inner.journal;
        let _one = journal.flushing.lock().await;
        loop {
            let chunk: Arc<[Happened]> = {
                let mut waiting = journal.waiting.lock().expect("no panic while held");
                let most = waiting.len().min(CHUNK);
                waiting.drain(..most).collect()
            };
            if chunk.is_empty() {
                return Ok(());
            }
            let (fleet, job) = (self.clone(), chunk.clone());
            let written: Result<(), DbErr> = self
                .inner
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let ids = fleet.inner.journal.ids(tx.conn()).await?;
                        let rows: Vec<(i64, &Happened)> =
                            job.iter().map(|e| (ids.next(e.at_ms), e)).collect();
                        journal::append(tx.conn(), &rows).await?;
                        fleet.trim_busy(tx.conn(), &job).await
                    })
                })
                .await;
            if let Err(e) = written {
                let mut waiting = journal.waiting.lock().expect("no panic while held");
                let place = WAITING.saturating_sub(waiting.len());
                metrics::client_events_dropped(chunk.len().saturating_sub(place));
                chunk.iter().rev().take(place).for_each(|e| waiting.push_front(e.clone()));
                return Err(e);
            }
        }
    }

    /// Cuts the events of installations to size that have had many since the last time.
    async fn trim_busy(&self, conn: &impl sea_orm::ConnectionTrait, new: &[Happened]) -> Result<(), DbErr> {
        let busy: Vec<Uuid> = {
            let mut counts = self.inner.journal.counts.lock().expect("no panic while held");
            if counts.len() > COUNTED {
                counts.clear();
            }
            new.iter().for_each(|e| *counts.entry(e.installation).or_default() += 1);
            let busy = counts.iter().filter(|(_, n)| **n >= TRIM_EVERY).map(|(id, _)| *id).collect();
            counts.retain(|_, n| *n < TRIM_EVERY);
            busy
        };
        for installation in busy {
            journal::trim(conn, installation, KEPT).await?;
        }
        Ok(())
    }
}

impl Journal {
    /// The source of ids, which goes on after what the table holds.
    async fn ids(&self, conn: &impl sea_orm::ConnectionTrait) -> Result<&Ids, DbErr> {
        if self.ids.get().is_none() {
            // Only a write job asks, and there is one at a time.
            let last = journal::last(conn).await?;
            return Ok(self.ids.get_or_init(|| Ids::after(last)));
        }
        Ok(self.ids.get_or_init(|| Ids::after(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_by_their_route() {
        for (route, kind) in [
            ("/api/chat/rooms/{room_id}", EventKind::Chat),
            ("/api/agenda", EventKind::Agenda),
            ("/api/agendas", EventKind::Request),
            ("/api/users", EventKind::Request),
        ] {
            assert_eq!(EventKind::of_route(route), kind, "{route}");
        }
    }
}

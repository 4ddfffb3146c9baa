//! The task that sends reminders, each once.
//!
//! Two durable steps. What came due becomes rows, one per account, in the transaction that moves the event's next
//! due time on: so nothing is due twice, and nothing is lost while the server is down. A row then waits until its
//! account is connected, and becomes a message of its inbox in the transaction that deletes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::due::{self, Due};
use super::entity::reminder;
use super::error::AgendaError;
use super::model::{Event, Response, Who};
use super::row::{self, local, local_ms};
use super::service::{Agenda, first_reminder};
use super::store::reminders::{self as stored, Looked};
use super::{live, store};
use crate::auth::Credential;
use crate::inbox;
use crate::realtime::Connection;

/// A reminder older than this is not sent any more: the event is long past.
const LOOK_BACK: TimeDelta = TimeDelta::days(7);
/// Events or reminders of one write.
const BATCH: u64 = 100;
/// How often it is looked whether somebody for whom a reminder waits has connected.
const PRESENCE: TimeDelta = TimeDelta::seconds(1);
/// The longest sleep; whatever is written wakes the task earlier.
const IDLE: TimeDelta = TimeDelta::hours(1);
/// The pause after a failure of the database.
const RETRY: TimeDelta = TimeDelta::seconds(5);

/// Sends reminders until `stop`.
pub async fn run(agenda: Agenda, stop: CancellationToken) {
    let mut waiting = Waiting::default();
    while !stop.is_cancelled() {
        let woken = agenda.wake.notified();
        let until = match waiting.turn(&agenda).await {
            Ok(until) => until,
            Err(error) => {
                tracing::warn!(error = %error, "Reminders are put off: {error}");
                agenda.clock.now() + RETRY
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = woken => {}
            () = agenda.clock.sleep_until(until) => {}
        }
    }
}

/// The accounts for which reminders wait; the rows are the truth, this saves asking for them.
#[derive(Default)]
struct Waiting {
    users: BTreeSet<Uuid>,
    loaded: bool,
}

impl Waiting {
    /// Does what there is to do, and says when to come back.
    async fn turn(&mut self, agenda: &Agenda) -> Result<DateTime<Utc>, AgendaError> {
        if !self.loaded {
            self.users = forget_old(agenda).await?;
            self.loaded = true;
        }
        while let Some(users) = collect(agenda).await? {
            self.users.extend(users);
        }
        for user in self.present(agenda) {
            if deliver(agenda, user).await? {
                self.users.remove(&user);
            }
        }
        let now = agenda.clock.now();
        let next = stored::next_due(agenda.db.read()).await?.unwrap_or(now + IDLE).min(now + IDLE);
        Ok(if self.users.is_empty() { next } else { next.min(now + PRESENCE) })
    }

    /// Those of them who are there: logged in, and told what is published from now on. Who is still catching up would
    /// find a reminder in the history instead of being told. A program with an API token reminds nobody.
    fn present(&self, agenda: &Agenda) -> Vec<Uuid> {
        let is_login = |c: &Arc<Connection>| matches!(c.identity.credential, Credential::Session { .. });
        let there = |user: &Uuid| agenda.hub.listeners(&inbox::channel(*user)).iter().any(is_login);
        self.users.iter().copied().filter(there).collect()
    }
}

/// Drops reminders that are too old; gives the accounts for which others wait.
async fn forget_old(agenda: &Agenda) -> Result<BTreeSet<Uuid>, AgendaError> {
    let oldest = (agenda.clock.now() - LOOK_BACK).timestamp_millis();
    agenda
        .db
        .write(move |tx| {
            Box::pin(async move {
                stored::forget(tx.conn(), oldest).await?;
                Ok(stored::awaited(tx.conn()).await?)
            })
        })
        .await
}

/// Makes rows of what is due, for some events; gives the accounts concerned, or `None` when nothing was due.
async fn collect(agenda: &Agenda) -> Result<Option<BTreeSet<Uuid>>, AgendaError> {
    let now = crate::clock::from_ms(agenda.clock.now_ms());
    let due = stored::due(agenda.db.read(), now, BATCH).await?;
    if due.is_empty() {
        return Ok(None);
    }
    let zones = Arc::new(store::zones_by_account(agenda.db.read()).await?);
    let clocks = zones.clone();
    let people = agenda.people.clone();
    let ready = tokio::task::spawn_blocking(move || {
        let mut all_zones: Vec<Tz> = clocks.values().copied().chain([Tz::UTC]).collect();
        all_zones.sort_by_key(|zone| zone.name());
        all_zones.dedup();
        let ready = due.into_iter().map(|row| {
            let looked_at = Looked { id: row.id, version: row.version, due_ms: row.next_reminder };
            let since = row.next_reminder.map_or(now, crate::clock::from_ms) - TimeDelta::milliseconds(1);
            // A damaged event is not looked at again: it would stop the reminders of all others.
            let Some(event) = row::readable(row) else { return (looked_at, Vec::new(), None) };
            let rows =
                rows(&event, since.max(now - LOOK_BACK), now, |user| clocks.get(&user).copied(), &people);
            let next = first_reminder(&event.plan, now, &all_zones);
            (looked_at, rows, next)
        });
        ready.collect::<Vec<_>>()
    });
    let ready = ready.await?;
    agenda
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mut users = BTreeSet::new();
                if store::zones_by_account(tx.conn()).await? != *zones {
                    // Somebody chose another clock meanwhile: the next turn reads by that one.
                    return Ok(Some(users));
                }
                for (looked_at, rows, next) in ready {
                    // An event that was changed meanwhile has a new due time: leave it to the next turn.
                    if stored::move_on(tx.conn(), &looked_at, next).await? {
                        users.extend(rows.iter().map(|row| row.user_id));
                        stored::insert(tx.conn(), rows).await?;
                    }
                }
                Ok(Some(users))
            })
        })
        .await
}

/// What is due between `since` and `now`, for everyone concerned but those who declined.
fn rows(
    event: &Event,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    zone: impl Fn(Uuid) -> Option<Tz>,
    people: &super::people::People,
) -> Vec<reminder::Model> {
    let declined: BTreeSet<Uuid> = event
        .plan
        .attendees
        .iter()
        .filter_map(|attendee| match attendee.who {
            Who::Account(id) if attendee.response == Response::Declined => Some(id),
            _ => None,
        })
        .collect();
    let mut by_zone: BTreeMap<&'static str, Vec<Due>> = BTreeMap::new();
    let mut rows = Vec::new();
    for user_id in live::audience(event, people).difference(&declined).filter(|id| people.is_active(**id)) {
        let zone = event.plan.when.zone().or_else(|| zone(*user_id)).unwrap_or(Tz::UTC);
        let dues = by_zone.entry(zone.name()).or_insert_with(|| due::between(&event.plan, since, now, zone));
        rows.extend(dues.iter().map(|due| reminder::Model {
            user_id: *user_id,
            event_id: event.id,
            occurrence_local: local_ms(due.occurrence),
            minutes: i64::from(due.minutes),
            due_at: due.at.timestamp_millis(),
        }));
    }
    rows
}

/// Publishes what waits for an account that is connected. Whether that was all.
async fn deliver(agenda: &Agenda, user: Uuid) -> Result<bool, AgendaError> {
    let rows = stored::waiting(agenda.db.read(), user, BATCH).await?;
    let all = (rows.len() as u64) < BATCH;
    if rows.is_empty() {
        return Ok(all);
    }
    let zone = store::zone(agenda.db.read(), user).await?;
    let oldest = (agenda.clock.now() - LOOK_BACK).timestamp_millis();
    let mut messages = Vec::new();
    for row in rows.iter().filter(|row| row.due_at >= oldest) {
        let due = Due {
            at: crate::clock::from_ms(row.due_at),
            occurrence: local(row.occurrence_local),
            minutes: u32::try_from(row.minutes).unwrap_or(0),
        };
        let found = store::find(agenda.db.read(), row.event_id).await?;
        let found = found.filter(|event| event.visible_to(user));
        messages.extend(found.and_then(|event| live::reminder(&event, &due, zone)));
    }
    let inbox = agenda.inbox.clone();
    agenda
        .db
        .write(move |tx| {
            Box::pin(async move {
                for row in &rows {
                    stored::remove(tx.conn(), row).await?;
                }
                for message in messages {
                    inbox.push(tx, &[user], &message).await?;
                }
                Ok(all)
            })
        })
        .await
}

//! What the agenda does: every rule about who may do what, each change with its durable write and its live word.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sea_orm::ConnectionTrait;
use tokio::sync::Notify;
use uuid::Uuid;

use super::error::AgendaError;
use super::model::{Event, Label, Plan, Who};
use super::occurrences::{self, Occurrence};
use super::people::People;
use super::row::local_ms;
use super::text::Uid;
use super::{due, live, shared, store};
use crate::auth::{Auth, Identity, Role};
use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::idempotency::{self, Key, KeyError};
use crate::inbox::Inbox;
use crate::realtime::Hub;

/// Events that one account owns: decades of appointments.
pub const MAX_OWNED: u64 = 10_000;
/// Events that one window may touch; expanding that many takes about a tenth of a second.
const MAX_WINDOW_EVENTS: u64 = 5_000;

/// The agenda. Clones share everything.
#[derive(Clone)]
pub struct Agenda {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) hub: Hub,
    pub(super) inbox: Inbox,
    pub(super) people: People,
    /// Tells the reminder task that something may be due earlier than it thinks.
    pub(super) wake: Arc<Notify>,
}

/// Where a list of occurrences stands: start in milliseconds, event, occurrence.
pub type Position = (i64, Uuid, i64);

/// What becomes of an event.
pub enum Outcome {
    Replace(Box<Plan>),
    Split { before: Box<Plan>, after: Box<Plan> },
    Delete,
}

impl Outcome {
    pub fn replace(plan: Plan) -> Self {
        Self::Replace(plan.into())
    }
}

/// A change that only needs to be written: the event as it is, what takes its place, and what comes beside it.
struct Decided {
    old: Event,
    replaced: Option<Event>,
    added: Option<Event>,
}

/// The versions that an editing call accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// `If-Match: *`: whichever is there.
    Any,
    OneOf(Vec<i64>),
}

impl Agenda {
    /// An agenda over these.
    pub fn new(db: &Db, clock: &Clock, hub: &Hub, inbox: &Inbox, auth: &Auth) -> Self {
        Self {
            db: db.clone(),
            clock: clock.clone(),
            hub: hub.clone(),
            inbox: inbox.clone(),
            people: People::new(auth.clone()),
            wake: Arc::new(Notify::new()),
        }
    }

    pub fn people(&self) -> &People {
        &self.people
    }

    /// Up to `limit` occurrences that overlap the window, by start, after `after`, and where to go on.
    pub async fn list(
        &self,
        user: Uuid,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        reader: Tz,
        limit: usize,
        after: Option<Position>,
    ) -> Result<(Vec<(Arc<Event>, Occurrence)>, Option<Position>), AgendaError> {
        let events =
            store::visible_between(self.db.read(), user, from, Some(to), MAX_WINDOW_EVENTS + 1).await?;
        if events.len() as u64 > MAX_WINDOW_EVENTS {
            return Err(AgendaError::WindowTooFull);
        }
        // Later pages need not search again what lies before them.
        let from = after.map_or(from, |(starts_ms, ..)| from.max(crate::clock::from_ms(starts_ms)));
        let position = |event: &Event, found: &Occurrence| {
            (found.starts_at.timestamp_millis(), event.id, local_ms(found.id))
        };
        let mut found = tokio::task::spawn_blocking(move || {
            let mut all: Vec<(Arc<Event>, Occurrence)> = Vec::new();
            for event in events {
                let event = Arc::new(event);
                let wanted = |found: &Occurrence| after.is_none_or(|after| position(&event, found) > after);
                let some = occurrences::within(&event.plan, (from, to), reader, limit + 1, wanted);
                all.extend(some.into_iter().map(|found| (event.clone(), found)));
            }
            all.sort_by_key(|(event, found)| position(event, found));
            all.truncate(limit + 1);
            all
        })
        .await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(event, found)| position(event, found));
        Ok((found, next))
    }

    /// An event that the user sees.
    pub async fn find(&self, user: Uuid, id: Uuid) -> Result<Event, AgendaError> {
        seen(self.db.read(), user, id).await
    }

    /// Makes an event. The same key again gives the event that it made.
    pub async fn create(&self, who: &Identity, plan: Plan, key: Option<Key>) -> Result<Event, AgendaError> {
        self.check_attendees(&plan)?;
        let (owner, role) = (who.user_id, who.role);
        let event = self.new_event(owner, plan);
        let agenda = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(id) = idempotency::made(tx, key.as_ref(), agenda.clock.now_ms()).await? {
                        return match seen(tx.conn(), owner, id).await {
                            Err(AgendaError::NotFound) => Err(KeyError::Spent.into()),
                            found => found,
                        };
                    }
                    if store::owned(tx.conn(), owner).await? >= MAX_OWNED {
                        return Err(AgendaError::Full);
                    }
                    shared::check(tx, role, agenda.now(), None, &event).await?;
                    let zones = store::zones(tx.conn()).await?;
                    let next = first_reminder(&event.plan, event.created_at, &zones);
                    store::insert(tx.conn(), &event, next).await?;
                    idempotency::keep(tx, key.as_ref(), 201, event.id, agenda.clock.now_ms()).await?;
                    agenda.tell(tx, None, Some(&event)).await?;
                    Ok(event)
                })
            })
            .await
    }

    /// Changes an event that the caller may change and that still is at a version which `expected` accepts.
    /// `decide` sees the event as it is. Gives what is there afterwards: the new series, where one was split.
    pub async fn change(
        &self,
        who: &Identity,
        id: Uuid,
        expected: Option<Precondition>,
        decide: impl FnOnce(&Plan) -> Result<Outcome, AgendaError> + Send + 'static,
    ) -> Result<Option<Event>, AgendaError> {
        let (agenda, user, role) = (self.clone(), who.user_id, who.role);
        // Deciding is work that need not keep the writer, but only there it is known which version is the last.
        let decided = match expected {
            Some(Precondition::Any) => Err(decide),
            expected => {
                let old = self.find(user, id).await?;
                Ok(self.decided((user, role), expected.as_ref(), old, decide)?)
            }
        };
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let decided = match decided {
                        Ok(decided) => decided,
                        Err(decide) => {
                            let old = seen(tx.conn(), user, id).await?;
                            agenda.decided((user, role), Some(&Precondition::Any), old, decide)?
                        }
                    };
                    agenda.carry_out(tx, role, decided).await
                })
            })
            .await
    }

    fn decided(
        &self,
        (user, role): (Uuid, Role),
        expected: Option<&Precondition>,
        old: Event,
        decide: impl FnOnce(&Plan) -> Result<Outcome, AgendaError>,
    ) -> Result<Decided, AgendaError> {
        allow(&old.label(), (user, role), expected)?;
        let (replaced, added) = match decide(&old.plan)? {
            Outcome::Replace(plan) => (Some(*plan), None),
            Outcome::Split { before, after } => (Some(*before), Some(*after)),
            Outcome::Delete => (None, None),
        };
        let replaced = replaced.map(|plan| self.next_version(&old, plan));
        let added = added.map(|plan| self.new_event(old.owner_id, plan));
        for event in replaced.iter().chain(&added) {
            self.check_attendees(&event.plan)?;
        }
        Ok(Decided { old, replaced, added })
    }

    async fn carry_out(
        &self,
        tx: &Tx,
        role: Role,
        Decided { old, replaced, added }: Decided,
    ) -> Result<Option<Event>, AgendaError> {
        let (zones, since) = (store::zones(tx.conn()).await?, self.reminded_until(tx, old.id).await?);
        let next = |event: &Event| first_reminder(&event.plan, since, &zones);
        let written = match &replaced {
            Some(event) => {
                shared::check(tx, role, self.now(), Some(&old), event).await?;
                store::update(tx.conn(), event, old.version, next(event)).await?
            }
            None => store::delete(tx.conn(), old.id, old.version).await?,
        };
        if !written {
            return Err(AgendaError::Changed);
        }
        self.tell(tx, Some(&old), replaced.as_ref()).await?;
        let Some(event) = added else { return Ok(replaced) };
        if store::owned(tx.conn(), event.owner_id).await? >= MAX_OWNED {
            return Err(AgendaError::Full);
        }
        shared::check(tx, role, self.now(), None, &event).await?;
        store::insert(tx.conn(), &event, next(&event)).await?;
        self.tell(tx, None, Some(&event)).await?;
        Ok(Some(event))
    }

    /// Deletes an event as a whole, also one whose row is damaged.
    pub async fn delete(
        &self,
        who: &Identity,
        id: Uuid,
        expected: Option<Precondition>,
    ) -> Result<(), AgendaError> {
        let (agenda, user, role) = (self.clone(), who.user_id, who.role);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let label = store::label(tx.conn(), id).await?.filter(|label| label.visible_to(user));
                    let label = label.ok_or(AgendaError::NotFound)?;
                    allow(&label, (user, role), expected.as_ref())?;
                    store::delete(tx.conn(), id, label.version).await?;
                    live::deleted(tx, &agenda.inbox, &agenda.people, &label).await?;
                    agenda.wake_after(tx);
                    Ok(())
                })
            })
            .await
    }

    pub(super) fn new_event(&self, owner_id: Uuid, plan: Plan) -> Event {
        let (id, now) = (crate::id::new(&self.clock), self.now());
        Event { id, uid: Uid::of(id), owner_id, plan, version: 1, created_at: now, updated_at: now }
    }

    pub(super) fn next_version(&self, old: &Event, plan: Plan) -> Event {
        Event { plan, version: old.version + 1, updated_at: self.now(), ..old.clone() }
    }

    /// The present, as exact as the database keeps it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        crate::clock::from_ms(self.clock.now_ms())
    }

    /// Until when the event's reminders are collected: now, or just before one that is due and still to be collected,
    /// which a change must not pass over.
    pub(super) async fn reminded_until(&self, tx: &Tx, id: Uuid) -> Result<DateTime<Utc>, AgendaError> {
        let pending = store::next_reminder(tx.conn(), id).await?;
        let now = self.now();
        Ok(pending.map_or(now, |at| now.min(at - TimeDelta::milliseconds(1))))
    }

    fn check_attendees(&self, plan: &Plan) -> Result<(), AgendaError> {
        let unknown = plan.attendees.iter().enumerate().find_map(|(at, attendee)| match attendee.who {
            Who::Account(id) if self.people.find(id).is_none() => Some(at),
            _ => None,
        });
        match unknown {
            None => Ok(()),
            Some(at) => Err(AgendaError::field(&format!("attendees[{at}].user_id"), "names no account")),
        }
    }

    /// Tells everyone concerned and, once it is durable, the reminder task.
    pub(super) async fn tell(
        &self,
        tx: &Tx,
        before: Option<&Event>,
        after: Option<&Event>,
    ) -> Result<(), AgendaError> {
        live::changed(tx, &self.inbox, &self.people, before, after).await?;
        self.wake_after(tx);
        Ok(())
    }

    pub(super) fn wake_after(&self, tx: &Tx) {
        let wake = self.wake.clone();
        tx.after_commit(move || wake.notify_one());
    }
}

/// The event, if the user sees it.
async fn seen(db: &impl ConnectionTrait, user: Uuid, id: Uuid) -> Result<Event, AgendaError> {
    store::find(db, id).await?.filter(|event| event.visible_to(user)).ok_or(AgendaError::NotFound)
}

/// Whether an account may change the event, and means the version that is there.
fn allow(
    label: &Label,
    (user, role): (Uuid, Role),
    expected: Option<&Precondition>,
) -> Result<(), AgendaError> {
    if !label.editable_by(user, role == Role::Admin) {
        return Err(AgendaError::NotYours);
    }
    if !expected.ok_or(AgendaError::NoPrecondition)?.accepts(label.version) {
        return Err(AgendaError::Changed);
    }
    Ok(())
}

/// When the first reminder after `now` is due, read on any of `zones`.
pub(super) fn first_reminder(plan: &Plan, now: DateTime<Utc>, zones: &[Tz]) -> Option<DateTime<Utc>> {
    // The clock of the reader matters only to events without one of their own.
    let zones = if plan.when.zone().is_some() { &[Tz::UTC] } else { zones };
    zones.iter().filter_map(|zone| due::next(plan, now, *zone)).min()
}

impl Precondition {
    /// Reads `If-Match`. Weak tags never match, as RFC 9110 has it.
    pub fn parse(header: &str) -> Self {
        if header.trim() == "*" {
            return Self::Any;
        }
        let version = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        Self::OneOf(header.split(',').filter_map(version).collect())
    }

    fn accepts(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

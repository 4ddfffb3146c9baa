//! Calendars of other programs: importing their files, and the feed that they subscribe to.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::entity::feed;
use super::error::AgendaError;
use super::ical::{self, Problem};
use super::model::{Event, Plan, Visibility, Who};
use super::service::{Agenda, MAX_OWNED, first_reminder};
use super::shared::{Allowance, MAX_SHARED};
use super::text::Uid;
use super::{live, store};
use crate::auth::{Identity, Role};
use crate::db::Tx;

/// Events of one write: about a tenth of a second, in which other writes wait.
const CHUNK: usize = 200;
/// Up to so many events each are told to clients one by one; more are told as one "read it again".
const TOLD_SINGLY: usize = 50;
/// A feed goes back so far.
const FEED_PAST: TimeDelta = TimeDelta::days(400);
/// Most events of a feed.
const MAX_FEED: u64 = 10_000;

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub created: u32,
    pub updated: u32,
    pub unchanged: u32,
    pub problems: Vec<Problem>,
}

/// One event of a file, ready to be written.
struct Ready {
    uid: Uid,
    plan: Plan,
    next_reminder: Option<DateTime<Utc>>,
}

impl Agenda {
    /// Brings a calendar file in. Events that came in before, by UID, are updated.
    pub async fn import(
        &self,
        who: &Identity,
        text: String,
        visibility: Visibility,
    ) -> Result<Report, AgendaError> {
        let importer = (who.user_id, who.role);
        let zones = store::zones(self.db.read()).await?;
        let (now, people) = (self.clock.now(), self.people.clone());
        let clocks = zones.clone();
        let (ready, mut problems) = tokio::task::spawn_blocking(move || {
            let mut import = ical::read(&text, visibility)?;
            let mut ready = Vec::with_capacity(import.events.len());
            for (uid, mut plan) in import.events {
                let invited = plan.attendees.len();
                plan.attendees.retain(|attendee| match attendee.who {
                    Who::Account(id) => people.find(id).is_some(),
                    Who::Email(_) => true,
                });
                if plan.attendees.len() < invited {
                    import.problems.push(problem(
                        &uid,
                        &plan,
                        "came in without attendees whose accounts are not here",
                        false,
                    ));
                }
                let next_reminder = first_reminder(&plan, now, &clocks);
                ready.push(Ready { uid, plan, next_reminder });
            }
            Ok::<_, AgendaError>((ready, import.problems))
        })
        .await??;
        let mut report = Report::default();
        let singly = ready.len() <= TOLD_SINGLY;
        let mut ready = ready.into_iter().peekable();
        while ready.peek().is_some() {
            let chunk: Vec<Ready> = ready.by_ref().take(CHUNK).collect();
            let (agenda, zones) = (self.clone(), zones.clone());
            let part = self.db.write(move |tx| {
                Box::pin(async move { agenda.import_chunk(tx, importer, chunk, (now, &zones), singly).await })
            });
            let part: Report = part.await?;
            report.created += part.created;
            report.updated += part.updated;
            report.unchanged += part.unchanged;
            problems.extend(part.problems);
        }
        report.problems = problems;
        Ok(report)
    }

    async fn import_chunk(
        &self,
        tx: &Tx,
        (owner, role): (Uuid, Role),
        chunk: Vec<Ready>,
        (foreseen_at, foreseen_on): (DateTime<Utc>, &[Tz]),
        singly: bool,
    ) -> Result<Report, AgendaError> {
        let zones = store::zones(tx.conn()).await?;
        let mut report = Report::default();
        let mut touched = Vec::new();
        let mut owned = store::owned(tx.conn(), owner).await?;
        let mut allowance = Allowance::of(tx, owner, role, self.now()).await?;
        for Ready { uid, mut plan, next_reminder } in chunk {
            let before = match store::by_uid(tx.conn(), owner, &uid).await?.transpose() {
                Ok(before) => before,
                Err(store::Damaged) => {
                    let message = "is in the agenda already, and damaged there: delete that one first";
                    report.problems.push(problem(&uid, &plan, message, true));
                    continue;
                }
            };
            let after = match &before {
                Some(old) => {
                    // Who sees it was decided here, not in the file.
                    plan.visibility = old.plan.visibility;
                    if old.plan == plan {
                        report.unchanged += 1;
                        continue;
                    }
                    self.next_version(old, plan)
                }
                None if store::uid_of_another(tx.conn(), owner, &uid).await? => {
                    report.problems.push(problem(
                        &uid,
                        &plan,
                        "is in the agenda already, as somebody else's",
                        true,
                    ));
                    continue;
                }
                None if owned >= MAX_OWNED => {
                    let message = format!("an account owns {MAX_OWNED} events at most");
                    report.problems.push(problem(&uid, &plan, &message, true));
                    continue;
                }
                None => Event { uid, ..self.new_event(owner, plan) },
            };
            if !allowance.take(before.as_ref(), &after) {
                let message = format!("an account owns {MAX_SHARED} events that others see at most");
                report.problems.push(problem(&after.uid, &after.plan, &message, true));
                continue;
            }
            match &before {
                Some(_) => report.updated += 1,
                None => {
                    owned += 1;
                    report.created += 1;
                }
            }
            let since = match &before {
                Some(old) => self.reminded_until(tx, old.id).await?,
                None => foreseen_at,
            };
            // What was foreseen outside holds, unless somebody chose another clock, an older reminder still waits, or
            // this one was collected meanwhile.
            let ahead = since >= foreseen_at && next_reminder.is_none_or(|next| next > since);
            let next_reminder = if zones == foreseen_on && ahead {
                next_reminder
            } else {
                first_reminder(&after.plan, since, &zones)
            };
            match &before {
                Some(old) => drop(store::update(tx.conn(), &after, old.version, next_reminder).await?),
                None => store::insert(tx.conn(), &after, next_reminder).await?,
            }
            if singly {
                self.tell(tx, before.as_ref(), Some(&after)).await?;
            } else {
                touched.extend(before.into_iter().chain([after]));
            }
        }
        if !touched.is_empty() {
            live::reload(tx, &self.inbox, &self.people, &touched).await?;
            self.wake_after(tx);
        }
        Ok(report)
    }

    /// Since when the user has a feed.
    pub async fn feed(&self, user: Uuid) -> Result<Option<DateTime<Utc>>, AgendaError> {
        Ok(store::feed(self.db.read(), user).await?.map(crate::clock::from_ms))
    }

    /// Makes the user's feed, or gives it a new secret: the former address stops working. Gives the secret.
    pub async fn rotate_feed(&self, user: Uuid) -> Result<(String, DateTime<Utc>), AgendaError> {
        let secret = crate::id::secret();
        let created_at = self.clock.now_ms();
        let row = feed::Model { user_id: user, digest: crate::id::digest(&secret).to_vec(), created_at };
        self.db
            .write(move |tx| {
                Box::pin(async move { store::set_feed(tx.conn(), row).await.map_err(AgendaError::from) })
            })
            .await?;
        Ok((secret, crate::clock::from_ms(created_at)))
    }

    /// Ends the user's feed.
    pub async fn revoke_feed(&self, user: Uuid) -> Result<(), AgendaError> {
        let existed = self
            .db
            .write(move |tx| {
                Box::pin(async move { store::delete_feed(tx.conn(), user).await.map_err(AgendaError::from) })
            })
            .await?;
        if existed { Ok(()) } else { Err(AgendaError::NotFound) }
    }

    /// The calendar behind a secret: everything that its owner sees, from [`FEED_PAST`] on.
    pub async fn calendar(&self, secret: &str) -> Result<String, AgendaError> {
        let owner = store::feed_owner(self.db.read(), crate::id::digest(secret)).await?;
        let owner = owner.filter(|id| self.people.is_active(*id)).and_then(|id| self.people.find(id));
        let owner = owner.ok_or(AgendaError::NotFound)?;
        let now = self.clock.now();
        let events =
            store::visible_between(self.db.read(), owner.id, now - FEED_PAST, None, MAX_FEED).await?;
        let people = self.people.clone();
        let written = tokio::task::spawn_blocking(move || {
            let accounts = |id: Uuid| people.find(id).map(|person| person.name);
            ical::write(&events, &ical::Feed { name: &owner.name, accounts: &accounts, now })
        });
        Ok(written.await?)
    }

    /// The clock on which the user's floating and all-day events happen.
    pub async fn zone(&self, user: Uuid) -> Result<Tz, AgendaError> {
        Ok(store::zone(self.db.read(), user).await?)
    }

    /// Sets that clock. Reminders that it makes due earlier come earlier.
    pub async fn set_zone(&self, user: Uuid, zone: Tz) -> Result<(), AgendaError> {
        // First the clock, then what was there before it: whoever writes an event in between knows the clock already.
        self.db
            .write(move |tx| {
                Box::pin(
                    async move { store::set_zone(tx.conn(), user, zone).await.map_err(AgendaError::from) },
                )
            })
            .await?;
        let now = self.clock.now();
        let events = store::floating(self.db.read(), user, now).await?;
        let earlier = tokio::task::spawn_blocking(move || {
            let sooner = |(event, next): (Event, Option<i64>)| {
                let at = first_reminder(&event.plan, now, &[zone])?;
                let sooner = next.is_none_or(|next| at.timestamp_millis() < next);
                sooner.then_some((event.id, next, at))
            };
            events.into_iter().filter_map(sooner).collect::<Vec<_>>()
        })
        .await?;
        let wake = self.wake.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    for (event, seen, at) in earlier {
                        store::remind_by(tx.conn(), event, seen, at).await?;
                    }
                    tx.after_commit(move || wake.notify_one());
                    Ok(())
                })
            })
            .await
    }
}

fn problem(uid: &Uid, plan: &Plan, message: &str, skipped: bool) -> Problem {
    Problem {
        uid: Some(uid.as_str().into()),
        title: Some(plan.title.as_str().into()),
        message: message.into(),
        skipped,
    }
}

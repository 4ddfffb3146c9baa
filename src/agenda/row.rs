//! An event as a row of its table, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use sea_orm::{DbErr, Set};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entity::event;
use super::model::{Attendee, Change, Event, Label, Plan, Recurrence, Reminders, Response, Visibility, Who};
use super::occurrences;
use super::recurrence::Series;
use super::rule::Rule;
use super::text::{Color, Email, Name, Notes, Place, Text, Title, Uid};
use super::when::When;
use crate::clock;

/// Milliseconds of a wall clock.
pub fn local_ms(local: NaiveDateTime) -> i64 {
    local.and_utc().timestamp_millis()
}

/// The wall clock of [`local_ms`].
pub fn local(ms: i64) -> NaiveDateTime {
    clock::from_ms(ms).naive_utc()
}

#[derive(Serialize, Deserialize)]
struct StoredAttendee {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    response: Response,
}

#[derive(Default, Serialize, Deserialize)]
struct StoredExceptions {
    #[serde(default)]
    excluded: Vec<i64>,
    #[serde(default)]
    changed: Vec<StoredChange>,
}

/// An empty text stands for one that was taken away.
#[derive(Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct StoredChange {
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reminders: Option<Vec<u32>>,
    /// Local start in milliseconds, length in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<(i64, i64)>,
}

fn words<const MAX: usize, const LINES: bool>(text: Option<&Text<MAX, LINES>>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

fn removable<const MAX: usize, const LINES: bool>(text: &Option<Option<Text<MAX, LINES>>>) -> Option<String> {
    text.as_ref().map(|text| words(text.as_ref()).unwrap_or_default())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain structs are JSON")
}

/// The row of an event.
pub fn write(event: &Event, next_reminder: Option<DateTime<Utc>>) -> event::ActiveModel {
    let plan = &event.plan;
    let attendees: Vec<StoredAttendee> = plan.attendees.iter().map(stored_attendee).collect();
    let (span_start, span_end) = occurrences::span(plan);
    let recurrence = plan.recurrence.as_ref();
    event::ActiveModel {
        id: Set(event.id),
        owner_id: Set(event.owner_id),
        uid: Set(event.uid.as_str().to_owned()),
        title: Set(plan.title.as_str().to_owned()),
        start_local: Set(local_ms(plan.when.start())),
        length_seconds: Set(plan.when.length().num_seconds()),
        all_day: Set(plan.when.all_day()),
        time_zone: Set(plan.when.zone().map(|zone| zone.name().to_owned())),
        place: Set(words(plan.place.as_ref())),
        notes: Set(words(plan.notes.as_ref())),
        color: Set(plan.color.as_ref().map(|color| color.as_str().to_owned())),
        visibility: Set(visibility_name(plan.visibility).to_owned()),
        attendees: Set(json(&attendees)),
        reminders: Set(json(&plan.reminders.minutes())),
        rule: Set(recurrence.map(|recurrence| recurrence.series.rule().stored())),
        last_local: Set(recurrence.and_then(|recurrence| recurrence.series.last()).map(local_ms)),
        exceptions: Set(json(&recurrence.map(stored_exceptions).unwrap_or_default())),
        span_start: Set(span_start.timestamp_millis()),
        span_end: Set(span_end.map(|end| end.timestamp_millis())),
        next_reminder: Set(next_reminder.map(|at| at.timestamp_millis())),
        version: Set(event.version),
        created_at: Set(event.created_at.timestamp_millis()),
        updated_at: Set(event.updated_at.timestamp_millis()),
    }
}

/// `private` or `team`.
pub fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::Team => "team",
    }
}

fn stored_attendee(attendee: &Attendee) -> StoredAttendee {
    let (user, email) = match &attendee.who {
        Who::Account(id) => (Some(*id), None),
        Who::Email(email) => (None, Some(email.as_str().to_owned())),
    };
    StoredAttendee { user, email, name: words(attendee.name.as_ref()), response: attendee.response }
}

fn stored_exceptions(recurrence: &Recurrence) -> StoredExceptions {
    let changed = recurrence.changed.iter().map(|(id, change)| StoredChange {
        id: local_ms(*id),
        title: words(change.title.as_ref()),
        place: removable(&change.place),
        notes: removable(&change.notes),
        color: change
            .color
            .as_ref()
            .map(|color| color.as_ref().map_or_else(String::new, |c| c.as_str().to_owned())),
        reminders: change.reminders.as_ref().map(|reminders| reminders.minutes().to_vec()),
        time: change.time.map(|(start, length)| (local_ms(start), length.num_seconds())),
    });
    StoredExceptions {
        excluded: recurrence.excluded.iter().map(|id| local_ms(*id)).collect(),
        changed: changed.collect(),
    }
}

/// The event of a row.
///
/// # Errors
/// When the row is not one that [`write()`] makes.
pub fn read(row: event::Model) -> Result<Event, DbErr> {
    let id = row.id;
    plan(&row)
        .map(|plan| Event {
            id,
            uid: plan.1,
            owner_id: row.owner_id,
            plan: plan.0,
            version: row.version,
            created_at: clock::from_ms(row.created_at),
            updated_at: clock::from_ms(row.updated_at),
        })
        .map_err(|error| DbErr::Custom(format!("the event {id} is damaged: {error}")))
}

/// The event of a row, or `None` when it is damaged: one such row must not take everybody's agenda away. Says so in the
/// log, once for each event.
pub fn readable(row: event::Model) -> Option<Event> {
    static SAID: Mutex<BTreeSet<Uuid>> = Mutex::new(BTreeSet::new());
    let id = row.id;
    match read(row) {
        Ok(event) => Some(event),
        Err(error) => {
            if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
                tracing::error!(event_id = %id, error = %error, "An event of the agenda is passed over: {error}");
            }
            None
        }
    }
}

/// What is said of an event beside its plan. `invited` are the accounts among its attendees.
pub fn label(row: &event::Model, invited: Vec<Uuid>) -> Label {
    Label {
        id: row.id,
        owner_id: row.owner_id,
        visibility: visibility(&row.visibility),
        invited,
        version: row.version,
    }
}

fn visibility(name: &str) -> Visibility {
    if name == "team" { Visibility::Team } else { Visibility::Private }
}

fn plan(row: &event::Model) -> Result<(Plan, Uid), String> {
    let zone =
        row.time_zone.as_deref().map(str::parse).transpose().map_err(|_| "its time zone is unknown")?;
    let when =
        When::from_parts(local(row.start_local), TimeDelta::seconds(row.length_seconds), row.all_day, zone);
    let recurrence = row.rule.as_deref().map(|rule| recurrence(rule, row, &when)).transpose()?;
    let attendees: Vec<StoredAttendee> = parsed(&row.attendees)?;
    let plan = Plan {
        title: Title::parse(&row.title)?,
        place: optional(row.place.as_deref())?,
        notes: optional(row.notes.as_deref())?,
        color: row.color.as_deref().map(Color::parse).transpose()?,
        attendees: attendees.into_iter().map(attendee).collect::<Result<_, _>>()?,
        reminders: Reminders::parse(&parsed::<Vec<u32>>(&row.reminders)?)?,
        recurrence,
        visibility: visibility(&row.visibility),
        when,
    };
    Ok((plan, Uid::parse(&row.uid)?))
}

fn parsed<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn optional<const MAX: usize, const LINES: bool>(
    text: Option<&str>,
) -> Result<Option<Text<MAX, LINES>>, String> {
    text.map(Text::parse).transpose()
}

fn attendee(stored: StoredAttendee) -> Result<Attendee, String> {
    let who = match (stored.user, stored.email) {
        (Some(id), _) => Who::Account(id),
        (None, Some(email)) => Who::Email(Email::parse(&email)?),
        (None, None) => return Err("an attendee is nobody".into()),
    };
    let name = stored.name.as_deref().map(Name::parse).transpose()?;
    Ok(Attendee { who, name, response: stored.response })
}

fn recurrence(rule: &str, row: &event::Model, when: &When) -> Result<Recurrence, String> {
    let rule = Rule::parse(rule, when).map_err(|error| error.to_string())?;
    let series = Series::stored(rule, when, row.last_local.map(local)).map_err(|error| error.to_string())?;
    let stored: StoredExceptions = parsed(&row.exceptions)?;
    let excluded: BTreeSet<NaiveDateTime> = stored.excluded.into_iter().map(local).collect();
    let changed: BTreeMap<NaiveDateTime, Change> = stored
        .changed
        .into_iter()
        .map(|stored| Ok((local(stored.id), change(stored)?)))
        .collect::<Result<_, String>>()?;
    Ok(Recurrence { series, excluded, changed })
}

fn change(stored: StoredChange) -> Result<Change, String> {
    fn back<T>(
        text: Option<String>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Option<T>>, String> {
        text.map(|text| if text.is_empty() { Ok(None) } else { parse(&text).map(Some) }).transpose()
    }
    Ok(Change {
        title: stored.title.as_deref().map(Title::parse).transpose()?,
        place: back(stored.place, Place::parse)?,
        notes: back(stored.notes, Notes::parse)?,
        color: back(stored.color, Color::parse)?,
        reminders: stored.reminders.as_deref().map(Reminders::parse).transpose()?,
        time: stored.time.map(|(start, length)| (local(start), TimeDelta::seconds(length))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::arbitrary::{any_plan, event, now};
    use proptest::prelude::*;
    use sea_orm::TryIntoModel;

    proptest! {
        #[test]
        fn a_row_reads_back_as_the_event_that_it_is_of(plan in any_plan()) {
            let event = event(1, plan);
            let row = write(&event, Some(now())).try_into_model().unwrap();
            let back = read(row).unwrap();
            prop_assert_eq!(&back.plan, &event.plan);
            prop_assert_eq!((back.id, back.uid, back.version, back.created_at), (event.id, event.uid, 1, now()));
            let last = |plan: &Plan| plan.recurrence.as_ref().map(|recurrence| recurrence.series.last());
            prop_assert_eq!(last(&back.plan), last(&event.plan));
        }
    }
}

//! What the agenda tells accounts, through their [`Inbox`]: committed together with what it is about.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Tz;
use poem_openapi::types::ToJSON;
use sea_orm::DbErr;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::AgendaEvent;
use super::due::Due;
use super::model::{Event, Label, Visibility};
use super::occurrences;
use super::people::People;
use crate::db::Tx;
use crate::inbox::Inbox;
use crate::timestamp::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Created,
    Updated,
    Deleted,
}

#[derive(Serialize)]
struct Changed<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    event_id: Uuid,
    action: Action,
    /// None for `deleted`.
    event: Option<&'a Value>,
}

/// A reminder of one occurrence.
#[derive(Serialize)]
pub struct Reminder {
    #[serde(rename = "type")]
    kind: &'static str,
    event_id: Uuid,
    occurrence: String,
    minutes: u32,
    due_at: Timestamp,
    title: String,
    place: Option<String>,
    color: Option<String>,
    start: String,
    end: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    all_day: bool,
    time_zone: Option<&'static str>,
}

/// Everyone whom an event concerns: its owner and the accounts invited; for team events every account.
pub fn audience(event: &Event, people: &People) -> BTreeSet<Uuid> {
    concerned(&event.label(), people)
}

fn concerned(label: &Label, people: &People) -> BTreeSet<Uuid> {
    let mut all: BTreeSet<Uuid> = label.invited.iter().copied().collect();
    all.insert(label.owner_id);
    if label.visibility == Visibility::Team {
        all.extend(people.active());
    }
    all
}

/// Tells everyone concerned that an event is gone, whether or not its plan could be read.
pub async fn deleted(tx: &Tx, inbox: &Inbox, people: &People, label: &Label) -> Result<(), DbErr> {
    let users: Vec<Uuid> = concerned(label, people).into_iter().collect();
    let message =
        Changed { kind: "agenda.changed", event_id: label.id, action: Action::Deleted, event: None };
    inbox.push(tx, &users, &message).await
}

/// Tells everyone concerned that an event changed. Who no longer sees it is told that it is gone.
pub async fn changed(
    tx: &Tx,
    inbox: &Inbox,
    people: &People,
    before: Option<&Event>,
    after: Option<&Event>,
) -> Result<(), DbErr> {
    let Some(event_id) = after.or(before).map(|event| event.id) else { return Ok(()) };
    let saw = before.map(|event| audience(event, people)).unwrap_or_default();
    let sees = after.map(|event| audience(event, people)).unwrap_or_default();
    let view = after.and_then(|event| AgendaEvent::new(event, people).to_json());
    for (action, users) in
        [(Action::Created, &sees - &saw), (Action::Updated, &sees & &saw), (Action::Deleted, &saw - &sees)]
    {
        if users.is_empty() {
            continue;
        }
        let users: Vec<Uuid> = users.into_iter().collect();
        let event = view.as_ref().filter(|_| action != Action::Deleted);
        let message = Changed { kind: "agenda.changed", event_id, action, event };
        inbox.push(tx, &users, &message).await?;
    }
    Ok(())
}

/// Tells everyone concerned by these events to read the agenda again: so many changed at once.
pub async fn reload(tx: &Tx, inbox: &Inbox, people: &People, events: &[Event]) -> Result<(), DbErr> {
    let users: BTreeSet<Uuid> = events.iter().flat_map(|event| audience(event, people)).collect();
    let users: Vec<Uuid> = users.into_iter().collect();
    inbox.push(tx, &users, &json!({"type": "agenda.reload"})).await
}

/// The reminder of an occurrence, for a reader in `reader`; `None` when it no longer is due like that.
pub fn reminder(event: &Event, due: &Due, reader: Tz) -> Option<Reminder> {
    let occurrence = occurrences::find(&event.plan, due.occurrence, reader)?;
    let details = occurrences::details(&event.plan, due.occurrence);
    let due_at = occurrence.starts_at - TimeDelta::minutes(i64::from(due.minutes));
    let still = details.reminders.minutes().contains(&due.minutes) && due_at == due.at;
    let when = &occurrence.when;
    still.then(|| Reminder {
        kind: "agenda.reminder",
        event_id: event.id,
        occurrence: when.text(due.occurrence),
        minutes: due.minutes,
        due_at: due.at.into(),
        title: details.title.as_str().to_owned(),
        place: details.place.map(|place| place.as_str().to_owned()),
        color: details.color.map(|color| color.as_str().to_owned()),
        start: when.text(when.start()),
        end: when.text(when.end_from(when.start())),
        starts_at: occurrence.starts_at.into(),
        ends_at: occurrence.ends_at.into(),
        all_day: when.all_day(),
        time_zone: when.zone().map(|zone| zone.name()),
    })
}

//! Writing events as a calendar.

use std::collections::BTreeMap;

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarAction, ICalendarClassification, ICalendarComponent, ICalendarComponentType,
    ICalendarDuration, ICalendarEntry, ICalendarMethod, ICalendarParameter, ICalendarParticipationStatus,
    ICalendarProperty, ICalendarValue, ICalendarValueType, Uri,
};
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::{ACCOUNT, COLOR};
use crate::agenda::model::{Attendee, Change, Event, Plan, Reminders, Response, Visibility, Who};
use crate::agenda::when::{self, When};

/// How often subscribers should come back: a quarter of an hour.
const REFRESH_SECONDS: i64 = 900;

/// What a feed needs beside its events.
pub struct Feed<'a> {
    /// Shown as the calendar's name.
    pub name: &'a str,
    /// Names of accounts, for organisers and attendees.
    pub accounts: &'a dyn Fn(Uuid) -> Option<String>,
    /// Time-zone definitions reach two years past this.
    pub now: DateTime<Utc>,
}

/// The calendar's text: folded lines, CRLF. The same events give the same text within a year.
pub fn write(events: &[Event], feed: &Feed<'_>) -> String {
    let mut calendar =
        ICalendar { components: vec![ICalendarComponent::new(ICalendarComponentType::VCalendar)] };
    let root = &mut calendar.components[0];
    root.add_property(ICalendarProperty::Version, "2.0");
    root.add_property(ICalendarProperty::Prodid, "-//workspace-server//agenda//EN");
    root.add_property(ICalendarProperty::Method, ICalendarValue::Method(ICalendarMethod::Publish));
    root.add_property(ICalendarProperty::Name, feed.name);
    root.add_property(ICalendarProperty::Other("X-WR-CALNAME".into()), feed.name);
    root.add_property_with_params(
        ICalendarProperty::RefreshInterval,
        [ICalendarParameter::value(ICalendarValueType::Duration)],
        ICalendarDuration::from_seconds(REFRESH_SECONDS),
    );
    for event in events {
        add(&mut calendar, 0, master(event, feed), &event.plan.reminders, event.plan.title.as_str());
        let Some(recurrence) = &event.plan.recurrence else { continue };
        for (id, change) in &recurrence.changed {
            let reminders = change.reminders.as_ref().unwrap_or(&event.plan.reminders);
            let title = change.title.as_ref().unwrap_or(&event.plan.title);
            add(&mut calendar, 0, changed(event, *id, change, feed), reminders, title.as_str());
        }
    }
    for (zone, (from, to)) in zones(events, feed.now) {
        calendar.add_timezone(zone, from, to);
    }
    calendar.to_string()
}

/// Adds a component and its alarms under `parent`.
fn add(
    calendar: &mut ICalendar,
    parent: usize,
    component: ICalendarComponent,
    reminders: &Reminders,
    title: &str,
) {
    let child = |calendar: &mut ICalendar, parent: usize, component: ICalendarComponent| {
        let id = calendar.components.len();
        calendar.components.push(component);
        calendar.components[parent].component_ids.extend(u32::try_from(id));
        id
    };
    let id = child(calendar, parent, component);
    for minutes in reminders.minutes() {
        let mut alarm = ICalendarComponent::new(ICalendarComponentType::VAlarm);
        alarm.add_property(ICalendarProperty::Action, ICalendarValue::Action(ICalendarAction::Display));
        let before = ICalendarDuration {
            neg: *minutes > 0,
            ..ICalendarDuration::from_seconds(i64::from(*minutes) * 60)
        };
        alarm.add_property(ICalendarProperty::Trigger, before);
        alarm.add_property(ICalendarProperty::Description, title);
        child(calendar, id, alarm);
    }
}

fn master(event: &Event, feed: &Feed<'_>) -> ICalendarComponent {
    let plan = &event.plan;
    let mut component = common(event, plan, &plan.when, feed);
    if let Some(recurrence) = &plan.recurrence {
        // As text: calcard writes it without escaping, and has no constructor for a rule.
        component.add_property(ICalendarProperty::Rrule, recurrence.series.rule().text(&plan.when));
        for id in &recurrence.excluded {
            component.entries.push(time(ICalendarProperty::Exdate, *id, &plan.when));
        }
    }
    component
}

/// One changed occurrence, complete: iCalendar has no partial ones.
fn changed(event: &Event, id: NaiveDateTime, change: &Change, feed: &Feed<'_>) -> ICalendarComponent {
    let series = &event.plan;
    let when = change.time.map_or_else(
        || series.when.moved_to(id),
        |(start, length)| When::from_parts(start, length, series.when.all_day(), series.when.zone()),
    );
    let plan = Plan {
        title: change.title.clone().unwrap_or_else(|| series.title.clone()),
        place: change.place.clone().unwrap_or_else(|| series.place.clone()),
        notes: change.notes.clone().unwrap_or_else(|| series.notes.clone()),
        color: change.color.clone().unwrap_or_else(|| series.color.clone()),
        recurrence: None,
        ..series.clone()
    };
    let mut component = common(event, &plan, &when, feed);
    component.entries.push(time(ICalendarProperty::RecurrenceId, id, &series.when));
    component
}

fn common(event: &Event, plan: &Plan, when: &When, feed: &Feed<'_>) -> ICalendarComponent {
    let mut component = ICalendarComponent::new(ICalendarComponentType::VEvent);
    let utc = |at: DateTime<Utc>| PartialDateTime::from_utc_timestamp(at.timestamp());
    component.add_uid(event.uid.as_str());
    component.add_dtstamp(utc(event.updated_at));
    component.add_property(ICalendarProperty::Created, utc(event.created_at));
    component.add_property(ICalendarProperty::LastModified, utc(event.updated_at));
    component.add_sequence(event.version - 1);
    component.add_property(ICalendarProperty::Summary, plan.title.as_str());
    component.entries.push(time(ICalendarProperty::Dtstart, when.start(), when));
    component.entries.push(end(when));
    if let Some(place) = &plan.place {
        component.add_property(ICalendarProperty::Location, place.as_str());
    }
    if let Some(notes) = &plan.notes {
        component.add_property(ICalendarProperty::Description, notes.as_str());
    }
    if let Some(color) = &plan.color {
        component.add_property(ICalendarProperty::Other(COLOR.into()), color.as_str());
    }
    let class = match plan.visibility {
        Visibility::Private => ICalendarClassification::Private,
        Visibility::Team => ICalendarClassification::Public,
    };
    component.add_property(ICalendarProperty::Class, ICalendarValue::Classification(class));
    if !plan.attendees.is_empty() {
        component.entries.push(person(
            ICalendarProperty::Organizer,
            &Who::Account(event.owner_id),
            None,
            feed,
        ));
        component.entries.extend(plan.attendees.iter().map(|attendee| attending(attendee, feed)));
    }
    component
}

fn attending(attendee: &Attendee, feed: &Feed<'_>) -> ICalendarEntry {
    let status = match attendee.response {
        Response::NeedsAction => ICalendarParticipationStatus::NeedsAction,
        Response::Accepted => ICalendarParticipationStatus::Accepted,
        Response::Declined => ICalendarParticipationStatus::Declined,
        Response::Tentative => ICalendarParticipationStatus::Tentative,
    };
    let name = attendee.name.as_ref().map(|name| name.as_str().to_owned());
    person(ICalendarProperty::Attendee, &attendee.who, name, feed)
        .with_param(ICalendarParameter::partstat(status))
}

fn person(property: ICalendarProperty, who: &Who, name: Option<String>, feed: &Feed<'_>) -> ICalendarEntry {
    let (address, name) = match who {
        Who::Account(id) => (format!("{ACCOUNT}{id}"), (feed.accounts)(*id).or(name)),
        Who::Email(email) => (format!("mailto:{}", email.as_str()), name),
    };
    ICalendarEntry::new(property)
        .with_param_opt(name.map(ICalendarParameter::cn))
        .with_value(ICalendarValue::Uri(Uri::Location(address)))
}

/// A local time of an event: a date, a time with its zone, in UTC, or floating.
fn time(property: ICalendarProperty, local: NaiveDateTime, when: &When) -> ICalendarEntry {
    let seconds = local.and_utc().timestamp();
    let entry = ICalendarEntry::new(property);
    match (when.all_day(), when.zone()) {
        (true, _) => entry
            .with_param(ICalendarParameter::value(ICalendarValueType::Date))
            .with_value(PartialDateTime::from_date_timestamp(seconds)),
        (false, None) => entry.with_value(PartialDateTime::from_naive_timestamp(seconds)),
        (false, Some(Tz::UTC)) => entry.with_value(PartialDateTime::from_utc_timestamp(seconds)),
        (false, Some(zone)) => entry
            .with_param(ICalendarParameter::tzid(zone.name().to_owned()))
            .with_value(PartialDateTime::from_naive_timestamp(seconds)),
    }
}

/// DTEND, or DURATION where an end on the wall clock would be read as another instant (an hour that happens twice).
fn end(when: &When) -> ICalendarEntry {
    let end = when.end_from(when.start());
    let exact = when
        .zone()
        .is_none_or(|zone| when::instant(zone, end) - when::instant(zone, when.start()) == when.length());
    if exact && (when.all_day() || when.length() > TimeDelta::zero()) {
        return time(ICalendarProperty::Dtend, end, when);
    }
    let seconds = when.length().num_seconds();
    let (seconds, hours) = (seconds % 3600, u32::try_from(seconds / 3600).unwrap_or(0));
    // Hours, not days: a day of a DURATION is a calendar day, and this is elapsed time.
    let duration = ICalendarDuration { hours, ..ICalendarDuration::from_seconds(seconds) };
    ICalendarEntry::new(ICalendarProperty::Duration).with_value(duration)
}

/// The zones in use, each with the years that its definition must cover.
fn zones(events: &[Event], now: DateTime<Utc>) -> BTreeMap<&'static str, (i64, i64)> {
    let year = |year: i32| {
        chrono::NaiveDate::from_ymd_opt(year, 1, 1)
            .map_or(0, |day| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp())
    };
    let mut zones = BTreeMap::new();
    for event in events {
        let Some(zone) = event.plan.when.zone().filter(|zone| *zone != Tz::UTC) else { continue };
        let (from, to) = crate::agenda::occurrences::span(&event.plan);
        let last = to.map_or(now.year(), |to| to.year().max(now.year()));
        let range = (year(from.year() - 1), year(last + 2));
        let known = zones.entry(zone.name()).or_insert(range);
        *known = (known.0.min(range.0), known.1.max(range.1));
    }
    zones
}

//! The properties of one VEVENT, each as the agenda's type.

use calcard::common::timezone::Tz as AnyZone;
use calcard::icalendar::{
    ICalendarComponent, ICalendarEntry, ICalendarParameterName, ICalendarParameterValue,
    ICalendarParticipationStatus, ICalendarProperty, ICalendarRelated, ICalendarValue,
};
use chrono::{Datelike, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use uuid::Uuid;

use super::super::{ACCOUNT, COLOR};
use super::{Source, text};
use crate::agenda::model::{
    Attendee, MAX_ATTENDEES, MAX_REMINDER_MINUTES, MAX_REMINDERS, Reminders, Response, Who,
};
use crate::agenda::text::{Color, Email, Name, Text};
use crate::agenda::when::{Stamp, When};

/// A time of the file with the zone that it names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    pub stamp: Stamp,
    pub zone: Option<Tz>,
}

impl Source<'_> {
    pub(super) fn line<const MAX: usize, const LINES: bool>(
        &self,
        property: &ICalendarProperty,
    ) -> Option<Text<MAX, LINES>> {
        text(self.component, property).and_then(Text::fit)
    }

    pub(super) fn color(&self) -> Option<Color> {
        let own = text(self.component, &ICalendarProperty::Other(COLOR.into()));
        own.or_else(|| text(self.component, &ICalendarProperty::Color))
            .and_then(|color| Color::parse(color).ok())
    }

    /// The times of a property; each entry may have several.
    pub(super) fn times(&self, property: &ICalendarProperty) -> Result<Vec<Time>, String> {
        let entries = self.component.properties(property);
        entries.flat_map(|entry| entry.values.iter().map(|value| self.time(entry, value))).collect()
    }

    fn time(&self, entry: &ICalendarEntry, value: &ICalendarValue) -> Result<Time, String> {
        let name = entry.name.as_str();
        let wrong = || format!("{name} is not a time");
        let partial = value.as_partial_date_time().ok_or_else(wrong)?;
        let read = partial.to_date_time().ok_or_else(wrong)?;
        if !(1900..=2200).contains(&read.date_time.year()) {
            return Err(format!("{name} is not between 1900 and 2200"));
        }
        if !partial.has_time() {
            return Ok(Time { stamp: Stamp::Date(read.date_time.date()), zone: None });
        }
        if let Some(offset) = read.offset {
            let at = offset.from_local_datetime(&read.date_time).single().ok_or_else(wrong)?;
            return Ok(Time { stamp: Stamp::Instant(at.to_utc()), zone: Some(Tz::UTC) });
        }
        let Some(id) = entry.tz_id() else {
            return Ok(Time { stamp: Stamp::Local(read.date_time), zone: None });
        };
        match self.zones.resolve(id) {
            Some(AnyZone::Tz(zone)) => Ok(Time { stamp: Stamp::Local(read.date_time), zone: Some(zone) }),
            Some(AnyZone::Fixed(offset)) => {
                let at = offset.fix().from_local_datetime(&read.date_time).single().ok_or_else(wrong)?;
                Ok(Time { stamp: Stamp::Instant(at.to_utc()), zone: Some(Tz::UTC) })
            }
            Some(AnyZone::Floating) | None => {
                let id: String = id.chars().take(60).collect();
                Err(format!("{name} is in the time zone `{id}`, which is not known"))
            }
        }
    }

    pub(super) fn when(&self) -> Result<When, String> {
        let start = self.times(&ICalendarProperty::Dtstart)?.first().copied().ok_or("has no DTSTART")?;
        let end = self.times(&ICalendarProperty::Dtend)?.first().copied();
        let all_day = matches!(start.stamp, Stamp::Date(_));
        let when = When::new(start.stamp, None, all_day, start.zone).map_err(|error| error.to_string())?;
        let length = match end {
            Some(end) => end.until(&when)?,
            None => match self
                .component
                .property(&ICalendarProperty::Duration)
                .and_then(|entry| entry.values.first())
            {
                Some(ICalendarValue::Duration(duration)) => TimeDelta::seconds(duration.as_seconds()),
                Some(_) => return Err("DURATION is not a duration".into()),
                // As RFC 5545 has it: a date lasts its day, a time is a moment.
                None if all_day => TimeDelta::days(1),
                None => TimeDelta::zero(),
            },
        };
        // Some calendars end an all-day event on its own day.
        let length = if all_day && length.is_zero() { TimeDelta::days(1) } else { length };
        when.with_length(length).map_err(|error| error.message)
    }

    pub(super) fn attendees(&self, dropped: &mut Vec<String>) -> Vec<Attendee> {
        let mut list: Vec<Attendee> = Vec::new();
        for entry in self.component.properties(&ICalendarProperty::Attendee) {
            let address = entry.calendar_address().unwrap_or_default();
            let who = match address.strip_prefix(ACCOUNT).map(Uuid::parse_str) {
                Some(id) => id.ok().map(Who::Account),
                None => Email::parse(address).ok().map(Who::Email),
            };
            let Some(who) = who else {
                dropped.push(format!(
                    "the attendee `{}` has no address",
                    address.chars().take(60).collect::<String>()
                ));
                continue;
            };
            if list.len() == MAX_ATTENDEES {
                dropped.push(format!("attendees after the first {MAX_ATTENDEES}"));
                break;
            }
            if list.iter().all(|known| known.who != who) {
                let name =
                    entry.parameter(&ICalendarParameterName::Cn).and_then(ICalendarParameterValue::as_text);
                list.push(Attendee { who, name: name.and_then(Name::fit), response: response(entry) });
            }
        }
        list
    }

    pub(super) fn reminders(&self, start: &When, dropped: &mut Vec<String>) -> Reminders {
        let mut minutes: Vec<u32> = Vec::new();
        for alarm in self.calendar.alarms_for_id(self.id) {
            match before_start(alarm, start) {
                Some(before) if before <= MAX_REMINDER_MINUTES => {
                    if !minutes.contains(&before) {
                        minutes.push(before);
                    }
                }
                _ => dropped.push("an alarm that is not up to four weeks before the start".into()),
            }
        }
        if minutes.len() > MAX_REMINDERS {
            dropped.push(format!("alarms after the first {MAX_REMINDERS}"));
            minutes.truncate(MAX_REMINDERS);
        }
        Reminders::parse(&minutes).unwrap_or_default()
    }
}

impl Time {
    /// How long it is from the start of `when` to this time.
    fn until(self, when: &When) -> Result<TimeDelta, String> {
        let start = when.start();
        match (self.stamp, self.zone, when.zone()) {
            (Stamp::Date(date), ..) if when.all_day() => Ok(date.and_time(chrono::NaiveTime::MIN) - start),
            (Stamp::Local(local), None, None) if !when.all_day() => Ok(local - start),
            (Stamp::Local(local), Some(zone), Some(own)) => {
                Ok(crate::agenda::when::instant(zone, local) - crate::agenda::when::instant(own, start))
            }
            (Stamp::Instant(at), _, Some(own)) => Ok(at - crate::agenda::when::instant(own, start)),
            _ => Err("DTEND is another kind of time than DTSTART".into()),
        }
    }

    /// This time on the clock of `when`; `None` if they do not go together.
    pub(super) fn local(self, when: &When) -> Option<chrono::NaiveDateTime> {
        use crate::agenda::when::{instant, wall_clock};
        match (self.stamp, self.zone, when.zone()) {
            (Stamp::Date(date), ..) if when.all_day() => Some(date.and_time(chrono::NaiveTime::MIN)),
            // Some calendars give a date and a time where the series has dates.
            (Stamp::Local(local), ..) if when.all_day() => {
                Some(local.date().and_time(chrono::NaiveTime::MIN))
            }
            (Stamp::Local(local), Some(zone), Some(own)) => {
                Some(if zone == own { local } else { wall_clock(own, instant(zone, local)) })
            }
            (Stamp::Local(local), None, _) => Some(local),
            (Stamp::Instant(at), _, Some(own)) => Some(wall_clock(own, at)),
            _ => None,
        }
    }
}

fn response(entry: &ICalendarEntry) -> Response {
    match entry.parameter(&ICalendarParameterName::Partstat) {
        Some(ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Accepted)) => Response::Accepted,
        Some(ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Declined)) => Response::Declined,
        Some(ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Tentative)) => {
            Response::Tentative
        }
        _ => Response::NeedsAction,
    }
}

/// Minutes between an alarm and the start; `None` for alarms after it or without a time.
fn before_start(alarm: &ICalendarComponent, start: &When) -> Option<u32> {
    let trigger = alarm.property(&ICalendarProperty::Trigger)?;
    let seconds = match trigger.values.first()? {
        ICalendarValue::Duration(duration) => {
            let at_end = trigger.parameter(&ICalendarParameterName::Related)
                == Some(&ICalendarParameterValue::Related(ICalendarRelated::End));
            let end = if at_end { start.length().num_seconds() } else { 0 };
            -(duration.as_seconds() + end)
        }
        ICalendarValue::PartialDateTime(at) => {
            let at = at.to_date_time()?;
            let zone = start.zone().unwrap_or(Tz::UTC);
            (start.instants(start.start(), zone).0.naive_utc() - at.date_time).num_seconds()
        }
        _ => return None,
    };
    // Rounded up: a reminder that comes half a minute early is still one.
    u32::try_from(seconds.checked_add(59)?.div_euclid(60)).ok().filter(|_| seconds >= 0)
}

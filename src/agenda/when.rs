//! When an event happens, in wall-clock terms.
//!
//! Owns the three kinds of time that a calendar has: zoned (a wall clock in an IANA zone), floating (a wall clock
//! wherever the reader is) and all-day (dates). Everything is kept as local time, so that a series stays at nine
//! o'clock across a daylight-saving change; instants are derived. Repetition belongs to [`super::recurrence`].

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Years that an event may lie in: before 1900 zones have no rules, and past 2200 nobody plans.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;
/// Longest single event: 400 days, so that a year with a margin fits.
const MAX_LENGTH: TimeDelta = TimeDelta::days(400);
/// An event without an end lasts this long.
const DEFAULT_LENGTH: TimeDelta = TimeDelta::hours(1);

const DATE: &str = "%Y-%m-%d";
const LOCAL: &str = "%Y-%m-%dT%H:%M:%S";

/// The instant of a wall-clock time in a zone, as RFC 5545 (3.3.5) reads it: a time that is skipped counts with the
/// offset before the gap, a time that happens twice is the first one.
pub fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    if let Some(found) = zone.from_local_datetime(&local).earliest() {
        return found.to_utc();
    }
    // Gaps are an hour or less, but for islands that jumped over the date line: 24 hours.
    let before = [1, 2, 3, 25, 49].into_iter().find_map(|hours| {
        let earlier = local.checked_sub_signed(TimeDelta::hours(hours))?;
        let found = zone.from_local_datetime(&earlier).latest()?;
        found.to_utc().checked_add_signed(TimeDelta::hours(hours))
    });
    before.unwrap_or_else(|| local.and_utc())
}

/// The wall clock of a zone at an instant.
pub fn wall_clock(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// A time as someone wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    Date(NaiveDate),
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

impl Stamp {
    /// Reads `2026-11-23`, `2026-11-23T09:00:00` (seconds may be left out) or RFC 3339 with an offset. Fractions of a
    /// second are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        // Longer than any RFC 3339 time with nanoseconds and offset.
        if text.len() > 40 || !text.is_ascii() {
            return None;
        }
        let stamp = if text.len() == 10 {
            Self::Date(NaiveDate::parse_from_str(text, DATE).ok()?)
        } else if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            Self::Instant(DateTime::from_timestamp(at.timestamp(), 0)?)
        } else {
            let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
            Self::Local(truncated(local))
        };
        YEARS.contains(&stamp.year()).then_some(stamp)
    }

    fn year(self) -> i32 {
        match self {
            Self::Date(date) => date.year(),
            Self::Local(local) => local.year(),
            Self::Instant(at) => at.year(),
        }
    }
}

fn truncated(local: NaiveDateTime) -> NaiveDateTime {
    DateTime::from_timestamp(local.and_utc().timestamp(), 0).map_or(local, |at| at.naive_utc())
}

/// Start and length of one event or of the first of a series. Cannot be wrong: the end is never before the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    start: NaiveDateTime,
    /// Exact elapsed time for zoned events, whole days for all-day ones.
    length: TimeDelta,
    all_day: bool,
    zone: Option<Tz>,
}

/// Why start, end and zone do not go together. `field` is the request's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct WhenError {
    pub field: &'static str,
    pub message: String,
}

fn wrong(field: &'static str, message: &str) -> WhenError {
    WhenError { field, message: message.into() }
}

impl When {
    /// Puts the parts of a request together. A start with an offset and no zone is kept in UTC.
    pub fn new(start: Stamp, end: Option<Stamp>, all_day: bool, zone: Option<Tz>) -> Result<Self, WhenError> {
        let (start_local, zone) = match (start, all_day) {
            (Stamp::Date(date), true) => {
                if zone.is_some() {
                    return Err(wrong(
                        "time_zone",
                        "an all-day event has no time zone: it is that day wherever one is",
                    ));
                }
                (date.and_time(NaiveTime::MIN), None)
            }
            (_, true) => return Err(wrong("start", "an all-day event starts on a date, such as 2026-11-23")),
            (Stamp::Date(_), false) => {
                return Err(wrong("start", "a date without a time needs all_day to be true"));
            }
            (Stamp::Local(local), false) => (local, zone),
            (Stamp::Instant(at), false) => {
                let zone = zone.unwrap_or(Tz::UTC);
                (wall_clock(zone, at), Some(zone))
            }
        };
        let when = Self { start: start_local, length: TimeDelta::zero(), all_day, zone };
        let length = match end {
            None if all_day => TimeDelta::days(1),
            None => DEFAULT_LENGTH,
            Some(end) => when.length_until(end)?,
        };
        when.with_length(length)
    }

    /// The same start with another length.
    pub fn with_length(self, length: TimeDelta) -> Result<Self, WhenError> {
        if length < TimeDelta::zero() || (self.all_day && length < TimeDelta::days(1)) {
            let message = if self.all_day {
                "end is the day after the last one, so it is later than start"
            } else {
                "end is not before start"
            };
            return Err(wrong("end", message));
        }
        if length > MAX_LENGTH {
            return Err(wrong("end", "an event lasts 400 days at most; repeat it instead"));
        }
        Ok(Self { length, ..self })
    }

    fn length_until(&self, end: Stamp) -> Result<TimeDelta, WhenError> {
        match (end, self.all_day) {
            (Stamp::Date(date), true) => Ok(date.and_time(NaiveTime::MIN) - self.start),
            (_, true) => Err(wrong("end", "an all-day event ends on a date, the day after its last one")),
            (Stamp::Date(_), false) => Err(wrong("end", "needs a time, such as 2026-11-23T10:00:00")),
            (Stamp::Local(local), false) => Ok(match self.zone {
                Some(zone) => instant(zone, local) - instant(zone, self.start),
                None => local - self.start,
            }),
            (Stamp::Instant(at), false) => match self.zone {
                Some(zone) => Ok(at - instant(zone, self.start)),
                None => Err(wrong("end", "has an offset while start has none")),
            },
        }
    }

    /// The same event moved to another local start.
    #[must_use]
    pub fn moved_to(&self, start: NaiveDateTime) -> Self {
        Self { start, ..self.clone() }
    }

    /// The same kind of time with a new start or end as a request gives them; without an end the length stays.
    pub fn changed(&self, start: Option<Stamp>, end: Option<Stamp>) -> Result<Self, WhenError> {
        let Some(start) = start else {
            return match end {
                Some(end) => self.clone().with_length(self.length_until(end)?),
                None => Ok(self.clone()),
            };
        };
        let moved = match (start, self.zone) {
            (Stamp::Instant(_), None) if !self.all_day => {
                return Err(wrong("start", "this event floats: give a local time without an offset"));
            }
            _ => Self::new(start, None, self.all_day, self.zone)?,
        };
        let length = end.map_or(Ok(self.length), |end| moved.length_until(end))?;
        moved.with_length(length)
    }

    /// Rebuilds what a store kept, without judging it.
    pub fn from_parts(start: NaiveDateTime, length: TimeDelta, all_day: bool, zone: Option<Tz>) -> Self {
        Self { start, length, all_day, zone }
    }

    /// Local start: wall clock, or midnight of an all-day event's first day.
    pub fn start(&self) -> NaiveDateTime {
        self.start
    }

    pub fn length(&self) -> TimeDelta {
        self.length
    }

    pub fn all_day(&self) -> bool {
        self.all_day
    }

    /// `None` for floating and all-day events.
    pub fn zone(&self) -> Option<Tz> {
        self.zone
    }

    /// Local end of the occurrence that starts at `start`; for an all-day event the day after its last one.
    pub fn end_from(&self, start: NaiveDateTime) -> NaiveDateTime {
        match self.zone {
            Some(zone) => wall_clock(zone, instant(zone, start) + self.length),
            None => start + self.length,
        }
    }

    /// The instants between which the occurrence that starts at `start` lies, for a reader in `reader`: floating and
    /// all-day events happen on the reader's clock.
    pub fn instants(&self, start: NaiveDateTime, reader: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        match self.zone {
            Some(zone) => {
                let at = instant(zone, start);
                (at, at + self.length)
            }
            None => (instant(reader, start), instant(reader, start + self.length)),
        }
    }

    /// A local time as the API writes it: a date for all-day events, otherwise date and time without an offset.
    pub fn text(&self, local: NaiveDateTime) -> String {
        local.format(if self.all_day { DATE } else { LOCAL }).to_string()
    }

    /// The occurrence that a recurrence id such as `2026-11-23T09:00:00` names; an instant is read on the event's clock.
    pub fn recurrence_id(&self, text: &str) -> Option<NaiveDateTime> {
        match (Stamp::parse(text)?, self.all_day) {
            (Stamp::Date(date), true) => Some(date.and_time(NaiveTime::MIN)),
            (Stamp::Local(local), false) => Some(local),
            (Stamp::Instant(at), false) => Some(wall_clock(self.zone?, at)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, LOCAL).unwrap()
    }

    #[test]
    fn a_skipped_time_counts_with_the_offset_before_the_gap() {
        assert_eq!(instant(Tz::Europe__Paris, local("2026-03-29T02:30:00")), at("2026-03-29T01:30:00Z"));
        assert_eq!(instant(Tz::America__New_York, local("2026-03-08T02:15:00")), at("2026-03-08T07:15:00Z"));
        // Half an hour is skipped there: 02:00 becomes 02:30.
        assert_eq!(
            instant(Tz::Australia__Lord_Howe, local("2026-10-04T02:15:00")),
            at("2026-10-03T15:45:00Z")
        );
        // Samoa had no 30 December 2011.
        assert_eq!(instant(Tz::Pacific__Apia, local("2011-12-30T12:00:00")), at("2011-12-30T22:00:00Z"));
    }

    #[test]
    fn a_time_that_happens_twice_is_the_first_one() {
        assert_eq!(instant(Tz::Europe__Paris, local("2026-10-25T02:30:00")), at("2026-10-25T00:30:00Z"));
        assert_eq!(instant(Tz::America__New_York, local("2026-11-01T01:30:00")), at("2026-11-01T05:30:00Z"));
        assert_eq!(
            instant(Tz::Australia__Lord_Howe, local("2026-04-05T01:45:00")),
            at("2026-04-04T14:45:00Z")
        );
    }

    #[test]
    fn an_end_is_exact_elapsed_time_across_a_change() {
        let start = Stamp::parse("2026-03-28T23:00:00").unwrap();
        let end = Stamp::parse("2026-03-29T05:00:00");
        let when = When::new(start, end, false, Some(Tz::Europe__Paris)).unwrap();
        assert_eq!(when.length(), TimeDelta::hours(5));
        assert_eq!(when.end_from(when.start()), local("2026-03-29T05:00:00"));
        assert_eq!(when.end_from(local("2026-06-01T23:00:00")), local("2026-06-02T04:00:00"));
    }

    #[test]
    fn kinds_of_time_do_not_mix() {
        let day = Stamp::parse("2026-11-23").unwrap();
        let clock = Stamp::parse("2026-11-23T09:00:00").unwrap();
        let instant = Stamp::parse("2026-11-23T09:00:00+01:00").unwrap();
        let field = |result: Result<When, WhenError>| result.unwrap_err().field;
        assert_eq!(field(When::new(day, None, false, None)), "start");
        assert_eq!(field(When::new(clock, None, true, None)), "start");
        assert_eq!(field(When::new(day, None, true, Some(Tz::UTC))), "time_zone");
        assert_eq!(field(When::new(clock, Some(instant), false, None)), "end");
        assert_eq!(field(When::new(clock, Stamp::parse("2026-11-23T08:59:59"), false, None)), "end");
        assert_eq!(field(When::new(day, Some(day), true, None)), "end");
        assert_eq!(field(When::new(clock, Stamp::parse("2029-11-23T08:59:59"), false, None)), "end");
        assert_eq!(When::new(instant, None, false, None).unwrap().zone(), Some(Tz::UTC));
        assert_eq!(When::new(clock, None, false, None).unwrap().zone(), None);
    }

    #[test]
    fn floating_and_all_day_happen_on_the_readers_clock() {
        let when = When::new(Stamp::parse("2026-11-23").unwrap(), None, true, None).unwrap();
        let (from, to) = when.instants(when.start(), Tz::Pacific__Auckland);
        assert_eq!((from, to), (at("2026-11-22T11:00:00Z"), at("2026-11-23T11:00:00Z")));
        // A day that is 23 hours long still is one day.
        let when = when.moved_to(local("2026-03-29T00:00:00"));
        let (from, to) = when.instants(when.start(), Tz::Europe__Paris);
        assert_eq!(to - from, TimeDelta::hours(23));
    }

    #[test]
    fn years_outside_the_range_are_refused() {
        for text in ["1899-12-31", "2201-01-01", "+12026-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,50}") {
            let _ = Stamp::parse(&text);
        }

        #[test]
        fn parsing_digits_never_panics(text in "[0-9TZ:.+-]{0,32}") {
            let _ = Stamp::parse(&text);
        }

        #[test]
        fn every_local_time_has_an_instant_near_it(seconds in 0i64..7_000_000_000, zone in 0usize..chrono_tz::TZ_VARIANTS.len()) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let local = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let at = instant(zone, local);
            // A time in a gap lands after it, never more than a day away.
            let back = wall_clock(zone, at);
            prop_assert!(back >= local && back - local <= TimeDelta::hours(24), "{zone} {local} {back}");
        }
    }
}

//! A repetition rule (RFC 5545 RRULE): reading, bounding and writing it.
//!
//! Rules come from people, programs and other calendars; what is kept here is one that can be expanded at a known
//! cost. The expansion is [`super::recurrence`].

use std::fmt::Write;

use chrono::{NaiveDateTime, NaiveTime, Weekday};
use chrono_tz::Tz;
use rrule::{Frequency, NWeekday, RRule, Unvalidated};

use super::when::{self, When};

/// Longest rule text: every list of RFC 5545 that a person needs fits in 100 characters.
const MAX_TEXT: usize = 500;
/// Largest COUNT: a working day for 20 years. More is an endless rule.
pub const MAX_COUNT: u32 = 5_000;
/// Largest INTERVAL, whatever the frequency: nobody repeats each thousand years.
const MAX_INTERVAL: u16 = 1_000;
/// Most times a day: half-hourly. Calendars are not schedulers.
const MAX_TIMES_A_DAY: usize = 48;

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

/// When a rule ends. `Until` is local time of the series, and included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Never,
    Count(u32),
    Until(NaiveDateTime),
}

/// A checked rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(super) freq: Frequency,
    pub(super) interval: u16,
    pub(super) week_start: Weekday,
    pub(super) end: End,
    set_pos: Vec<i16>,
    month: Vec<i16>,
    month_day: Vec<i16>,
    year_day: Vec<i16>,
    week_no: Vec<i16>,
    weekday: Vec<(Option<i16>, Weekday)>,
    hour: Vec<i16>,
    minute: Vec<i16>,
    second: Vec<i16>,
}

/// What is wrong with a rule, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RuleError(pub String);

fn no<T>(message: impl Into<String>) -> Result<T, RuleError> {
    Err(RuleError(message.into()))
}

impl Rule {
    /// Reads `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`, with or without `RRULE:` before it. `when` gives the clock on which an
    /// UNTIL in UTC is read.
    pub fn parse(text: &str, when: &When) -> Result<Self, RuleError> {
        if text.len() > MAX_TEXT {
            return no(format!("a rule has {MAX_TEXT} characters at most"));
        }
        if !text.is_ascii() {
            return no("a rule is written in ASCII, such as FREQ=WEEKLY;BYDAY=MO");
        }
        let upper = text.trim().to_ascii_uppercase();
        let body = upper.strip_prefix("RRULE:").unwrap_or(&upper);
        let mut rule = Self::plain(Frequency::Daily);
        let mut seen: Vec<&str> = Vec::new();
        for part in body.split(';').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return no(format!("`{part}` is not NAME=VALUE"));
            };
            if seen.contains(&name) {
                return no(format!("{name} is given twice"));
            }
            seen.push(name);
            rule.read(name, value, when)?;
        }
        if !seen.contains(&"FREQ") {
            return no("FREQ is missing, such as FREQ=WEEKLY");
        }
        if seen.contains(&"COUNT") && seen.contains(&"UNTIL") {
            return no("COUNT and UNTIL exclude each other");
        }
        rule.check()?;
        Ok(rule)
    }

    fn plain(freq: Frequency) -> Self {
        Self {
            freq,
            interval: 1,
            week_start: Weekday::Mon,
            end: End::Never,
            set_pos: Vec::new(),
            month: Vec::new(),
            month_day: Vec::new(),
            year_day: Vec::new(),
            week_no: Vec::new(),
            weekday: Vec::new(),
            hour: Vec::new(),
            minute: Vec::new(),
            second: Vec::new(),
        }
    }

    fn read(&mut self, name: &str, value: &str, when: &When) -> Result<(), RuleError> {
        match name {
            "FREQ" => self.freq = frequency(value)?,
            "INTERVAL" => match value.parse() {
                Ok(interval) if (1..=MAX_INTERVAL).contains(&interval) => self.interval = interval,
                _ => return no(format!("INTERVAL is a number from 1 to {MAX_INTERVAL}")),
            },
            "COUNT" => match value.parse() {
                Ok(count) if (1..=MAX_COUNT).contains(&count) => self.end = End::Count(count),
                _ => return no(format!("COUNT is a number from 1 to {MAX_COUNT}")),
            },
            "UNTIL" => match until(value, when) {
                Some(until) => self.end = End::Until(until),
                None => return no("UNTIL is a date such as 20261231 or a time such as 20261231T225959Z"),
            },
            "WKST" => match day(value) {
                Some(day) => self.week_start = day,
                None => return no("WKST is one of MO, TU, WE, TH, FR, SA, SU"),
            },
            "BYSETPOS" => self.set_pos = numbers(name, value, 1..=366, true)?,
            "BYMONTH" => self.month = numbers(name, value, 1..=12, false)?,
            "BYMONTHDAY" => self.month_day = numbers(name, value, 1..=31, true)?,
            "BYYEARDAY" => self.year_day = numbers(name, value, 1..=366, true)?,
            "BYWEEKNO" => self.week_no = numbers(name, value, 1..=53, true)?,
            "BYHOUR" => self.hour = numbers(name, value, 0..=23, false)?,
            "BYMINUTE" => self.minute = numbers(name, value, 0..=59, false)?,
            "BYSECOND" => self.second = numbers(name, value, 0..=59, false)?,
            "BYDAY" => self.weekday = weekdays(value)?,
            _ => return no(format!("`{}` is not a part of a rule that this agenda knows", shown(name))),
        }
        Ok(())
    }

    /// What holds between parts, and what bounds the cost.
    fn check(&self) -> Result<(), RuleError> {
        let nth = self.weekday.iter().any(|(nth, _)| nth.is_some());
        if nth && !matches!(self.freq, Frequency::Monthly | Frequency::Yearly) {
            return no("BYDAY has numbers (such as 2MO) only with FREQ=MONTHLY or YEARLY");
        }
        if nth && !self.week_no.is_empty() {
            return no("BYDAY has no numbers beside BYWEEKNO");
        }
        let times = self.hour.len().max(1) * self.minute.len().max(1) * self.second.len().max(1);
        let hours = if self.freq == Frequency::Hourly && self.hour.is_empty() { 24 } else { 1 };
        if times * hours > MAX_TIMES_A_DAY {
            return no(format!("a rule repeats {MAX_TIMES_A_DAY} times a day at most"));
        }
        Ok(())
    }

    /// This rule with another end.
    #[must_use]
    pub fn ending(&self, end: End) -> Self {
        Self { end, ..self.clone() }
    }

    /// The expander's form of the rule, endless: the caller stops it.
    pub(super) fn builder(&self) -> RRule<Unvalidated> {
        let small = |list: &[i16]| list.iter().filter_map(|n| i8::try_from(*n).ok()).collect::<Vec<_>>();
        let unsigned = |list: &[i16]| list.iter().filter_map(|n| u8::try_from(*n).ok()).collect::<Vec<_>>();
        let months: Vec<chrono::Month> =
            unsigned(&self.month).into_iter().filter_map(|n| chrono::Month::try_from(n).ok()).collect();
        RRule::new(self.freq)
            .interval(self.interval)
            .week_start(self.week_start)
            .by_set_pos(self.set_pos.iter().map(|n| i32::from(*n)).collect())
            .by_month(&months)
            .by_month_day(small(&self.month_day))
            .by_year_day(self.year_day.clone())
            .by_week_no(small(&self.week_no))
            .by_weekday(self.weekday.iter().map(|(nth, day)| NWeekday::new(*nth, *day)).collect())
            .by_hour(unsigned(&self.hour))
            .by_minute(unsigned(&self.minute))
            .by_second(unsigned(&self.second))
    }

    /// The rule's text, as iCalendar wants it for this kind of time: UNTIL is a date for all-day series, UTC for zoned
    /// ones, local for floating ones.
    pub fn text(&self, when: &When) -> String {
        let until = |local: NaiveDateTime| match (when.all_day(), when.zone()) {
            (true, _) => local.format("%Y%m%d").to_string(),
            (false, Some(zone)) => when::instant(zone, local).format("%Y%m%dT%H%M%SZ").to_string(),
            (false, None) => local.format("%Y%m%dT%H%M%S").to_string(),
        };
        self.write(until)
    }

    /// The text that [`Self::parse`] reads back without loss, whatever the zone.
    pub fn stored(&self) -> String {
        self.write(|local| local.format("%Y%m%dT%H%M%S").to_string())
    }

    fn write(&self, until: impl Fn(NaiveDateTime) -> String) -> String {
        let mut text = format!("FREQ={}", self.freq);
        let mut part = |name: &str, value: String| {
            if !value.is_empty() {
                write!(text, ";{name}={value}").expect("writing to a string does not fail");
            }
        };
        match self.end {
            End::Never => {}
            End::Count(count) => part("COUNT", count.to_string()),
            End::Until(local) => part("UNTIL", until(local)),
        }
        if self.interval != 1 {
            part("INTERVAL", self.interval.to_string());
        }
        if self.week_start != Weekday::Mon {
            part("WKST", day_name(self.week_start).into());
        }
        part("BYMONTH", joined(&self.month));
        part("BYWEEKNO", joined(&self.week_no));
        part("BYYEARDAY", joined(&self.year_day));
        part("BYMONTHDAY", joined(&self.month_day));
        let days = self.weekday.iter().map(|(nth, day)| {
            nth.map_or_else(|| day_name(*day).into(), |nth| format!("{nth}{}", day_name(*day)))
        });
        part("BYDAY", days.collect::<Vec<String>>().join(","));
        part("BYHOUR", joined(&self.hour));
        part("BYMINUTE", joined(&self.minute));
        part("BYSECOND", joined(&self.second));
        part("BYSETPOS", joined(&self.set_pos));
        text
    }
}

fn joined(list: &[i16]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A name of the request, cut so that a message stays short.
fn shown(name: &str) -> &str {
    name.get(..30).unwrap_or(name)
}

fn frequency(value: &str) -> Result<Frequency, RuleError> {
    Ok(match value {
        "YEARLY" => Frequency::Yearly,
        "MONTHLY" => Frequency::Monthly,
        "WEEKLY" => Frequency::Weekly,
        "DAILY" => Frequency::Daily,
        "HOURLY" => Frequency::Hourly,
        "MINUTELY" | "SECONDLY" => {
            return no("an event repeats each hour at most; FREQ=HOURLY is the finest");
        }
        _ => return no("FREQ is one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY"),
    })
}

fn day(name: &str) -> Option<Weekday> {
    DAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day)
}

fn day_name(day: Weekday) -> &'static str {
    DAYS[day.num_days_from_monday() as usize].0
}

fn numbers(
    name: &str,
    value: &str,
    range: std::ops::RangeInclusive<i16>,
    negative: bool,
) -> Result<Vec<i16>, RuleError> {
    let (low, high) = range.into_inner();
    let number = |text: &str| {
        let number: i16 = text.parse().ok()?;
        let size = if negative { number.checked_abs()? } else { number };
        (low..=high).contains(&size).then_some(number)
    };
    let mut list = Vec::new();
    for text in value.split(',') {
        match number(text) {
            Some(number) => list.push(number),
            None if negative => {
                return no(format!("{name} has numbers from {low} to {high} or -{high} to -{low}"));
            }
            None => return no(format!("{name} has numbers from {low} to {high}")),
        }
    }
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

fn weekdays(value: &str) -> Result<Vec<(Option<i16>, Weekday)>, RuleError> {
    let one = |text: &str| {
        let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let nth = match nth {
            "" => None,
            nth => Some(nth.parse::<i16>().ok().filter(|nth| (1..=53).contains(&nth.abs()))?),
        };
        Some((nth, day(name)?))
    };
    let mut list = Vec::new();
    for text in value.split(',') {
        match one(text) {
            Some(day) if !list.contains(&day) => list.push(day),
            Some(_) => {}
            None => return no("BYDAY has days such as MO or, for the second Monday, 2MO"),
        }
    }
    Ok(list)
}

/// UNTIL on the series' own clock. A date beside a timed series means the whole day, as calendars write it.
fn until(value: &str, when: &When) -> Option<NaiveDateTime> {
    let zulu = value.strip_suffix('Z');
    let (date, time) =
        zulu.unwrap_or(value).split_once('T').map_or((value, None), |(date, time)| (date, Some(time)));
    let date = chrono::NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
    // Beyond what a window can ask for, an end is as good as none.
    if date.format("%Y").to_string().len() != 4 {
        return None;
    }
    let local = match time {
        None => date.and_hms_opt(23, 59, 59)?,
        Some(time) => date.and_time(NaiveTime::parse_from_str(time, "%H%M%S").ok()?),
    };
    let clock = if zulu.is_some() { when.zone() } else { None };
    let local = clock.map_or(local, |zone: Tz| when::wall_clock(zone, local.and_utc()));
    Some(if when.all_day() { local.date().and_time(NaiveTime::MIN) } else { local })
}

//! Expanding a series into its occurrences, on the wall clock.
//!
//! A rule is expanded in local time (the expander is told that it is UTC, which has no changes), and each local start
//! becomes an instant afterwards: so nine o'clock stays nine o'clock, and zones cost nothing here. The start of a
//! series always is its first occurrence, also when the rule does not name it.

use chrono::{DateTime, Datelike, Months, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use rrule::{Frequency, RRule, RRuleSet, Validated};

use super::rule::{End, Rule, RuleError};
use super::when::When;

/// Occurrences later than this do not exist: past the last year that a window can ask for.
const LAST_YEAR: i32 = 2210;

/// A rule bound to its start, with the last occurrence known.
#[derive(Clone, Debug)]
pub struct Series {
    start: NaiveDateTime,
    rule: Rule,
    expander: RRule<Validated>,
    /// Local start of the last occurrence at most; `None` for endless ones.
    last: Option<NaiveDateTime>,
}

/// The rest follows from these two.
impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.rule == other.rule
    }
}

fn to_expander(local: NaiveDateTime) -> DateTime<rrule::Tz> {
    rrule::Tz::UTC.from_utc_datetime(&local)
}

impl Series {
    /// Binds a rule to the start of `when`. Refuses rules that never happen.
    ///
    /// Counting costs up to [`super::rule::MAX_COUNT`] steps; [`Self::stored`] does without.
    pub fn new(rule: Rule, when: &When) -> Result<Self, RuleError> {
        let mut series = Self::stored(rule, when, None)?;
        match series.rule.end {
            End::Never => {}
            End::Until(until) => {
                if until < series.start {
                    return Err(RuleError("UNTIL is before the start of the event".into()));
                }
                series.last = Some(until);
            }
            End::Count(count) => {
                // The start counts, whether the rule names it or not.
                let last = series.all().nth(count as usize - 1);
                series.last = Some(last.unwrap_or_else(end_of_time));
            }
        }
        if series.rule_starts(series.start).next().is_none() {
            return Err(RuleError("the rule never happens".into()));
        }
        Ok(series)
    }

    /// A series that was checked before; `last` as [`Self::last`] gave it.
    pub fn stored(rule: Rule, when: &When, last: Option<NaiveDateTime>) -> Result<Self, RuleError> {
        let start = when.start();
        let expander =
            rule.builder().validate(to_expander(start)).map_err(|error| RuleError(error.to_string()))?;
        Ok(Self { start, rule, expander, last })
    }

    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Local start of the last occurrence (or a bound for it); `None` for an endless series.
    pub fn last(&self) -> Option<NaiveDateTime> {
        self.last
    }

    /// Local starts, in order, from `from` on. Without end for endless rules: the caller stops.
    pub fn starts(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + use<> {
        let first = (self.start >= from).then_some(self.start);
        let start = self.start;
        let rest = self.rule_starts(from).filter(move |local| *local > start);
        first.into_iter().chain(rest)
    }

    /// Whether an occurrence starts at exactly this local time.
    pub fn contains(&self, local: NaiveDateTime) -> bool {
        self.starts(local).next() == Some(local)
    }

    fn all(&self) -> impl Iterator<Item = NaiveDateTime> + use<> {
        self.starts(self.start)
    }

    /// What the rule alone gives from `from` on, until the end of the series.
    fn rule_starts(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + use<> {
        let begin = self.skip_to(from);
        let last = self.last.unwrap_or_else(end_of_time).min(end_of_time());
        let mut set = RRuleSet::new(to_expander(begin)).rrule(self.expander.clone()).limit().into_iter();
        let series_start = self.start;
        let within = from <= last;
        std::iter::from_fn(move || if within { set.next() } else { None })
            .map(|at| at.naive_utc())
            .take_while(move |local| *local <= last)
            .filter(move |local| *local >= from && *local >= series_start)
    }

    /// A start from which the rule gives the same occurrences from `from` on as from its own start: the beginning of
    /// a period (year, month, ...) that INTERVAL does not skip. So an old series costs no more than a new one.
    fn skip_to(&self, from: NaiveDateTime) -> NaiveDateTime {
        let start = self.start;
        let interval = i64::from(self.rule.interval);
        let midnight = start.date().and_time(NaiveTime::MIN);
        // One period of margin: week 1 of a year begins in the year before, and weeks cross months.
        let periods = |distance: i64| ((distance - 1) / interval).max(0) * interval;
        let begin = match self.rule.freq {
            Frequency::Yearly => {
                let years = periods(i64::from(from.year() - start.year()));
                let january = start.date().with_ordinal(1).map(|day| day.and_time(NaiveTime::MIN));
                january.and_then(|day| day.checked_add_months(Months::new(u32::try_from(years * 12).ok()?)))
            }
            Frequency::Monthly => {
                let month = |local: NaiveDateTime| i64::from(local.year()) * 12 + i64::from(local.month0());
                let months = periods(month(from) - month(start));
                midnight
                    .with_day(1)
                    .and_then(|day| day.checked_add_months(Months::new(u32::try_from(months).ok()?)))
            }
            Frequency::Weekly => {
                let week = midnight.date().week(self.rule.week_start).first_day().and_time(NaiveTime::MIN);
                week.checked_add_signed(TimeDelta::weeks(periods((from - week).num_weeks())))
            }
            Frequency::Daily => {
                midnight.checked_add_signed(TimeDelta::days(periods((from - midnight).num_days())))
            }
            _ => {
                let hour = midnight + TimeDelta::hours(i64::from(chrono::Timelike::hour(&start)));
                hour.checked_add_signed(TimeDelta::hours(periods((from - hour).num_hours())))
            }
        };
        begin.filter(|begin| *begin > start).unwrap_or(start)
    }
}

fn end_of_time() -> NaiveDateTime {
    chrono::NaiveDate::from_ymd_opt(LAST_YEAR, 1, 1)
        .unwrap_or(chrono::NaiveDate::MAX)
        .and_time(NaiveTime::MIN)
}

#[cfg(test)]
#[path = "recurrence_tests.rs"]
mod tests;

//! When reminders are due. Pure; [`super::reminders`] sends them.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::model::Plan;
use super::occurrences;

/// A reminder of one occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub at: DateTime<Utc>,
    pub occurrence: NaiveDateTime,
    pub minutes: u32,
}

/// Longest notice that any reminder of the plan gives; `None` without reminders.
fn longest(plan: &Plan) -> Option<TimeDelta> {
    let changed = plan.recurrence.iter().flat_map(|recurrence| recurrence.changed.values());
    let changed = changed.filter_map(|change| change.reminders.as_ref());
    let minutes =
        std::iter::once(&plan.reminders).chain(changed).flat_map(|reminders| reminders.minutes()).max()?;
    Some(TimeDelta::minutes(i64::from(*minutes)))
}

/// The reminders of one occurrence.
fn of<'a>(plan: &'a Plan, occurrence: &occurrences::Occurrence) -> impl Iterator<Item = Due> + use<'a> {
    let (id, starts_at) = (occurrence.id, occurrence.starts_at);
    let minutes = occurrences::details(plan, id).reminders.minutes();
    minutes.iter().map(move |minutes| Due {
        at: starts_at - TimeDelta::minutes(i64::from(*minutes)),
        occurrence: id,
        minutes: *minutes,
    })
}

/// Reminders due after `after` and not later than `until`, for a reader in `reader`, in order.
pub fn between(plan: &Plan, after: DateTime<Utc>, until: DateTime<Utc>, reader: Tz) -> Vec<Due> {
    let Some(longest) = longest(plan) else { return Vec::new() };
    let last = until + longest;
    let mut found: Vec<Due> = occurrences::starting(plan, after, reader)
        // Changed ones come first and in no order: only the plain ones end the search.
        .take_while(|occurrence| occurrence.changed || occurrence.starts_at <= last + occurrences::DISORDER)
        .flat_map(|occurrence| of(plan, &occurrence))
        .filter(|due| due.at > after && due.at <= until)
        .collect();
    found.sort_by_key(|due| (due.at, due.occurrence));
    found
}

/// When the first reminder after `after` is due, for a reader in `reader`.
pub fn next(plan: &Plan, after: DateTime<Utc>, reader: Tz) -> Option<DateTime<Utc>> {
    let longest = longest(plan)?;
    let mut best: Option<DateTime<Utc>> = None;
    for occurrence in occurrences::starting(plan, after, reader) {
        let too_late = best.is_some_and(|best| occurrence.starts_at - longest > best + occurrences::DISORDER);
        if !occurrence.changed && too_late {
            break;
        }
        let first = of(plan, &occurrence).map(|due| due.at).filter(|at| *at > after).min();
        best = match (best, first) {
            (Some(best), Some(first)) => Some(best.min(first)),
            (best, first) => best.or(first),
        };
        // A series whose plain occurrences have no reminders: only the changed ones count.
        if !occurrence.changed && plan.reminders.minutes().is_empty() {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::arbitrary::{any_plan, now};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

        /// However time is cut into turns, each reminder is in exactly one of them.
        #[test]
        fn turns_put_together_are_the_whole(plan in any_plan(), day in -350i64..100, cuts in proptest::collection::vec(1i64..20_000, 1..8)) {
            let zone = Tz::Pacific__Auckland;
            let begin = now() + TimeDelta::days(day);
            let (mut parts, mut at) = (Vec::new(), begin);
            for minutes in &cuts {
                let end = at + TimeDelta::minutes(*minutes);
                parts.extend(between(&plan, at, end, zone));
                at = end;
            }
            let whole = between(&plan, begin, at, zone);
            prop_assert_eq!(&parts, &whole);
            let following = next(&plan, begin, zone);
            match whole.first() {
                Some(first) => prop_assert_eq!(following, Some(first.at)),
                None => prop_assert!(following.is_none_or(|following| following > at)),
            }
        }
    }
}

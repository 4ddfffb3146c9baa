//! The occurrences of an event: series, exclusions and changes put together.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::model::{Change, Plan, Reminders};
use super::text::{Color, Notes, Place, Title};
use super::when::{self, When};

/// Local times and instants differ by less than this, in every zone.
const CLOCK_SLACK: TimeDelta = TimeDelta::days(2);
/// Local order and order in time can differ around a daylight-saving change, by less than this.
pub(super) const DISORDER: TimeDelta = TimeDelta::hours(26);

/// One happening of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The local start that the series gives: names the occurrence, also after it was moved.
    pub id: NaiveDateTime,
    /// Where it really lies.
    pub when: When,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Whether it differs from the series.
    pub changed: bool,
}

impl Occurrence {
    fn new(plan: &Plan, id: NaiveDateTime, change: Option<&Change>, reader: Tz) -> Self {
        let when = match change.and_then(|change| change.time) {
            Some((start, length)) => When::from_parts(start, length, plan.when.all_day(), plan.when.zone()),
            None => plan.when.moved_to(id),
        };
        let (starts_at, ends_at) = when.instants(when.start(), reader);
        Self { id, when, starts_at, ends_at, changed: change.is_some() }
    }

    /// Whether some of it lies in the window. An occurrence without length counts where it starts.
    fn overlaps(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        self.starts_at < to && (self.ends_at > from || self.starts_at >= from)
    }
}

/// The occurrence with this id, if there is one.
pub fn find(plan: &Plan, id: NaiveDateTime, reader: Tz) -> Option<Occurrence> {
    let change = plan.recurrence.as_ref().and_then(|recurrence| recurrence.changed.get(&id));
    plan.has(id).then(|| Occurrence::new(plan, id, change, reader))
}

/// The first `limit` occurrences that overlap `from..to` and for which `wanted` holds, ordered by start, then id.
/// `reader` is the clock on which floating and all-day events are read.
pub fn within(
    plan: &Plan,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    reader: Tz,
    limit: usize,
    wanted: impl Fn(&Occurrence) -> bool,
) -> Vec<Occurrence> {
    let keep = |occurrence: &Occurrence| occurrence.overlaps(from, to) && wanted(occurrence);
    let Some(recurrence) = &plan.recurrence else {
        let only = Occurrence::new(plan, plan.when.start(), None, reader);
        return Some(only).filter(keep).into_iter().take(limit).collect();
    };
    let zone = plan.when.zone().unwrap_or(reader);
    let first = when::wall_clock(zone, from) - plan.when.length() - CLOCK_SLACK;
    let last = when::wall_clock(zone, to) + CLOCK_SLACK;

    let mut found: Vec<Occurrence> = recurrence
        .changed
        .iter()
        .filter(|(id, _)| !recurrence.excluded.contains(id))
        .map(|(id, change)| Occurrence::new(plan, *id, Some(change), reader))
        .filter(keep)
        .collect();
    let mut plain = 0;
    let mut stop = last;
    for id in recurrence.series.starts(first) {
        if id > stop {
            break;
        }
        if recurrence.excluded.contains(&id) || recurrence.changed.contains_key(&id) {
            continue;
        }
        let occurrence = Occurrence::new(plan, id, None, reader);
        if keep(&occurrence) {
            found.push(occurrence);
            plain += 1;
            if plain == limit {
                stop = stop.min(id + DISORDER);
            }
        }
    }
    found.sort_by_key(|occurrence| (occurrence.starts_at, occurrence.id));
    found.truncate(limit);
    found
}

/// What an occurrence shows: its own words where it was changed, else those of the series.
#[derive(Clone, Copy, Debug)]
pub struct Details<'a> {
    pub title: &'a Title,
    pub place: Option<&'a Place>,
    pub notes: Option<&'a Notes>,
    pub color: Option<&'a Color>,
    pub reminders: &'a Reminders,
}

/// The details of the occurrence with this id.
pub fn details(plan: &Plan, id: NaiveDateTime) -> Details<'_> {
    let change = plan.recurrence.as_ref().and_then(|recurrence| recurrence.changed.get(&id));
    Details {
        title: change.and_then(|change| change.title.as_ref()).unwrap_or(&plan.title),
        place: change.and_then(|change| change.place.as_ref()).unwrap_or(&plan.place).as_ref(),
        notes: change.and_then(|change| change.notes.as_ref()).unwrap_or(&plan.notes).as_ref(),
        color: change.and_then(|change| change.color.as_ref()).unwrap_or(&plan.color).as_ref(),
        reminders: change.and_then(|change| change.reminders.as_ref()).unwrap_or(&plan.reminders),
    }
}

/// The occurrences that start at `from` or later, changed ones first, the others in their order and as long as the
/// caller asks.
pub fn starting(plan: &Plan, from: DateTime<Utc>, reader: Tz) -> impl Iterator<Item = Occurrence> {
    let zone = plan.when.zone().unwrap_or(reader);
    let first = when::wall_clock(zone, from) - CLOCK_SLACK;
    let recurrence = plan.recurrence.as_ref();
    let only = recurrence.is_none().then(|| Occurrence::new(plan, plan.when.start(), None, reader));
    let changed = recurrence.into_iter().flat_map(|recurrence| &recurrence.changed);
    let plain = recurrence.into_iter().flat_map(move |recurrence| {
        let follows =
            |id: &NaiveDateTime| !recurrence.excluded.contains(id) && !recurrence.changed.contains_key(id);
        recurrence.series.starts(first).filter(follows)
    });
    only.into_iter()
        .chain(changed.map(move |(id, change)| Occurrence::new(plan, *id, Some(change), reader)))
        .chain(plain.map(move |id| Occurrence::new(plan, id, None, reader)))
        .filter(move |occurrence| occurrence.starts_at >= from)
}

/// Whether any occurrence is left.
pub fn any(plan: &Plan) -> bool {
    match &plan.recurrence {
        None => true,
        Some(recurrence) => recurrence
            .series
            .starts(plan.when.start())
            // One more than can be excluded.
            .take(recurrence.excluded.len() + 1)
            .any(|id| !recurrence.excluded.contains(&id)),
    }
}

/// The instants between which everything of this event lies, on whatever clock it is read; no end for endless series.
/// For the index that finds the events of a window.
pub fn span(plan: &Plan) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
    let slack = if plan.when.zone().is_some() { TimeDelta::zero() } else { CLOCK_SLACK };
    let bounds = |when: &When| {
        let (from, to) = when.instants(when.start(), Tz::UTC);
        (from - slack, to + slack)
    };
    let (mut from, first_end) = bounds(&plan.when);
    let Some(recurrence) = &plan.recurrence else { return (from, Some(first_end)) };
    let mut to = recurrence.series.last().map(|last| bounds(&plan.when.moved_to(last)).1);
    for (start, length) in recurrence.changed.values().filter_map(|change| change.time) {
        let moved = bounds(&When::from_parts(start, length, plan.when.all_day(), plan.when.zone()));
        from = from.min(moved.0);
        to = to.map(|to| to.max(moved.1));
    }
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::arbitrary::{any_plan, now};
    use chrono_tz::TZ_VARIANTS;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

        /// What a window shows is what a wider one shows there; pages put together are the whole.
        #[test]
        fn a_window_is_the_filter_of_a_wider_one(
            plan in any_plan(), day in -400i64..800, width in 1i64..60, page in 1usize..5, zone in 0..TZ_VARIANTS.len(),
        ) {
            let reader = TZ_VARIANTS[zone];
            let from = now() + TimeDelta::days(day) + TimeDelta::minutes(day);
            let to = from + TimeDelta::days(width);
            let narrow = within(&plan, (from, to), reader, usize::MAX, |_| true);
            let wider = (from - TimeDelta::days(500), to + TimeDelta::days(50));
            let mut wide = within(&plan, wider, reader, usize::MAX, |_| true);
            wide.retain(|found| found.overlaps(from, to));
            prop_assert_eq!(&narrow, &wide);
            for found in &narrow {
                prop_assert_eq!(find(&plan, found.id, reader), Some(found.clone()));
                let (first, last) = span(&plan);
                prop_assert!(found.starts_at >= first && last.is_none_or(|last| found.ends_at <= last));
            }
            let mut paged: Vec<Occurrence> = Vec::new();
            loop {
                let last = paged.last().map(|found| (found.starts_at, found.id));
                let begin = last.map_or(from, |(starts_at, _)| from.max(starts_at));
                let after = |found: &Occurrence| last.is_none_or(|last| (found.starts_at, found.id) > last);
                let some = within(&plan, (begin, to), reader, page, after);
                if some.is_empty() {
                    break;
                }
                paged.extend(some);
            }
            prop_assert_eq!(&paged, &narrow);
        }
    }
}

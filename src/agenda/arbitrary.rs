//! Events of every kind, for property tests.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

use super::edit::{self, Edit};
use super::model::{Attendee, Event, Plan, Recurrence, Reminders, Response, Visibility, Who};
use super::recurrence::Series;
use super::rule::Rule;
use super::text::{Color, Email, Name, Notes, Place, Title, Uid};
use super::when::{Stamp, When};

/// The present in these tests.
pub fn now() -> DateTime<Utc> {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

/// The event of a plan.
pub fn event(n: u128, plan: Plan) -> Event {
    let id = Uuid::from_u128(n);
    let (created_at, updated_at) = (now(), now());
    Event { id, uid: Uid::of(id), owner_id: Uuid::from_u128(7), plan, version: 1, created_at, updated_at }
}

/// A plan with nothing but a title.
pub fn plain(when: When) -> Plan {
    Plan {
        title: Title::parse("Stand-up").unwrap(),
        when,
        place: None,
        notes: None,
        color: None,
        attendees: Vec::new(),
        reminders: Reminders::default(),
        recurrence: None,
        visibility: Visibility::Private,
    }
}

/// Plans with everything, in every kind of time.
pub fn any_plan() -> impl Strategy<Value = Plan> {
    let kind = proptest::sample::select(vec![
        None,
        Some(None),
        Some(Some(Tz::UTC)),
        Some(Some(Tz::Europe__Paris)),
        Some(Some(Tz::Australia__Lord_Howe)),
        Some(Some(Tz::America__New_York)),
    ]);
    let rule = proptest::sample::select(vec![
        "",
        "FREQ=DAILY;COUNT=9",
        "FREQ=WEEKLY;BYDAY=MO,TH;WKST=SU",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=DAILY;UNTIL=20270101T120000",
    ]);
    let words =
        ("[ -~é]{1,90}", proptest::option::of("[ -~]{1,30}"), proptest::option::of("([ -~]|\n|é){1,200}"));
    let times = (0i64..60 * 24 * 400, 0i64..3000);
    let lists = (
        proptest::collection::vec(0u32..40_000, 0..4),
        proptest::collection::vec(0usize..9, 0..3),
        0usize..9,
    );
    (kind, rule, words, times, lists).prop_filter_map(
        "valid",
        |(kind, rule, (title, place, notes), (minute, length), (reminders, gone, moved))| {
            let start = now().naive_utc() - TimeDelta::days(300) + TimeDelta::minutes(minute);
            let (stamp, all_day) = match kind {
                None => (Stamp::Date(start.date()), true),
                Some(_) => (Stamp::Local(start), false),
            };
            let length = if all_day { TimeDelta::days(1 + length % 9) } else { TimeDelta::minutes(length) };
            let when = When::new(stamp, None, all_day, kind.flatten()).ok()?.with_length(length).ok()?;
            let recurrence = match rule {
                "" => None,
                rule => Some(Recurrence {
                    series: Series::new(Rule::parse(rule, &when).ok()?, &when).ok()?,
                    excluded: Default::default(),
                    changed: Default::default(),
                }),
            };
            let mut plan = Plan {
                title: Title::parse(&title).ok()?,
                place: place.and_then(|place| Place::parse(&place).ok()),
                notes: notes.and_then(|notes| Notes::parse(&notes).ok()),
                color: Color::parse("#2f6fed").ok(),
                attendees: vec![
                    Attendee {
                        who: Who::Email(Email::parse("bob@example.org").ok()?),
                        name: Name::parse("Bob, \u{e9}").ok(),
                        response: Response::Declined,
                    },
                    Attendee {
                        who: Who::Account(Uuid::from_u128(9)),
                        name: Name::parse("Ann").ok(),
                        response: Response::NeedsAction,
                    },
                ],
                reminders: Reminders::parse(&reminders).ok()?,
                recurrence,
                ..plain(when)
            };
            if let Some(recurrence) = plan.recurrence.clone() {
                let ids: Vec<_> = recurrence.series.starts(plan.when.start()).take(9).collect();
                for id in gone.iter().filter_map(|n| ids.get(*n)) {
                    plan = edit::without(&plan, *id).ok()??;
                }
                let id = ids.get(moved).copied().filter(|id| plan.has(*id))?;
                let edit = Edit { title: Title::parse("Other").ok(), place: Some(None), ..Edit::default() };
                plan = edit::one(&plan, id, &edit).ok()?;
                if let Some(change) = plan.recurrence.as_mut()?.changed.get_mut(&id) {
                    change.time = Some((id + TimeDelta::days(1), plan.when.length() + TimeDelta::days(1)));
                    change.place = change.place.take().filter(|_| plan.place.is_some());
                }
            }
            Some(plan)
        },
    )
}

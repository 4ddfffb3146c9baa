use super::*;
use crate::agenda::when::wall_clock;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").unwrap()
}

fn plan(start: &str, rule: &str) -> Plan {
    let zone = (start.len() > 10).then_some(Tz::Europe__Paris);
    let when = When::new(Stamp::parse(start).unwrap(), None, zone.is_none(), zone).unwrap();
    let series = Series::new(Rule::parse(rule, &when).unwrap(), &when).unwrap();
    Plan {
        title: Title::parse("Stand-up").unwrap(),
        when,
        place: None,
        notes: None,
        color: None,
        attendees: Vec::new(),
        reminders: Reminders::default(),
        recurrence: Some(Recurrence { series, excluded: Default::default(), changed: BTreeMap::new() }),
        visibility: Visibility::Private,
    }
}

fn starts(plan: &Plan) -> Vec<String> {
    let window = (DateTime::<Utc>::UNIX_EPOCH, "2100-01-01T00:00:00Z".parse().unwrap());
    occurrences::within(plan, window, Tz::UTC, 400, |_| true)
        .iter()
        .map(|found| wall_clock(Tz::Europe__Paris, found.starts_at).format("%m-%dT%H").to_string())
        .collect()
}

fn titled(title: &str) -> Edit {
    Edit { title: Some(Title::parse(title).unwrap()), ..Edit::default() }
}

fn at(start: &str) -> Edit {
    Edit { start: Stamp::parse(start), ..Edit::default() }
}

#[test]
fn one_occurrence_changes_alone() {
    let daily = plan("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=3");
    let moved = one(&daily, local("2026-11-24T09:00:00"), &at("2026-11-24T15:00:00")).unwrap();
    assert_eq!(starts(&moved), ["11-23T09", "11-24T15", "11-25T09"]);
    // A second change of the same one keeps the first.
    let renamed = one(&moved, local("2026-11-24T09:00:00"), &titled("Late")).unwrap();
    assert_eq!(starts(&renamed), ["11-23T09", "11-24T15", "11-25T09"]);
    // Moved out of its window and before its predecessor, it still is found.
    let early = one(&daily, local("2026-11-25T09:00:00"), &at("2026-10-01T08:00:00")).unwrap();
    assert_eq!(starts(&early), ["10-01T08", "11-23T09", "11-24T09"]);
}

#[test]
fn what_belongs_to_the_series_cannot_change_in_one() {
    let daily = plan("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=3");
    let edit = Edit {
        attendees: Some(Vec::new()),
        visibility: Some(Visibility::Team),
        all_day: Some(true),
        zone: Some(None),
        recurrence: Some(None),
        ..Edit::default()
    };
    let fields: Vec<String> = one(&daily, local("2026-11-24T09:00:00"), &edit)
        .unwrap_err()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, ["attendees", "visibility", "recurrence", "all_day", "time_zone"]);
}

#[test]
fn this_and_following_splits_a_counted_series() {
    let daily = plan("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=5");
    let daily = without(&daily, local("2026-11-26T09:00:00")).unwrap().unwrap();
    let Split::Two { before, after } =
        following(&daily, local("2026-11-25T09:00:00"), &at("2026-11-25T11:00:00")).unwrap()
    else {
        panic!("two series expected");
    };
    assert_eq!(starts(&before), ["11-23T09", "11-24T09"]);
    assert_eq!(starts(&after), ["11-25T11", "11-27T11"]);
}

#[test]
fn splitting_at_the_first_changes_the_series_itself() {
    let daily = plan("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=3");
    let split = following(&daily, local("2026-11-23T09:00:00"), &titled("New")).unwrap();
    assert!(matches!(split, Split::Whole(plan) if plan.title.as_str() == "New" && starts(&plan).len() == 3));
    // The same when everything before was taken out.
    let daily = without(&daily, local("2026-11-23T09:00:00")).unwrap().unwrap();
    let split = following(&daily, local("2026-11-24T09:00:00"), &titled("New")).unwrap();
    assert!(matches!(split, Split::Whole(plan) if starts(&plan) == ["11-24T09", "11-25T09"]));
}

#[test]
fn all_day_series_split_by_date() {
    let daily = plan("2026-11-23", "FREQ=DAILY;COUNT=3");
    let Split::Two { before, after } =
        following(&daily, local("2026-11-25T00:00:00"), &titled("New")).unwrap()
    else {
        panic!("two series expected");
    };
    assert_eq!(before.recurrence.unwrap().series.rule().text(&daily.when), "FREQ=DAILY;UNTIL=20261124");
    assert_eq!(after.recurrence.unwrap().series.rule().stored(), "FREQ=DAILY;COUNT=1");
}

#[test]
fn deleting_leaves_nothing_when_nothing_is_left() {
    let twice = plan("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=2");
    let once = without(&twice, local("2026-11-23T09:00:00")).unwrap().unwrap();
    assert!(without(&once, local("2026-11-24T09:00:00")).unwrap().is_none());
    assert!(until(&twice, local("2026-11-23T09:00:00")).unwrap().is_none());
    assert!(until(&once, local("2026-11-24T09:00:00")).unwrap().is_none());
    assert_eq!(starts(&until(&twice, local("2026-11-24T09:00:00")).unwrap().unwrap()), ["11-23T09"]);
}

#[test]
fn moving_a_series_takes_its_exceptions_along() {
    let daily = plan("2026-11-23T09:00:00", "FREQ=DAILY;UNTIL=20261126T080000Z");
    let daily = without(&daily, local("2026-11-24T09:00:00")).unwrap().unwrap();
    let daily = one(&daily, local("2026-11-25T09:00:00"), &at("2026-11-25T15:00:00")).unwrap();
    assert_eq!(starts(&daily), ["11-23T09", "11-25T15", "11-26T09"]);
    let moved = series(&daily, &at("2026-11-23T10:00:00")).unwrap();
    assert_eq!(starts(&moved), ["11-23T10", "11-25T16", "11-26T10"]);
}

#[test]
fn a_new_rule_drops_exceptions_that_are_none() {
    let daily = plan("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=5");
    let daily = without(&daily, local("2026-11-24T09:00:00")).unwrap().unwrap();
    let new = NewRecurrence { rule: "FREQ=WEEKLY;COUNT=2".into(), excluded: None };
    let weekly = series(&daily, &Edit { recurrence: Some(Some(new)), ..Edit::default() }).unwrap();
    assert!(weekly.recurrence.as_ref().unwrap().excluded.is_empty());
    assert_eq!(starts(&weekly), ["11-23T09", "11-30T09"]);
    let once = series(&weekly, &Edit { recurrence: Some(None), ..Edit::default() }).unwrap();
    assert_eq!(starts(&once), ["11-23T09"]);
}

#[test]
fn changing_the_zone_keeps_the_wall_clock() {
    let daily = plan("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=2");
    let moved = series(&daily, &Edit { zone: Some(Some(Tz::America__New_York)), ..Edit::default() }).unwrap();
    assert_eq!(starts(&moved), ["11-23T15", "11-24T15"]);
    let floating = series(&daily, &Edit { zone: Some(None), ..Edit::default() }).unwrap();
    assert_eq!((floating.when.zone(), floating.when.start()), (None, local("2026-11-23T09:00:00")));
    let days = series(&daily, &Edit { all_day: Some(true), ..Edit::default() }).unwrap();
    assert_eq!(days.when.text(days.when.start()), "2026-11-23");
}

proptest! {
    /// Splitting loses and invents nothing.
    #[test]
    fn before_and_after_are_the_series(count in 2u32..40, at in 1usize..39, gone in proptest::collection::vec(0usize..40, 0..4)) {
        let mut whole = plan("2026-10-01T02:30:00", &format!("FREQ=DAILY;INTERVAL=3;COUNT={count}"));
        let ids: Vec<NaiveDateTime> = whole.recurrence.as_ref().unwrap().series.starts(local("2026-01-01T00:00:00")).collect();
        prop_assume!(at < ids.len());
        for id in gone.iter().filter_map(|gone| ids.get(*gone)) {
            let Some(less) = without(&whole, *id).unwrap() else { return Ok(()) };
            whole = less;
        }
        prop_assume!(whole.has(ids[at]));
        let found = match following(&whole, ids[at], &Edit::default()).unwrap() {
            Split::Whole(plan) => starts(&plan),
            Split::Two { before, after } => [starts(&before), starts(&after)].concat(),
        };
        prop_assert_eq!(found, starts(&whole));
    }
}

use super::*;
use crate::agenda::when::Stamp;
use chrono_tz::Tz;
use proptest::prelude::*;

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").unwrap()
}

fn when(start: &str, zone: Option<Tz>) -> When {
    let all_day = start.len() == 10;
    When::new(Stamp::parse(start).unwrap(), None, all_day, zone).unwrap()
}

fn series(start: &str, rule: &str) -> Series {
    let when = when(start, None);
    Series::new(Rule::parse(rule, &when).unwrap(), &when).unwrap()
}

fn refused(start: &str, rule: &str) -> String {
    let when = when(start, None);
    match Rule::parse(rule, &when).and_then(|rule| Series::new(rule, &when)) {
        Ok(series) => panic!("{rule} was accepted: {series:?}"),
        Err(error) => error.to_string(),
    }
}

fn days(series: &Series, from: &str, count: usize) -> Vec<String> {
    series.starts(local(from)).take(count).map(|at| at.format("%Y-%m-%d").to_string()).collect()
}

#[test]
fn rules_of_the_rfc() {
    let workdays = series("2026-11-20T09:00:00", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR");
    assert_eq!(days(&workdays, "2026-11-20T00:00:00", 3), ["2026-11-20", "2026-11-23", "2026-11-24"]);
    let last_friday = series("2026-01-30T09:00:00", "FREQ=MONTHLY;BYDAY=-1FR");
    assert_eq!(days(&last_friday, "2026-02-01T00:00:00", 2), ["2026-02-27", "2026-03-27"]);
    let last_workday = series("2026-01-30T09:00:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1");
    assert_eq!(days(&last_workday, "2026-02-01T00:00:00", 2), ["2026-02-27", "2026-03-31"]);
    let leap_day = series("2024-02-29", "FREQ=YEARLY");
    assert_eq!(days(&leap_day, "2024-03-01T00:00:00", 2), ["2028-02-29", "2032-02-29"]);
    let thanksgiving = series("2026-11-26", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH");
    assert_eq!(days(&thanksgiving, "2027-01-01T00:00:00", 2), ["2027-11-25", "2028-11-23"]);
    let fortnight = series("2026-11-23T09:00:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU");
    assert_eq!(days(&fortnight, "2026-11-23T00:00:00", 3), ["2026-11-23", "2026-12-06", "2026-12-07"]);
    let week_20 = series("1997-05-12T09:00:00", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO");
    assert_eq!(days(&week_20, "1998-01-01T00:00:00", 2), ["1998-05-11", "1999-05-17"]);
}

#[test]
fn the_thirty_first_skips_short_months() {
    let monthly = series("2026-01-31T09:00:00", "FREQ=MONTHLY");
    assert_eq!(days(&monthly, "2026-02-01T00:00:00", 3), ["2026-03-31", "2026-05-31", "2026-07-31"]);
}

#[test]
fn the_start_is_the_first_occurrence_even_beside_the_rule() {
    let tuesdays = series("2026-11-23T09:00:00", "FREQ=WEEKLY;BYDAY=TU;COUNT=3");
    assert_eq!(days(&tuesdays, "2026-01-01T00:00:00", 9), ["2026-11-23", "2026-11-24", "2026-12-01"]);
    assert_eq!(tuesdays.last(), Some(local("2026-12-01T09:00:00")));
}

#[test]
fn count_and_until_end_a_series() {
    let counted = series("2026-11-23T09:00:00", "FREQ=DAILY;COUNT=5000");
    assert_eq!(counted.last(), Some(local("2040-07-31T09:00:00")));
    assert_eq!(counted.starts(local("2040-07-30T10:00:00")).count(), 1);
    assert_eq!(counted.starts(local("2041-01-01T00:00:00")).count(), 0);
    let until = series("2026-11-23T09:00:00", "FREQ=DAILY;UNTIL=20261125T090000");
    assert_eq!(days(&until, "2026-01-01T00:00:00", 9), ["2026-11-23", "2026-11-24", "2026-11-25"]);
    let whole_day = series("2026-11-23T09:00:00", "FREQ=DAILY;UNTIL=20261124");
    assert_eq!(days(&whole_day, "2026-01-01T00:00:00", 9).len(), 2);
    let dates = series("2026-11-23", "FREQ=DAILY;UNTIL=20261124T235959Z");
    assert_eq!(days(&dates, "2026-01-01T00:00:00", 9).len(), 2);
}

#[test]
fn until_in_utc_is_read_on_the_series_clock() {
    let when = when("2026-11-23T23:30:00", Some(Tz::America__New_York));
    let rule = Rule::parse("FREQ=DAILY;UNTIL=20261126T043000Z", &when).unwrap();
    assert_eq!(rule.end, End::Until(local("2026-11-25T23:30:00")));
    assert_eq!(rule.text(&when), "FREQ=DAILY;UNTIL=20261126T043000Z");
    assert_eq!(rule.stored(), "FREQ=DAILY;UNTIL=20261125T233000");
}

#[test]
fn wall_clock_stays_across_daylight_saving_changes() {
    let cases = [
        // Zone, start, expected UTC hour and minute before and after the change.
        (Tz::Europe__Paris, "2026-03-28T09:00:00", ["08:00", "07:00"]),
        (Tz::Europe__Paris, "2026-10-24T09:00:00", ["07:00", "08:00"]),
        (Tz::America__New_York, "2026-03-07T09:00:00", ["14:00", "13:00"]),
        (Tz::America__New_York, "2026-10-31T09:00:00", ["13:00", "14:00"]),
        (Tz::Australia__Lord_Howe, "2026-04-04T09:00:00", ["22:00", "22:30"]),
        (Tz::Australia__Lord_Howe, "2026-10-03T09:00:00", ["22:30", "22:00"]),
    ];
    for (zone, start, expected) in cases {
        let when = when(start, Some(zone));
        let series = Series::new(Rule::parse("FREQ=DAILY", &when).unwrap(), &when).unwrap();
        let found: Vec<String> = series
            .starts(local(start))
            .take(2)
            .map(|start| when.instants(start, Tz::UTC).0.format("%H:%M").to_string())
            .collect();
        assert_eq!(found, expected, "{zone} {start}");
    }
}

#[test]
fn an_occurrence_in_the_gap_moves_and_the_next_day_is_back() {
    let when = when("2026-03-28T02:30:00", Some(Tz::Europe__Paris));
    let series = Series::new(Rule::parse("FREQ=DAILY;COUNT=3", &when).unwrap(), &when).unwrap();
    let found: Vec<String> = series
        .starts(local("2026-03-28T00:00:00"))
        .map(|start| when.instants(start, Tz::UTC).0.format("%dT%H:%MZ").to_string())
        .collect();
    assert_eq!(found, ["28T01:30Z", "29T01:30Z", "30T00:30Z"]);
}

#[test]
fn pathological_rules_are_refused_with_a_reason() {
    let start = "2026-11-23T09:00:00";
    for (rule, expected) in [
        ("FREQ=SECONDLY", "each hour at most"),
        ("FREQ=MINUTELY;INTERVAL=60", "each hour at most"),
        ("FREQ=HOURLY;BYMINUTE=0,15,30,45", "48 times a day"),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,1,2,3,4,5,6,7,8,9", "48 times a day"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never happens"),
        ("FREQ=DAILY;COUNT=5001", "1 to 5000"),
        ("FREQ=DAILY;INTERVAL=0", "1 to 1000"),
        ("FREQ=DAILY;INTERVAL=99999999999", "1 to 1000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "exclude"),
        ("FREQ=DAILY;UNTIL=20250101", "before the start"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("BYDAY=MO", "FREQ is missing"),
        ("FREQ=WEEKLY;BYDAY=2MO", "only with"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=DAILY;BYHOUR=24", "0 to 23"),
        ("FREQ=DAILY;BYEASTER=0", "BYEASTER"),
        ("RSCALE=HEBREW;FREQ=YEARLY", "RSCALE"),
        ("FREQ", "NAME=VALUE"),
        ("", "FREQ is missing"),
        ("FREQ=DAILY;WKST=\u{e9}", "ASCII"),
    ] {
        let message = refused(start, rule);
        assert!(message.contains(expected), "{rule}: {message}");
    }
}

#[test]
fn an_old_series_costs_no_more_than_a_new_one() {
    let from = local("2026-11-23T00:00:00");
    for rule in [
        "FREQ=HOURLY",
        "FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=YEARLY;BYWEEKNO=1",
    ] {
        let old = series("1950-01-02T09:00:00", rule);
        let skipped = old.skip_to(from);
        let periods = from - skipped;
        assert!(periods <= TimeDelta::days(731), "{rule} starts at {skipped}");
        assert!(old.starts(from).next().unwrap() - from <= TimeDelta::days(366), "{rule}");
    }
}

/// Rules of every frequency with lists that combine.
fn any_rule() -> impl Strategy<Value = String> {
    let list = |name: &'static str, values: Vec<&'static str>| {
        proptest::option::weighted(0.35, proptest::sample::subsequence(values, 1..=3))
            .prop_map(move |list| list.map_or(String::new(), |list| format!(";{name}={}", list.join(","))))
    };
    let days = list("BYDAY", vec!["MO", "TU", "FR", "SA", "SU"]);
    let nth_days = list("BYDAY", vec!["1MO", "-1FR", "2TU", "SU"]);
    let month = list("BYMONTH", vec!["1", "2", "6", "12"]);
    let month_day = list("BYMONTHDAY", vec!["1", "15", "29", "31", "-1"]);
    let week_no = list("BYWEEKNO", vec!["1", "20", "53", "-1"]);
    let hour = list("BYHOUR", vec!["0", "6", "9", "23"]);
    let set_pos = list("BYSETPOS", vec!["1", "2", "-1"]);
    let freq = proptest::sample::select(vec!["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]);
    let end = proptest::sample::select(vec!["", "", ";COUNT=7", ";COUNT=60", ";UNTIL=20300101T000000Z"]);
    let week_start = proptest::sample::select(vec!["", ";WKST=SU"]);
    (freq, 1u16..7, (days, nth_days, month, month_day, week_no), hour, set_pos, end, week_start).prop_map(
        |(freq, interval, (days, nth_days, month, month_day, week_no), hour, set_pos, end, week_start)| {
            let by = match freq {
                "YEARLY" if week_no.is_empty() => format!("{nth_days}{month}{month_day}"),
                "YEARLY" => format!("{week_no}{days}"),
                "MONTHLY" => format!("{nth_days}{month}{month_day}"),
                "WEEKLY" => format!("{days}{month}"),
                _ => format!("{days}{month}{month_day}"),
            };
            let set_pos = if by.is_empty() { String::new() } else { set_pos };
            format!("FREQ={freq};INTERVAL={interval}{by}{hour}{set_pos}{end}{week_start}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// What a window shows does not depend on where the search began.
    #[test]
    fn a_window_is_the_filter_of_a_wider_one(rule in any_rule(), day in 0i64..1500, minute in 0i64..1440, skip in 0i64..2500, width in 0i64..100) {
        let start = local("2020-01-01T00:00:00") + TimeDelta::days(day) + TimeDelta::minutes(minute);
        let when = When::new(Stamp::Local(start), None, false, None).unwrap();
        let Ok(series) = Rule::parse(&rule, &when).and_then(|rule| Series::new(rule, &when)) else { return Ok(()) };
        let from = start + TimeDelta::days(skip) + TimeDelta::minutes(skip % 1440);
        let to = from + TimeDelta::days(width);
        let narrow: Vec<_> = series.starts(from).take_while(|at| *at < to).collect();
        let wide: Vec<_> = series.starts(start).take_while(|at| *at < to).filter(|at| *at >= from).collect();
        prop_assert_eq!(&narrow, &wide, "{} from {}", rule, start);
        for at in narrow.iter().take(5) {
            prop_assert!(series.contains(*at));
            prop_assert!(!series.contains(*at + TimeDelta::minutes(1)));
        }
    }

    #[test]
    fn a_rule_reads_back_as_it_was_written(rule in any_rule()) {
        let when = when("2026-11-23T09:00:00", Some(Tz::Europe__Paris));
        let rule = Rule::parse(&rule, &when).unwrap();
        prop_assert_eq!(&Rule::parse(&rule.text(&when), &when).unwrap(), &rule);
        prop_assert_eq!(&Rule::parse(&rule.stored(), &when).unwrap(), &rule);
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,80}") {
        let _ = Rule::parse(&text, &when("2026-11-23T09:00:00", None));
    }

    #[test]
    fn parsing_what_looks_like_a_rule_never_panics(parts in proptest::collection::vec("(FREQ|BYDAY|BYMONTHDAY|BYSETPOS|UNTIL|COUNT|INTERVAL|WKST|BYWEEKNO)=[A-Z0-9,+-]{0,12}", 0..6)) {
        let _ = Rule::parse(&parts.join(";"), &when("2026-11-23T09:00:00", Some(Tz::Europe__Paris)));
    }
}

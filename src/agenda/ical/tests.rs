use super::*;
use crate::agenda::arbitrary::{any_plan, event, now, plain};
use crate::agenda::model::{Event, Plan, Response, Visibility};
use crate::agenda::occurrences;
use crate::agenda::text::Notes;
use crate::agenda::when::{Stamp, When};
use chrono::TimeDelta;
use chrono_tz::Tz;
use proptest::prelude::*;

fn calendar(plans: &[Plan]) -> String {
    let events: Vec<Event> = (1u128..).zip(plans).map(|(n, plan)| event(n, plan.clone())).collect();
    write(&events, &Feed { name: "Ann; the, first", accounts: &|_| Some("Ann".into()), now: now() })
}

fn imported(text: &str) -> Import {
    read(text, Visibility::Private).unwrap()
}

fn file(body: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}END:VCALENDAR\r\n", body.replace('\n', "\r\n"))
}

fn only(body: &str) -> (Plan, Vec<Problem>) {
    let mut import = imported(&file(body));
    assert_eq!(import.events.len(), 1, "{:?}", import.problems);
    (import.events.remove(0).1, import.problems)
}

fn problem(body: &str) -> String {
    let import = imported(&file(body));
    assert!(import.events.is_empty());
    assert!(import.problems.iter().all(|problem| problem.skipped));
    import.problems[0].message.clone()
}

fn instants(plan: &Plan) -> Vec<String> {
    let window = ("2000-01-01T00:00:00Z".parse().unwrap(), "2040-01-01T00:00:00Z".parse().unwrap());
    let found = occurrences::within(plan, window, Tz::UTC, 10, |_| true);
    found.iter().map(|found| found.starts_at.format("%Y%m%dT%H%MZ").to_string()).collect()
}

/// As Google, Apple and Outlook write them.
#[test]
fn a_series_with_exceptions_comes_in() {
    let (plan, problems) = only(
        "BEGIN:VTIMEZONE\nTZID:Romance Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n\
         TZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n\
         BEGIN:VEVENT\nUID:a@b\nSUMMARY:Stand-up\\, daily\nDTSTART;TZID=Romance Standard Time:20261023T090000\n\
         DTEND;TZID=Romance Standard Time:20261023T091500\nRRULE:FREQ=DAILY;UNTIL=20261027T080000Z\n\
         EXDATE;TZID=Romance Standard Time:20261024T090000\nDESCRIPTION:one\\ntwo\nLOCATION:Room 1\n\
         ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.org\n\
         BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT10M\nEND:VALARM\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a@b\nRECURRENCE-ID;TZID=Romance Standard Time:20261026T090000\nSUMMARY:Late\n\
         DTSTART;TZID=Romance Standard Time:20261026T110000\nDTEND;TZID=Romance Standard Time:20261026T111500\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a@b\nRECURRENCE-ID:20261027T080000Z\nSTATUS:CANCELLED\n\
         DTSTART:20261027T080000Z\nEND:VEVENT\n",
    );
    assert_eq!(problems, []);
    assert_eq!(plan.title.as_str(), "Stand-up, daily");
    assert_eq!(plan.notes.as_ref().unwrap().as_str(), "one\ntwo");
    assert_eq!(plan.when.zone(), Some(Tz::Europe__Paris));
    assert_eq!(plan.reminders.minutes(), [10]);
    assert_eq!(plan.attendees[0].response, Response::Accepted);
    // The 25th is the day of the change, the 26th was moved, the 27th cancelled.
    assert_eq!(instants(&plan), ["20261023T0700Z", "20261025T0800Z", "20261026T1000Z"]);
    let changed = plan.recurrence.unwrap().changed;
    assert_eq!(changed.values().next().unwrap().title.as_ref().unwrap().as_str(), "Late");
}

#[test]
fn all_day_floating_and_utc_come_in() {
    let (day, _) = only(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261125\nEND:VEVENT\n",
    );
    assert_eq!((day.when.all_day(), day.when.length()), (true, TimeDelta::days(2)));
    let (day, _) = only("BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261123\nEND:VEVENT\n");
    assert_eq!((day.title.as_str(), day.when.length()), ("(no title)", TimeDelta::days(1)));
    let (floating, _) =
        only("BEGIN:VEVENT\nUID:1\nSUMMARY:x\nDTSTART:20261123T090000\nDURATION:PT45M\nEND:VEVENT\n");
    assert_eq!((floating.when.zone(), floating.when.length()), (None, TimeDelta::minutes(45)));
    let (utc, _) = only(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:x\nDTSTART:20261123T090000Z\nDTEND:20261123T100000Z\nEND:VEVENT\n",
    );
    assert_eq!(utc.when.zone(), Some(Tz::UTC));
}

#[test]
fn what_cannot_be_kept_is_told() {
    let event = |lines: &str| {
        format!("BEGIN:VEVENT\nUID:1\nSUMMARY:x\nDTSTART:20261123T090000Z\n{lines}END:VEVENT\n")
    };
    for (body, expected) in [
        (event("RRULE:FREQ=SECONDLY\n"), "RRULE: an event repeats each hour at most"),
        (event("RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY\n"), "more than one RRULE"),
        (event("RRULE:nonsense\n"), "RRULE"),
        (event("DTEND:20261122T090000Z\n"), "end is not before start"),
        (event("DTEND;VALUE=DATE:20261124\n"), "another kind of time"),
        (event("STATUS:CANCELLED\n"), "cancelled"),
        ("BEGIN:VEVENT\nSUMMARY:x\nDTSTART:20261123T090000Z\nEND:VEVENT\n".into(), "no UID"),
        ("BEGIN:VEVENT\nUID:1\nSUMMARY:x\nEND:VEVENT\n".into(), "no DTSTART"),
        ("BEGIN:VEVENT\nUID:1\nDTSTART:tomorrow\nEND:VEVENT\n".into(), "DTSTART is not a time"),
        ("BEGIN:VEVENT\nUID:1\nDTSTART:18000101T000000Z\nEND:VEVENT\n".into(), "between 1900 and 2200"),
        ("BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Mars/Base:20261123T090000\nEND:VEVENT\n".into(), "`Mars/Base`"),
        (
            "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20261123T090000Z\nDTSTART:20261123T090000Z\nEND:VEVENT\n"
                .into(),
            "not in the file",
        ),
    ] {
        let message = problem(&body);
        assert!(message.contains(expected), "{body}: {message}");
    }
    let (_, problems) = only(&event(
        "RRULE:FREQ=DAILY;COUNT=3\nRDATE:20270101T090000Z\nBEGIN:VALARM\nTRIGGER:PT5M\nEND:VALARM\n",
    ));
    assert_eq!(problems.len(), 1);
    assert!(!problems[0].skipped);
    assert!(
        problems[0].message.contains("RDATE") && problems[0].message.contains("alarm"),
        "{}",
        problems[0].message
    );
}

#[test]
fn files_without_a_calendar_and_hostile_ones_are_bounded() {
    for text in ["", "hello", "BEGIN:VCARD\r\nEND:VCARD\r\n", "{\"a\":1}"] {
        assert!(read(text, Visibility::Private).is_err(), "{text}");
    }
    let event = |n: usize| {
        format!("BEGIN:VEVENT\nUID:{n}\nDTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n")
    };
    let import = imported(&file(&(0..300).map(event).collect::<String>()));
    assert_eq!(import.problems.len(), 101);
    assert!(import.problems[100].message.contains("too many problems"));
    let many: String = (0..=MAX_EVENTS).map(|n| format!("BEGIN:VEVENT\nUID:{n}\nEND:VEVENT\n")).collect();
    assert!(read(&file(&many), Visibility::Private).is_err());
}

#[test]
fn the_feed_is_folded_escaped_and_has_its_zones() {
    let when =
        When::new(Stamp::parse("2004-03-01T09:00:00").unwrap(), None, false, Some(Tz::America__New_York))
            .unwrap();
    let text = calendar(&[Plan {
        notes: Notes::parse(&format!("a;b,c\\d\n{}", "é".repeat(200))).ok(),
        ..plain(when)
    }]);
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
    assert!(text.contains("X-WR-CALNAME:Ann\\; the\\, first\r\n"), "{text}");
    assert!(text.contains("DESCRIPTION:a\\;b\\,c\\\\d\\n"), "{text}");
    assert!(text.contains("DTSTART;TZID=America/New_York:20040301T090000\r\n"), "{text}");
    assert!(text.contains("BEGIN:VTIMEZONE\r\nTZID:America/New_York\r\n"), "{text}");
    // The rules of before and after 2007 are both there.
    assert!(text.contains("RRULE:FREQ=YEARLY;UNTIL=") && text.contains("BYMONTH=3"), "{text}");
    assert_eq!(
        text,
        calendar(&[Plan {
            notes: Notes::parse(&format!("a;b,c\\d\n{}", "é".repeat(200))).ok(),
            ..plain(text_when())
        }])
    );
}

fn text_when() -> When {
    When::new(Stamp::parse("2004-03-01T09:00:00").unwrap(), None, false, Some(Tz::America__New_York)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn what_the_feed_writes_comes_back(plans in proptest::collection::vec(any_plan(), 1..4)) {
        let text = calendar(&plans);
        let import = imported(&text);
        prop_assert_eq!(&import.problems, &vec![], "{}", text);
        let back: Vec<Plan> = import.events.into_iter().map(|(_, plan)| plan).collect();
        prop_assert_eq!(&back, &plans, "{}", text);
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,300}") {
        let _ = read(&text, Visibility::Private);
        let _ = read(&file(&text), Visibility::Private);
    }

    #[test]
    fn reading_what_looks_like_events_never_panics(lines in proptest::collection::vec(
        "(DTSTART|DTEND|RRULE|EXDATE|RECURRENCE-ID|DURATION|UID|TRIGGER|ATTENDEE|BEGIN|END)(;(TZID|VALUE|RANGE|CN)=[A-Za-z/\"-]{0,12})?:[A-Z0-9=;,:+-]{0,30}", 0..8)) {
        let body = format!("BEGIN:VEVENT\nUID:1\n{}\nEND:VEVENT\n", lines.join("\n"));
        let _ = read(&file(&body), Visibility::Private);
    }

    #[test]
    fn damaged_calendars_never_panic(plan in any_plan(), cut in 0usize..3000, byte in any::<char>()) {
        let mut text = calendar(&[plan]);
        let cut = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(0);
        text.insert(cut, byte);
        let _ = read(&text, Visibility::Private);
        let _ = read(&text[..cut], Visibility::Private);
    }
}

//! Lines that are understood, and lines that are not.

use proptest::prelude::*;

use super::*;
use crate::console::line::quoted;

const ID: &str = "019aa9ec-3f00-7000-8000-000000000001";

#[test]
fn faults_name_the_argument() {
    let missing = |verb, argument| Fault::Missing { verb, argument };
    for (line, fault) in [
        ("", Fault::Empty),
        ("   ", Fault::Empty),
        ("notify all \"hello", Fault::OpenQuote),
        ("kcik x", Fault::Unknown { nearest: Some("kick") }),
        ("kick", missing(Name::Kick, "client")),
        ("notify", missing(Name::Notify, "to")),
        ("notify all", missing(Name::Notify, "text")),
        (&format!("loglevel {ID}"), missing(Name::LogLevel, "level")),
        ("kick ann", Fault::Wrong { verb: Name::Kick, argument: "client", why: "is no id" }),
        ("users all", Fault::Extra { verb: Name::Users, word: "all".to_owned() }),
        (&"x".repeat(LONGEST + 1), Fault::TooLong),
    ] {
        assert_eq!(Verb::parse(line), Err(fault), "{line}");
    }
    for line in [
        &format!("loglevel {ID} loud") as &str,
        &format!("loglevel {ID} debug 0"),
        &format!("loglevel {ID} debug 10081"),
        "notify all \"\"",
        "sessions \"\"",
        "tail loud",
        "tail level=loud",
        "tail colour=red",
        "help rm",
    ] {
        assert!(matches!(Verb::parse(line), Err(Fault::Wrong { .. })), "{line}");
    }
}

#[test]
fn the_rest_of_a_line_is_the_text_of_a_notice() {
    let said = |line: &str| match Verb::parse(line) {
        Ok(Verb::Notify(To::All, text)) => text.as_str().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said("notify all back at six"), "back at six");
    assert_eq!(said("notify all \"back  at six\""), "back  at six");
}

#[test]
fn the_tail_says_which_channel_it_is() {
    let channel = |line: &str| match Verb::parse(line) {
        Ok(Verb::Tail(conditions)) => conditions.channel,
        other => panic!("{other:?}"),
    };
    assert_eq!(channel("tail"), "monitor:logs");
    assert_eq!(channel("tail error"), "monitor:logs?level=error");
    assert_eq!(channel("tail app=desk 'search=a & b'"), "monitor:logs?app=desk&search=a+%26+b");
}

/// A line with its verb and arguments, in words.
fn lines() -> impl Strategy<Value = (Vec<String>, Verb)> {
    let id = any::<u128>().prop_map(Uuid::from_u128);
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let text = "[a-z \"'\\\\é]{0,30}[a-z]";
    prop_oneof![
        id.clone().prop_map(move |id| (words(&["kick", &id.to_string()]), Verb::Kick(id))),
        text.prop_map(move |t| (words(&["clients", &t]), Verb::Clients(Some(Short(t))))),
        (id, 1..=MINUTES).prop_map(move |(id, n)| {
            let line = words(&["loglevel", &id.to_string(), "warn", &n.to_string()]);
            (line, Verb::LogLevel(id, LogLevel::Warn, Minutes(n)))
        }),
        text.prop_map(move |t| {
            let said = Notice(t.trim().to_owned());
            (words(&["notify", "all", &t]), Verb::Notify(To::All, said))
        }),
    ]
}

proptest! {
    #[test]
    fn any_line_is_understood_or_refused(line in "\\PC{0,80}") {
        let _ = Verb::parse(&line);
    }

    #[test]
    fn lines_that_begin_well_are_understood_or_name_their_verb(
        n in 0..spec::ALL.len(),
        rest in "[ -~]{0,60}",
    ) {
        let spec = &spec::ALL[n];
        match Verb::parse(&format!("{} {rest}", spec.word)) {
            Ok(verb) => {
                prop_assert_eq!(verb.name(), spec.name);
                if spec.name != Name::Tail {
                    prop_assert!(verb.arguments().len() <= spec.arguments.len());
                }
            }
            Err(Fault::OpenQuote) => {}
            Err(fault) => prop_assert_eq!(fault.verb(), Some(spec.name)),
        }
    }

    #[test]
    fn what_is_written_is_what_is_understood((words, verb) in lines()) {
        let line: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        prop_assert_eq!(Verb::parse(&line.join("  ")), Ok(verb));
    }
}

//! Reading a calendar file into plans. What cannot be kept is reported, event by event; the rest comes in.

use std::collections::BTreeMap;

use calcard::icalendar::timezone::TzResolver;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarValue,
};
use calcard::{Entry, Parser};

use super::super::model::{Plan, Visibility};
use super::super::text::Uid;

mod component;
mod series;

/// Events in one file: a person's life of appointments. Larger calendars are split by year.
pub const MAX_EVENTS: usize = 5_000;
/// Problems that are told; after that many the file is not read further, so that a hostile one costs little.
const MAX_PROBLEMS: usize = 100;

/// What is wrong with one event of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub uid: Option<String>,
    pub title: Option<String>,
    pub message: String,
    /// Whether the event was left out; otherwise it came in without what the message names.
    pub skipped: bool,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Import {
    pub events: Vec<(Uid, Plan)>,
    pub problems: Vec<Problem>,
}

/// Why a whole file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("there is no calendar in it (BEGIN:VCALENDAR)")]
    NoCalendar,
    #[error("it has more than {MAX_EVENTS} events; split it")]
    TooMany,
}

/// One VEVENT and the calendar that it is in.
struct Source<'a> {
    calendar: &'a ICalendar,
    zones: &'a TzResolver<String>,
    component: &'a ICalendarComponent,
    id: u32,
}

/// Reads a file, which may hold several calendars. `visibility` is that of every event.
pub fn read(text: &str, visibility: Visibility) -> Result<Import, ReadError> {
    let mut calendars = Vec::new();
    let mut parser = Parser::new(text);
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => calendars.push(calendar),
            Entry::Eof => break,
            _ => {}
        }
    }
    let is_calendar = |calendar: &&ICalendar| {
        calendar
            .components
            .first()
            .is_some_and(|root| root.component_type == ICalendarComponentType::VCalendar)
    };
    let calendars: Vec<(&ICalendar, TzResolver<String>)> = calendars
        .iter()
        .filter(is_calendar)
        .map(|calendar| (calendar, calendar.build_owned_tz_resolver()))
        .collect();
    if calendars.is_empty() {
        return Err(ReadError::NoCalendar);
    }

    let mut import = Import::default();
    // Masters and changed occurrences by UID, in the order of the file's UIDs.
    let mut series: BTreeMap<Uid, (Option<Source<'_>>, Vec<Source<'_>>)> = BTreeMap::new();
    let mut count = 0;
    for (calendar, zones) in &calendars {
        for (id, component) in (0u32..).zip(&calendar.components) {
            if component.component_type != ICalendarComponentType::VEvent {
                continue;
            }
            count += 1;
            if count > MAX_EVENTS {
                return Err(ReadError::TooMany);
            }
            let source = Source { calendar, zones, component, id };
            match component.uid().map(Uid::parse) {
                Some(Ok(uid)) => {
                    let (master, changed) = series.entry(uid).or_default();
                    if component.is_recurrence_override() {
                        changed.push(source);
                    } else if master.replace(source).is_some() {
                        import.problem(component, "stands in the file twice; the last one counts", false);
                    }
                }
                Some(Err(message)) => import.problem(component, message, true),
                None => import.problem(component, "has no UID", true),
            }
        }
    }
    for (uid, (master, changed)) in series {
        if import.problems.len() >= MAX_PROBLEMS {
            import.problems.push(Problem {
                uid: None,
                title: None,
                message: "there are too many problems; the rest of the file was not read".into(),
                skipped: true,
            });
            break;
        }
        match master {
            Some(master) => {
                if let Some(plan) = series::plan(&master, &changed, visibility, &mut import) {
                    import.events.push((uid, plan));
                }
            }
            None => {
                for source in changed {
                    import.problem(
                        source.component,
                        "changes an occurrence of a series that is not in the file",
                        true,
                    );
                }
            }
        }
    }
    Ok(import)
}

impl Import {
    fn problem(&mut self, component: &ICalendarComponent, message: impl Into<String>, skipped: bool) {
        let short = |text: &str| text.chars().take(200).collect::<String>();
        self.problems.push(Problem {
            uid: component.uid().map(short),
            title: text(component, &ICalendarProperty::Summary).map(short),
            message: message.into(),
            skipped,
        });
    }
}

/// The first text value of a property.
fn text<'a>(component: &'a ICalendarComponent, property: &ICalendarProperty) -> Option<&'a str> {
    component.property(property)?.values.first().and_then(ICalendarValue::as_text)
}

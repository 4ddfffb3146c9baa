//! Requests, and what becomes of them: values of the model, or the list of fields that are wrong.

use chrono_tz::Tz;
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use super::view::{AttendeeResponse, Visibility};
use super::words::Words;
use crate::agenda::edit::{self, Edit, FieldError, NewRecurrence};
use crate::agenda::model::{Attendee, MAX_ATTENDEES, MAX_EXCEPTIONS, Plan, Reminders, Response, Who};
use crate::agenda::text::{Color, Email, Name, Text, Title};
use crate::agenda::when::{Stamp, When};

/// Which part of a series a change is about
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
pub enum ChangeScope {
    /// All of it
    Series,
    /// One occurrence
    This,
    /// One occurrence and all after it
    Following,
}

/// Somebody to invite: give `user_id` or `email`
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct AttendeeInput {
    /// An account
    #[oai(nullable)]
    pub user_id: Option<Uuid>,
    /// The address of somebody without an account
    #[oai(nullable)]
    pub email: Option<Words<254>>,
    /// Name of somebody without an account
    #[oai(nullable)]
    pub name: Option<Words<200>>,
    /// Whether they come; `needs_action` when left out
    #[oai(nullable)]
    pub response: Option<AttendeeResponse>,
}

impl Example for AttendeeInput {
    fn example() -> Self {
        Self {
            user_id: None,
            email: Some(Words("zoe@example.org".to_owned())),
            name: Some(Words("Zoe Laurent".to_owned())),
            response: None,
        }
    }
}

/// How the event repeats
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RecurrenceInput {
    /// RFC 5545 RRULE, hourly at most, such as `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`. UNTIL may be a date, a local time
    /// or UTC.
    pub rule: Words<500>,
    /// Occurrences to leave out, by the local start that the rule gives them. Left out of a change, the former stay.
    #[oai(nullable)]
    pub excluded: Option<Vec<Words<40>>>,
}

/// A whole event, to create or replace one
///
/// `start` and `end` take a local time (`2026-11-23T09:00:00`, on the clock of `time_zone`; without one the event
/// floats: it happens then wherever one is), a time with an offset (`2026-11-23T08:00:00Z`), or for all-day events a
/// date.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct EventInput {
    /// What it is called: 1 to 200 characters on one line
    pub title: Words<200>,
    /// Start
    pub start: Words<40>,
    /// End, not included: of an all-day event the day after its last one. Left out: one hour or one day
    #[oai(nullable)]
    pub end: Option<Words<40>>,
    /// Whether it takes whole days; then `start` and `end` are dates, and there is no time zone
    #[oai(nullable)]
    pub all_day: Option<bool>,
    /// IANA time zone, such as `Europe/Paris`
    #[oai(nullable)]
    pub time_zone: Option<Words<64>>,
    /// Where it is
    #[oai(nullable)]
    pub place: Option<Words<500>>,
    /// Free text about it
    #[oai(nullable)]
    pub notes: Option<Words<20000>>,
    /// `#rrggbb`
    #[oai(nullable)]
    pub color: Option<Words<7>>,
    /// Who is invited: up to 100
    #[oai(nullable)]
    pub attendees: Option<Vec<AttendeeInput>>,
    /// Minutes before the start, each up to 40320 (four weeks); up to 5
    #[oai(nullable)]
    pub reminders: Option<Vec<u32>>,
    /// How it repeats
    #[oai(nullable)]
    pub recurrence: Option<RecurrenceInput>,
    /// Who sees it; `private` when left out
    #[oai(nullable)]
    pub visibility: Option<Visibility>,
}

/// What to change of an event: what is left out stays, null takes away
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct EventPatch {
    /// What it is called
    #[oai(nullable)]
    pub title: Option<Words<200>>,
    /// Start; without `end` the length stays
    #[oai(nullable)]
    pub start: Option<Words<40>>,
    /// End, not included
    #[oai(nullable)]
    pub end: Option<Words<40>>,
    /// Whether it takes whole days
    #[oai(nullable)]
    pub all_day: Option<bool>,
    /// IANA time zone; null makes the event float. The local time stays
    #[oai(nullable)]
    pub time_zone: MaybeUndefined<Words<64>>,
    /// Where it is
    #[oai(nullable)]
    pub place: MaybeUndefined<Words<500>>,
    /// Free text about it
    #[oai(nullable)]
    pub notes: MaybeUndefined<Words<20000>>,
    /// `#rrggbb`
    #[oai(nullable)]
    pub color: MaybeUndefined<Words<7>>,
    /// Who is invited: all of them
    #[oai(nullable)]
    pub attendees: Option<Vec<AttendeeInput>>,
    /// Minutes before the start: all of them
    #[oai(nullable)]
    pub reminders: Option<Vec<u32>>,
    /// How it repeats; null makes it a single event
    #[oai(nullable)]
    pub recurrence: MaybeUndefined<RecurrenceInput>,
    /// Who sees it
    #[oai(nullable)]
    pub visibility: Option<Visibility>,
}

/// Collects what is wrong, so that a request is told all of it at once.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn take<T>(&mut self, field: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.0.push((field.into(), message))).ok()
    }

    fn text<const MAX: usize, const LINES: bool>(
        &mut self,
        field: &str,
        text: Option<&str>,
    ) -> Option<Text<MAX, LINES>> {
        // An empty text is as good as none, so that forms can send their fields as they are.
        let text = text.filter(|text| !text.trim().is_empty())?;
        self.take(field, Text::parse(text))
    }

    fn stamp(&mut self, field: &str, text: Option<&str>) -> Option<Stamp> {
        let stamp = Stamp::parse(text?);
        self.take(field, stamp.ok_or_else(|| "is no time between 1900 and 2200: write it as 2026-11-23T09:00:00, 2026-11-23T08:00:00Z or, all-day, 2026-11-23".into()))
    }

    fn zone(&mut self, text: Option<&str>) -> Option<Tz> {
        self.take("time_zone", parse_zone(text?))
    }

    fn color(&mut self, text: Option<&str>) -> Option<Color> {
        self.take("color", Color::parse(text.filter(|text| !text.is_empty())?))
    }

    fn reminders(&mut self, minutes: &[u32]) -> Option<Reminders> {
        self.take("reminders", Reminders::parse(minutes))
    }

    fn attendees(&mut self, list: &[AttendeeInput]) -> Vec<Attendee> {
        if list.len() > MAX_ATTENDEES {
            self.0.push(("attendees".into(), format!("has more than {MAX_ATTENDEES} entries")));
            return Vec::new();
        }
        let mut found: Vec<Attendee> = Vec::new();
        for (at, input) in list.iter().enumerate() {
            let field = |name: &str| format!("attendees[{at}].{name}");
            let who = match (input.user_id, &input.email) {
                (Some(id), None) => Some(Who::Account(id)),
                (None, Some(email)) => {
                    self.take(&field("email"), Email::parse(email.as_str())).map(Who::Email)
                }
                _ => self.take(&field("user_id"), Err("or email must be given, and not both".into())),
            };
            let name: Option<Name> = self.text(&field("name"), input.name.as_ref().map(Words::as_str));
            let Some(who) = who else { continue };
            if found.iter().any(|known| known.who == who) {
                self.0.push((field("user_id"), "or email is invited twice".into()));
                continue;
            }
            let response = input.response.map_or(Response::NeedsAction, Response::from);
            // An account has its own name.
            let name = name.filter(|_| matches!(who, Who::Email(_)));
            found.push(Attendee { who, name, response });
        }
        found
    }

    fn recurrence(&mut self, input: &RecurrenceInput) -> NewRecurrence {
        let excluded = input.excluded.as_ref();
        if excluded.is_some_and(|list| list.len() > MAX_EXCEPTIONS) {
            self.0.push(("recurrence.excluded".into(), format!("has more than {MAX_EXCEPTIONS} entries")));
            return NewRecurrence { rule: input.rule.0.clone(), excluded: None };
        }
        NewRecurrence {
            rule: input.rule.0.clone(),
            excluded: excluded.map(|list| list.iter().map(|id| id.0.clone()).collect()),
        }
    }
}

/// An IANA time zone by its name.
///
/// # Errors
/// What is wrong, for people.
pub fn parse_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "is no IANA time zone such as Europe/Paris".into())
}

impl EventInput {
    /// The plan that this asks for; `former` is the one that it replaces, whose changed occurrences stay as far as
    /// they still are occurrences.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn plan(&self, former: Option<&Plan>) -> Result<Plan, Vec<FieldError>> {
        let mut faults = Faults::default();
        let title = faults.take("title", Title::parse(self.title.as_str()));
        let start = faults.stamp("start", Some(self.start.as_str()));
        let end = faults.stamp("end", self.end.as_ref().map(Words::as_str));
        let zone = faults.zone(self.time_zone.as_ref().map(Words::as_str));
        let place = faults.text("place", self.place.as_ref().map(Words::as_str));
        let notes = faults.text("notes", self.notes.as_ref().map(Words::as_str));
        let color = faults.color(self.color.as_ref().map(Words::as_str));
        let attendees = faults.attendees(self.attendees.as_deref().unwrap_or_default());
        let reminders = faults.reminders(self.reminders.as_deref().unwrap_or_default());
        let recurrence = self.recurrence.as_ref().map(|recurrence| faults.recurrence(recurrence));
        let when = start.filter(|_| faults.0.is_empty()).and_then(|start| {
            When::new(start, end, self.all_day.unwrap_or(false), zone)
                .map_err(|error| faults.0.push((error.field.into(), error.message)))
                .ok()
        });
        let (Some(title), Some(when), Some(reminders), true) = (title, when, reminders, faults.0.is_empty())
        else {
            return Err(faults.0);
        };
        let visibility = self.visibility.unwrap_or(Visibility::Private).into();
        let plan =
            Plan { title, when, place, notes, color, attendees, reminders, recurrence: None, visibility };
        // A series is laid over what was there, so that its changed occurrences are kept by the same rules as in a
        // change.
        let base = Plan {
            when: former.map_or_else(|| plan.when.clone(), |former| former.when.clone()),
            recurrence: former.and_then(|former| former.recurrence.clone()),
            ..plan.clone()
        };
        let recurrence =
            recurrence.map(|new| NewRecurrence { excluded: Some(new.excluded.unwrap_or_default()), ..new });
        edit::over(base, plan.when, recurrence)
    }
}

impl EventPatch {
    /// The edit that this asks for.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn edit(&self) -> Result<Edit, Vec<FieldError>> {
        fn words<const MAX: usize>(field: &MaybeUndefined<Words<MAX>>) -> Option<Option<&str>> {
            match field {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(text) => Some(Some(text.as_str())),
            }
        }
        let mut faults = Faults::default();
        let edit = Edit {
            title: self.title.as_ref().and_then(|title| faults.take("title", Title::parse(title.as_str()))),
            place: words(&self.place).map(|text| faults.text("place", text)),
            notes: words(&self.notes).map(|text| faults.text("notes", text)),
            color: words(&self.color).map(|text| faults.color(text)),
            attendees: self.attendees.as_ref().map(|list| faults.attendees(list)),
            reminders: self.reminders.as_ref().and_then(|minutes| faults.reminders(minutes)),
            visibility: self.visibility.map(Into::into),
            start: faults.stamp("start", self.start.as_ref().map(Words::as_str)),
            end: faults.stamp("end", self.end.as_ref().map(Words::as_str)),
            all_day: self.all_day,
            zone: words(&self.time_zone).map(|text| faults.zone(text)),
            recurrence: match &self.recurrence {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(input) => Some(Some(faults.recurrence(input))),
            },
        };
        if faults.0.is_empty() { Ok(edit) } else { Err(faults.0) }
    }
}

impl Example for EventInput {
    fn example() -> Self {
        let words = |text: &str| text.to_owned();
        Self {
            title: Words(words("Stand-up")),
            start: Words(words("2026-11-23T09:00:00")),
            end: Some(Words(words("2026-11-23T09:15:00"))),
            all_day: Some(false),
            time_zone: Some(Words(words("Europe/Paris"))),
            place: Some(Words(words("Room 1"))),
            notes: None,
            color: Some(Words(words("#2f6fed"))),
            attendees: None,
            reminders: Some(vec![10]),
            recurrence: Some(RecurrenceInput {
                rule: Words(words("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")),
                excluded: Some(vec![Words(words("2026-12-25T09:00:00"))]),
            }),
            visibility: Some(Visibility::Team),
        }
    }
}

impl Example for EventPatch {
    fn example() -> Self {
        Self {
            title: Some(Words("Stand-up, later".into())),
            start: Some(Words("2026-11-24T10:00:00".into())),
            end: None,
            all_day: None,
            time_zone: MaybeUndefined::Undefined,
            place: MaybeUndefined::Undefined,
            notes: MaybeUndefined::Undefined,
            color: MaybeUndefined::Undefined,
            attendees: None,
            reminders: None,
            recurrence: MaybeUndefined::Undefined,
            visibility: None,
        }
    }
}

//! Events and occurrences as they are sent.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::agenda::model::{self, Event, Plan, Who};
use crate::agenda::occurrences::{self, Occurrence};
use crate::agenda::people::People;
use crate::timestamp::Timestamp;

/// Who sees an event besides its owner and its attendees
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
pub enum Visibility {
    /// Nobody
    Private,
    /// Every account
    Team,
}

impl From<model::Visibility> for Visibility {
    fn from(visibility: model::Visibility) -> Self {
        match visibility {
            model::Visibility::Private => Self::Private,
            model::Visibility::Team => Self::Team,
        }
    }
}

impl From<Visibility> for model::Visibility {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Private => Self::Private,
            Visibility::Team => Self::Team,
        }
    }
}

/// Whether an attendee comes
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
pub enum AttendeeResponse {
    /// Not said yet
    NeedsAction,
    /// Comes
    Accepted,
    /// Does not come; gets no reminders
    Declined,
    /// May come
    Tentative,
}

impl From<model::Response> for AttendeeResponse {
    fn from(response: model::Response) -> Self {
        match response {
            model::Response::NeedsAction => Self::NeedsAction,
            model::Response::Accepted => Self::Accepted,
            model::Response::Declined => Self::Declined,
            model::Response::Tentative => Self::Tentative,
        }
    }
}

impl From<AttendeeResponse> for model::Response {
    fn from(response: AttendeeResponse) -> Self {
        match response {
            AttendeeResponse::NeedsAction => Self::NeedsAction,
            AttendeeResponse::Accepted => Self::Accepted,
            AttendeeResponse::Declined => Self::Declined,
            AttendeeResponse::Tentative => Self::Tentative,
        }
    }
}

/// The account that an event belongs to
#[derive(Clone, Debug, Object)]
pub struct AgendaOwner {
    /// Id of the account
    pub id: Uuid,
    /// Login name
    pub username: String,
    /// Name as shown to people
    pub name: String,
}

impl AgendaOwner {
    fn new(id: Uuid, people: &People) -> Self {
        let (username, name) =
            people.find(id).map(|person| (person.username, person.name)).unwrap_or_default();
        Self { id, username, name }
    }
}

/// Somebody invited: an account, or a person known by an e-mail address
#[derive(Clone, Debug, Object)]
pub struct AgendaAttendee {
    /// The account; null for people without one
    #[oai(nullable)]
    pub user_id: Option<Uuid>,
    /// The address of people without an account
    #[oai(nullable)]
    pub email: Option<String>,
    /// Name as shown to people
    #[oai(nullable)]
    pub name: Option<String>,
    /// Whether they come
    pub response: AttendeeResponse,
}

/// One occurrence of a series that differs from it, as it is now
#[derive(Clone, Debug, Object)]
pub struct ChangedOccurrence {
    /// Names the occurrence: the local start that the series gives it
    pub occurrence: String,
    /// What it is called
    pub title: String,
    /// Local start
    pub start: String,
    /// Local end
    pub end: String,
    /// Where it is
    #[oai(nullable)]
    pub place: Option<String>,
    /// Free text about it
    #[oai(nullable)]
    pub notes: Option<String>,
    /// `#rrggbb`
    #[oai(nullable)]
    pub color: Option<String>,
    /// Minutes before the start
    pub reminders: Vec<u32>,
}

/// How an event repeats
#[derive(Clone, Debug, Object)]
pub struct AgendaRecurrence {
    /// RFC 5545 RRULE
    pub rule: String,
    /// Occurrences that are left out, by the local start that the rule gives them
    pub excluded: Vec<String>,
    /// Occurrences that differ from the series
    pub changed: Vec<ChangedOccurrence>,
}

/// An event: a single one, or a whole series
///
/// `start` and `end` are local: on the clock of `time_zone`; without one, on the reader's.
#[derive(Clone, Debug, Object)]
#[oai(example)]
pub struct AgendaEvent {
    /// Id
    pub id: Uuid,
    /// Name of the event in iCalendar files
    pub uid: String,
    /// Counts up with every change; `"<version>"` is the ETag
    pub version: i64,
    /// Whose event it is
    pub owner: AgendaOwner,
    /// What it is called
    pub title: String,
    /// Local start: `2026-11-23T09:00:00`, or `2026-11-23` when it is all-day
    pub start: String,
    /// Local end; of an all-day event the day after its last one
    pub end: String,
    /// Start in UTC; null for floating and all-day events
    #[oai(nullable)]
    pub starts_at: Option<Timestamp>,
    /// End in UTC; null for floating and all-day events
    #[oai(nullable)]
    pub ends_at: Option<Timestamp>,
    /// Whether it takes whole days
    pub all_day: bool,
    /// IANA time zone; null for floating and all-day events
    #[oai(nullable)]
    pub time_zone: Option<String>,
    /// Where it is
    #[oai(nullable)]
    pub place: Option<String>,
    /// Free text about it
    #[oai(nullable)]
    pub notes: Option<String>,
    /// `#rrggbb`
    #[oai(nullable)]
    pub color: Option<String>,
    /// Who is invited
    pub attendees: Vec<AgendaAttendee>,
    /// Minutes before the start
    pub reminders: Vec<u32>,
    /// How it repeats; null for single events
    #[oai(nullable)]
    pub recurrence: Option<AgendaRecurrence>,
    /// Who sees it
    pub visibility: Visibility,
    /// When it was made
    pub created_at: Timestamp,
    /// When it was changed last
    pub updated_at: Timestamp,
}

impl AgendaEvent {
    /// The event with the names of accounts.
    pub fn new(event: &Event, people: &People) -> Self {
        let Event { plan, .. } = event;
        let when = &plan.when;
        let instants = when.zone().map(|zone| when.instants(when.start(), zone));
        let words = |text: &str| text.to_owned();
        Self {
            id: event.id,
            uid: event.uid.as_str().to_owned(),
            version: event.version,
            owner: AgendaOwner::new(event.owner_id, people),
            title: plan.title.as_str().to_owned(),
            start: when.text(when.start()),
            end: when.text(when.end_from(when.start())),
            starts_at: instants.map(|(starts_at, _)| starts_at.into()),
            ends_at: instants.map(|(_, ends_at)| ends_at.into()),
            all_day: when.all_day(),
            time_zone: when.zone().map(|zone| zone.name().to_owned()),
            place: plan.place.as_ref().map(|place| words(place.as_str())),
            notes: plan.notes.as_ref().map(|notes| words(notes.as_str())),
            color: plan.color.as_ref().map(|color| words(color.as_str())),
            attendees: plan.attendees.iter().map(|attendee| AgendaAttendee::new(attendee, people)).collect(),
            reminders: plan.reminders.minutes().to_vec(),
            recurrence: recurrence(plan),
            visibility: plan.visibility.into(),
            created_at: event.created_at.into(),
            updated_at: event.updated_at.into(),
        }
    }
}

impl AgendaAttendee {
    fn new(attendee: &model::Attendee, people: &People) -> Self {
        let own = attendee.name.as_ref().map(|name| name.as_str().to_owned());
        let (user_id, email, name) = match &attendee.who {
            Who::Account(id) => (Some(*id), None, people.find(*id).map(|person| person.name).or(own)),
            Who::Email(email) => (None, Some(email.as_str().to_owned()), own),
        };
        Self { user_id, email, name, response: attendee.response.into() }
    }
}

fn recurrence(plan: &Plan) -> Option<AgendaRecurrence> {
    let recurrence = plan.recurrence.as_ref()?;
    let changed = |id: &NaiveDateTime| {
        let found = occurrences::find(plan, *id, Tz::UTC)?;
        let details = occurrences::details(plan, *id);
        Some(ChangedOccurrence {
            occurrence: plan.when.text(*id),
            title: details.title.as_str().to_owned(),
            start: found.when.text(found.when.start()),
            end: found.when.text(found.when.end_from(found.when.start())),
            place: details.place.map(|place| place.as_str().to_owned()),
            notes: details.notes.map(|notes| notes.as_str().to_owned()),
            color: details.color.map(|color| color.as_str().to_owned()),
            reminders: details.reminders.minutes().to_vec(),
        })
    };
    Some(AgendaRecurrence {
        rule: recurrence.series.rule().text(&plan.when),
        excluded: recurrence.excluded.iter().map(|id| plan.when.text(*id)).collect(),
        changed: recurrence.changed.keys().filter_map(changed).collect(),
    })
}

/// One occurrence in a window
#[derive(Clone, Debug, Object)]
pub struct AgendaOccurrence {
    /// Id of the event
    pub event_id: Uuid,
    /// Names the occurrence within the event: the local start that the series gives it, also after it was moved
    pub occurrence: String,
    /// Version of the event
    pub version: i64,
    /// Whose event it is
    pub owner: AgendaOwner,
    /// What it is called
    pub title: String,
    /// Local start, as in the event
    pub start: String,
    /// Local end, as in the event
    pub end: String,
    /// Start in UTC; of floating and all-day events on the clock that the request names
    pub starts_at: Timestamp,
    /// End in UTC, likewise
    pub ends_at: Timestamp,
    /// Whether it takes whole days
    pub all_day: bool,
    /// IANA time zone; null for floating and all-day events
    #[oai(nullable)]
    pub time_zone: Option<String>,
    /// Where it is
    #[oai(nullable)]
    pub place: Option<String>,
    /// `#rrggbb`
    #[oai(nullable)]
    pub color: Option<String>,
    /// Minutes before the start
    pub reminders: Vec<u32>,
    /// Who sees it
    pub visibility: Visibility,
    /// Whether the event is a series
    pub recurring: bool,
    /// Whether this occurrence differs from its series
    pub changed: bool,
}

impl AgendaOccurrence {
    /// An occurrence of an event, with the names of accounts.
    pub fn new(event: &Event, found: &Occurrence, people: &People) -> Self {
        let details = occurrences::details(&event.plan, found.id);
        let when = &found.when;
        Self {
            event_id: event.id,
            occurrence: when.text(found.id),
            version: event.version,
            owner: AgendaOwner::new(event.owner_id, people),
            title: details.title.as_str().to_owned(),
            start: when.text(when.start()),
            end: when.text(when.end_from(when.start())),
            starts_at: found.starts_at.into(),
            ends_at: found.ends_at.into(),
            all_day: when.all_day(),
            time_zone: when.zone().map(|zone| zone.name().to_owned()),
            place: details.place.map(|place| place.as_str().to_owned()),
            color: details.color.map(|color| color.as_str().to_owned()),
            reminders: details.reminders.minutes().to_vec(),
            visibility: event.plan.visibility.into(),
            recurring: event.plan.recurrence.is_some(),
            changed: found.changed,
        }
    }
}

/// A page of occurrences
#[derive(Clone, Debug, Object)]
pub struct AgendaPage {
    /// Occurrences by start
    pub items: Vec<AgendaOccurrence>,
    /// Cursor of the next page; null on the last one
    #[oai(nullable)]
    pub next: Option<String>,
}

impl Example for AgendaEvent {
    fn example() -> Self {
        let at = |seconds: i64| Timestamp::from_ms(seconds * 1000);
        Self {
            id: Uuid::from_u128(0x019a_b000_0000_7000_8000_0000_0000_0001),
            uid: "019ab000-0000-7000-8000-000000000001".into(),
            version: 1,
            owner: AgendaOwner {
                id: Uuid::from_u128(0x019a_b000_0000_7000_8000_0000_0000_0002),
                username: "ann".into(),
                name: "Ann".into(),
            },
            title: "Stand-up".into(),
            start: "2026-11-23T09:00:00".into(),
            end: "2026-11-23T09:15:00".into(),
            starts_at: Some(at(1_795_420_800)),
            ends_at: Some(at(1_795_421_700)),
            all_day: false,
            time_zone: Some("Europe/Paris".into()),
            place: Some("Room 1".into()),
            notes: None,
            color: Some("#2f6fed".into()),
            attendees: Vec::new(),
            reminders: vec![10],
            recurrence: Some(AgendaRecurrence {
                rule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR".into(),
                excluded: vec!["2026-12-25T09:00:00".into()],
                changed: Vec::new(),
            }),
            visibility: Visibility::Team,
            created_at: at(1_795_340_000),
            updated_at: at(1_795_340_000),
        }
    }
}

//! What an event is, and who may see and change it. Pure: no database, no clock.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::recurrence::Series;
use super::text::{Color, Email, Name, Notes, Place, Title, Uid};
use super::when::When;

/// People invited to one event.
pub const MAX_ATTENDEES: usize = 100;
/// Reminders of one event.
pub const MAX_REMINDERS: usize = 5;
/// Longest notice that a reminder gives: four weeks, in minutes.
pub const MAX_REMINDER_MINUTES: u32 = 40_320;
/// Occurrences of one series that are left out, and that are changed: two years of daily exceptions. Beyond that it
/// is another series.
pub const MAX_EXCEPTIONS: usize = 750;

/// Who sees an event besides its owner and its attendees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Nobody.
    Private,
    /// Every account.
    Team,
}

/// Whether someone comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    NeedsAction,
    Accepted,
    Declined,
    Tentative,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Account(Uuid),
    Email(Email),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    pub who: Who,
    /// For people without an account; accounts have their own name.
    pub name: Option<Name>,
    pub response: Response,
}

/// How many minutes before the start, in falling order, without doubles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reminders(Vec<u32>);

impl Reminders {
    pub fn parse(minutes: &[u32]) -> Result<Self, String> {
        let list: BTreeSet<u32> = minutes.iter().copied().collect();
        if list.len() > MAX_REMINDERS {
            return Err(format!("has more than {MAX_REMINDERS} reminders"));
        }
        if list.last().is_some_and(|longest| *longest > MAX_REMINDER_MINUTES) {
            return Err(format!("has minutes from 0 to {MAX_REMINDER_MINUTES}"));
        }
        Ok(Self(list.into_iter().rev().collect()))
    }

    pub fn minutes(&self) -> &[u32] {
        &self.0
    }
}

/// What differs in one occurrence. `None` means as in the series; an inner `None` means taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub title: Option<Title>,
    pub place: Option<Option<Place>>,
    pub notes: Option<Option<Notes>>,
    pub color: Option<Option<Color>>,
    pub reminders: Option<Reminders>,
    /// Local start and length.
    pub time: Option<(NaiveDateTime, TimeDelta)>,
}

/// How an event repeats, and which occurrences do not follow. Keys are the local starts that the series gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrence {
    pub series: Series,
    pub excluded: BTreeSet<NaiveDateTime>,
    pub changed: BTreeMap<NaiveDateTime, Change>,
}

/// Everything about an event that people decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub title: Title,
    pub when: When,
    pub place: Option<Place>,
    pub notes: Option<Notes>,
    pub color: Option<Color>,
    pub attendees: Vec<Attendee>,
    pub reminders: Reminders,
    pub recurrence: Option<Recurrence>,
    pub visibility: Visibility,
}

/// An event as it is kept.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: Uuid,
    pub uid: Uid,
    pub owner_id: Uuid,
    pub plan: Plan,
    /// Counts up with every change; the ETag.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What decides who sees and deletes an event, whatever its plan: also for one whose plan cannot be read.
#[derive(Clone, Debug)]
pub struct Label {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub visibility: Visibility,
    /// The accounts that are invited.
    pub invited: Vec<Uuid>,
    pub version: i64,
}

impl Plan {
    /// The accounts that are invited.
    pub fn accounts(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.attendees.iter().filter_map(|attendee| match attendee.who {
            Who::Account(id) => Some(id),
            Who::Email(_) => None,
        })
    }

    /// Drops exceptions that no longer are occurrences, after the rule or the start changed.
    pub fn prune(&mut self) {
        if let Some(recurrence) = &mut self.recurrence {
            let series = &recurrence.series;
            recurrence.excluded.retain(|at| series.contains(*at));
            recurrence.changed.retain(|at, _| series.contains(*at) && !recurrence.excluded.contains(at));
        }
    }

    /// Whether an occurrence with this recurrence id exists.
    pub fn has(&self, id: NaiveDateTime) -> bool {
        match &self.recurrence {
            None => self.when.start() == id,
            Some(recurrence) => recurrence.series.contains(id) && !recurrence.excluded.contains(&id),
        }
    }
}

impl Event {
    pub fn label(&self) -> Label {
        Label {
            id: self.id,
            owner_id: self.owner_id,
            visibility: self.plan.visibility,
            invited: self.plan.accounts().collect(),
            version: self.version,
        }
    }

    /// As [`Label::visible_to`].
    pub fn visible_to(&self, user: Uuid) -> bool {
        self.label().visible_to(user)
    }

    /// Whether somebody besides the owner sees it.
    pub fn is_shared(&self) -> bool {
        self.plan.visibility == Visibility::Team || self.plan.accounts().next().is_some()
    }
}

impl Label {
    /// Owner, attendees and, for team events, everyone.
    pub fn visible_to(&self, user: Uuid) -> bool {
        self.visibility == Visibility::Team || self.owner_id == user || self.invited.contains(&user)
    }

    /// The owner; for team events admins too. Says nothing about viewers, who never get that far.
    pub fn editable_by(&self, user: Uuid, admin: bool) -> bool {
        self.owner_id == user || (admin && self.visibility == Visibility::Team)
    }
}

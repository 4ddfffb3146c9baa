//! One installation's timeline: events of the journal merged with the signals that it sent, the newest first.

use poem_openapi::{Enum, Object};
use sea_orm::DbErr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fleet::Fleet;
use super::journal::EventKind;
use super::store::journal;
use crate::page;
use crate::telemetry::Kind;
use crate::telemetry::{KeptSignal, Signals};
use crate::timeline;
use crate::timestamp::Timestamp;

/// What kind of thing stands in a timeline
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum EntryKind {
    /// A WebSocket opened
    Connected,
    /// A WebSocket ended
    Disconnected,
    /// A request to the API
    Request,
    /// A request to the chat, or a message
    Chat,
    /// A request to the agenda
    Agenda,
    /// Something that an admin did to it
    Admin,
    /// A line that the application wrote
    Log,
    /// An error in the application
    Exception,
    /// Numbers that the application measured
    Measurement,
    /// Something that happened in the application
    Event,
    /// A step of a trace
    Span,
}

impl EntryKind {
    fn of_event(kind: EventKind) -> Self {
        match kind {
            EventKind::Connected => Self::Connected,
            EventKind::Disconnected => Self::Disconnected,
            EventKind::Request => Self::Request,
            EventKind::Chat => Self::Chat,
            EventKind::Agenda => Self::Agenda,
            EventKind::Admin => Self::Admin,
        }
    }

    fn of_signal(kind: Kind) -> Self {
        match kind {
            Kind::Log => Self::Log,
            Kind::Exception => Self::Exception,
            Kind::Measurement => Self::Measurement,
            Kind::Event => Self::Event,
            Kind::Span => Self::Span,
        }
    }

    /// The event of the journal that it is, if it is one.
    fn event(self) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| Self::of_event(*kind) == self)
    }

    /// The signal that it is, if it is one.
    fn signal(self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| Self::of_signal(*kind) == self)
    }
}

/// Something that happened to or in an installation
#[derive(Clone, Debug, Object)]
pub struct TimelineEntry {
    /// Where it stands in the timeline: for `before` and `after`
    pub position: String,
    /// When; of signals, when the server got them
    pub time: Timestamp,
    /// What kind of thing
    pub kind: EntryKind,
    /// One line for people
    pub summary: String,
    /// What else is known: an object whose fields depend on the kind
    pub detail: Value,
}

/// A place in a timeline: an id, and which of the two tables it is of, as each counts its own.
pub type Position = (i64, u8);

/// Number of the journal in a position: of equal ids its entry is the older one.
const EVENTS: u8 = 0;
/// Number of the signals in a position.
const SIGNALS: u8 = 1;

/// Which part of a timeline.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// The newest before this place, or of all.
    Before(Option<Position>),
    /// The oldest after this place.
    After(Position),
}

impl Part {
    /// The ids of one table that it spans, both excluded.
    fn between(self, source: u8) -> (i64, i64) {
        match self {
            Self::Before(None) => (-1, i64::MAX),
            Self::Before(Some((id, of))) => (-1, if source < of { id.saturating_add(1) } else { id }),
            Self::After((id, of)) => (if source > of { id.saturating_sub(1) } else { id }, i64::MAX),
        }
    }

    fn oldest_first(self) -> bool {
        matches!(self, Self::After(_))
    }
}

/// A part of a timeline.
pub struct Timeline {
    /// The newest first.
    pub items: Vec<TimelineEntry>,
    /// Whether there is more in the direction of the part.
    pub more: bool,
}

impl Fleet {
    /// A part of an installation's timeline, of all kinds or of one.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn timeline(
        &self,
        id: Uuid,
        kind: Option<EntryKind>,
        part: Part,
        limit: usize,
    ) -> Result<Timeline, DbErr> {
        let (db, most, oldest) = (self.inner.db.read(), limit as u64 + 1, part.oldest_first());
        let mut found: Vec<(Position, TimelineEntry)> = Vec::new();
        let event = kind.and_then(EntryKind::event);
        if kind.is_none() || event.is_some() {
            let kind = event.map(EventKind::as_str);
            let rows = journal::page(db, id, part.between(EVENTS), kind, oldest, most).await?;
            found.extend(rows.into_iter().filter_map(of_event));
        }
        let signal = kind.and_then(EntryKind::signal);
        if kind.is_none() || signal.is_some() {
            let signals = Signals::new(self.inner.db.clone());
            let rows = signals.of_installation(id, signal, part.between(SIGNALS), oldest, most).await?;
            found.extend(rows.into_iter().map(of_signal));
        }
        found.sort_unstable_by_key(|(position, _)| *position);
        if !oldest {
            found.reverse();
        }
        let more = found.len() > limit;
        found.truncate(limit);
        if oldest {
            found.reverse();
        }
        Ok(Timeline { items: found.into_iter().map(|(_, entry)| entry).collect(), more })
    }
}

fn of_event(row: journal::Row) -> Option<(Position, TimelineEntry)> {
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind)?;
    let detail = serde_json::from_str(&row.detail).unwrap_or_default();
    Some(entry((row.id, EVENTS), EntryKind::of_event(kind), row.summary, detail))
}

fn of_signal(signal: KeptSignal) -> (Position, TimelineEntry) {
    let detail = json!({
        "line_id": format!("c{}", signal.id), "level": signal.level.as_str(), "app_version": signal.app_version, "view": signal.view, "page": signal.page,
        "session": signal.session, "client_time": signal.client_ms.map(Timestamp::from_ms), "trace_id": signal.trace_id,
        "span_id": signal.span_id, "body": signal.body,
    });
    entry((signal.id, SIGNALS), EntryKind::of_signal(signal.kind), signal.message, detail)
}

fn entry(position: Position, kind: EntryKind, summary: String, detail: Value) -> (Position, TimelineEntry) {
    let time = Timestamp::from_ms(timeline::ms(position.0));
    (position, TimelineEntry { position: page::encode(&position), time, kind, summary, detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ids_of_both_tables_have_an_order() {
        // The order is (5, EVENTS), (5, SIGNALS).
        let spans = |part: Part, source, id: i64| {
            let (after, before) = part.between(source);
            after < id && id < before
        };
        let (event, signal) = ((5, EVENTS), (5, SIGNALS));
        assert!(spans(Part::Before(Some(signal)), EVENTS, 5));
        assert!(!spans(Part::Before(Some(signal)), SIGNALS, 5));
        assert!(!spans(Part::Before(Some(event)), SIGNALS, 5));
        assert!(!spans(Part::Before(Some(event)), EVENTS, 5));
        assert!(spans(Part::After(event), SIGNALS, 5));
        assert!(!spans(Part::After(event), EVENTS, 5));
        assert!(!spans(Part::After(signal), EVENTS, 5));
        assert!(!spans(Part::After(signal), SIGNALS, 5));
    }
}

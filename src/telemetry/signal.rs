//! What a client application reports, as one type for all its forms.

use std::collections::BTreeMap;
use std::sync::Arc;

use poem_openapi::Enum;
use serde::{Deserialize, Serialize};

/// The forms of a signal
#[derive(Clone, Copy, Debug, Deserialize, Enum, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A line that the application wrote
    Log,
    /// An error with its stack
    Exception,
    /// Numbers under one name, such as web vitals
    Measurement,
    /// Something that happened, such as a changed view
    Event,
    /// A step of a trace
    Span,
}

impl Kind {
    /// Every kind, in the order of their numbers in the database.
    pub const ALL: [Self; 5] = [Self::Log, Self::Exception, Self::Measurement, Self::Event, Self::Span];

    /// The kind's number in the database.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The kind with this number.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The name, as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Exception => "exception",
            Self::Measurement => "measurement",
            Self::Event => "event",
            Self::Span => "span",
        }
    }
}

/// How much a line matters
#[derive(Clone, Copy, Debug, Deserialize, Enum, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Every step
    Trace,
    /// For whoever looks for a fault
    Debug,
    /// What happens
    Info,
    /// What should be looked at
    Warning,
    /// What failed
    Error,
}

impl Level {
    /// Every level, from the least.
    pub const ALL: [Self; 5] = [Self::Trace, Self::Debug, Self::Info, Self::Warning, Self::Error];

    /// The level's number in the database: greater matters more.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The level with this number.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// The name, as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level that a sender means: the SDK says `log` and `warn`, its document `warning`, others what they like.
    pub fn meant(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "trace" | "verbose" => Self::Trace,
            "debug" => Self::Debug,
            "warn" | "warning" => Self::Warning,
            "error" | "err" | "critical" | "crit" | "fatal" | "alert" | "emergency" | "emerg" | "panic" => {
                Self::Error
            }
            _ => Self::Info,
        }
    }
}

/// One line of a stack
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Function
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub function: String,
    /// Module
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub module: String,
    /// File or URL
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filename: String,
    /// Line, from 1
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineno: Option<u32>,
    /// Column, from 1
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colno: Option<u32>,
}

/// The user action that a signal belongs to.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Name of the action.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Id of the action around it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parent_id: String,
}

/// Something that happened within a span.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub struct SpanEvent {
    /// What.
    pub name: String,
    /// When, by the client's clock, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ms: Option<i64>,
    /// What else is said of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// What made a span or a log of OTLP: a library.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub struct Scope {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// What else is said of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// What a signal of each kind carries beyond its message. This is what the column `signal.body` holds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Body {
    /// Context of a log, exception or measurement; attributes of an event or span.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The level's word, where it is not the level's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Type of an exception or measurement, domain of an event, service of a span or of a log of OTLP.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// Value of an exception: its message without the type.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Stack of an exception, innermost first, as it was sent: it is resolved when it is read (see `maps`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
    /// What the sender groups an exception by.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
    /// Whether an exception ended the application.
    #[serde(skip_serializing_if = "is_false")]
    pub fatal: bool,
    /// Numbers of a measurement.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, f64>,
    /// Span above a span.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parent_span_id: String,
    /// How long a span took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The part that a span plays: `client`, `server`, `internal`, `producer`, `consumer`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub span_kind: String,
    /// Why a span failed, in the sender's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status_message: String,
    /// What happened within a span, in the order in which it was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<SpanEvent>,
    /// User action around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// What else OTLP says of the service that sent a span or log. Shared by all of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Arc<BTreeMap<String, String>>>,
    /// The library within the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Arc<Scope>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Bytes that a text takes in a map or list, beside itself: its own head, that of its neighbour, and its part of a node.
const PART: usize = 128;

impl Body {
    /// Bytes that it takes in memory, about, beside its own size: at least as many as it does.
    fn memory(&self) -> usize {
        let texts = [
            &self.r#type,
            &self.value,
            &self.fingerprint,
            &self.parent_span_id,
            &self.span_kind,
            &self.status_message,
        ];
        let texts: usize = texts.into_iter().map(String::capacity).sum();
        let frame = |frame: &Frame| {
            PART + size_of::<Frame>()
                + [&frame.function, &frame.module, &frame.filename]
                    .map(|text| text.len())
                    .iter()
                    .sum::<usize>()
        };
        let event =
            |event: &SpanEvent| PART + size_of::<SpanEvent>() + event.name.len() + map(&event.attributes);
        let frames: usize = self.frames.iter().map(frame).sum();
        let events: usize = self.events.iter().map(event).sum();
        let values: usize = self.values.keys().map(|name| PART + name.len()).sum();
        let action = self.action.as_ref().map_or(0, |a| a.name.len() + a.id.len() + a.parent_id.len());
        // In memory once for all signals; for each, as it is on its way to the disk.
        let shared =
            |map: &BTreeMap<String, String>| map.iter().map(|(a, b)| a.len() + b.len()).sum::<usize>();
        let scope = self.scope.as_ref().map_or(0, |s| s.name.len() + s.version.len() + shared(&s.attributes));
        let texts = texts + scope + self.resource.as_ref().map_or(0, |map| shared(map));
        texts + map(&self.attributes) + values + node(self.values.len()) + frames + events + action
    }
}

/// Bytes of the first node of a map, which has room for eleven.
fn node(items: usize) -> usize {
    if items == 0 { 0 } else { 11 * 2 * size_of::<String>() }
}

fn map(attributes: &BTreeMap<String, String>) -> usize {
    let items = attributes.iter().map(|(name, value)| PART + name.len() + value.len());
    items.sum::<usize>() + node(attributes.len())
}

/// One thing that a client reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Its form.
    pub kind: Kind,
    /// How much it matters.
    pub level: Level,
    /// When it happened by the client's clock, in milliseconds since 1970.
    pub client_ms: Option<i64>,
    /// Trace that it belongs to; whatever the sender calls it.
    pub trace_id: Option<String>,
    /// Span that it belongs to.
    pub span_id: Option<String>,
    /// One line for people: the log's text, `Type: value` of an exception, the name of everything else.
    pub message: String,
    /// The rest.
    pub body: Body,
}

impl Signal {
    /// Bytes that it takes in memory, about: a small text of JSON can make a large signal.
    pub fn memory(&self) -> usize {
        let ids = [&self.trace_id, &self.span_id].map(|id| id.as_ref().map_or(0, String::len));
        size_of::<Self>() + self.message.capacity() + ids.iter().sum::<usize>() + self.body.memory()
    }
}

//! A line of the log, whoever wrote it.

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::telemetry::{Context, Stored};
use crate::telemetry::{Kind, Level};
use crate::timeline;
use crate::timestamp::Timestamp;

/// Bytes of a line's fields in a list. The whole is to be had one by one.
pub const LISTED: usize = 16 << 10;

/// Who wrote a line
#[derive(Clone, Copy, Debug, Enum, Eq, Ord, PartialEq, PartialOrd)]
#[oai(rename_all = "snake_case")]
pub enum LogSource {
    /// The server
    Server,
    /// A client application
    Client,
}

/// What a line is
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum LogKind {
    /// A line of the server
    Server,
    /// A line that a client wrote
    Log,
    /// An error of a client
    Exception,
    /// Numbers that a client measured
    Measurement,
    /// Something that happened in a client
    Event,
    /// A step of a client's trace
    Span,
}

impl From<Kind> for LogKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Log => Self::Log,
            Kind::Exception => Self::Exception,
            Kind::Measurement => Self::Measurement,
            Kind::Event => Self::Event,
            Kind::Span => Self::Span,
        }
    }
}

impl LogKind {
    /// The kind of signal; `None` for lines of the server.
    pub fn signal(self) -> Option<Kind> {
        match self {
            Self::Server => None,
            Self::Log => Some(Kind::Log),
            Self::Exception => Some(Kind::Exception),
            Self::Measurement => Some(Kind::Measurement),
            Self::Event => Some(Kind::Event),
            Self::Span => Some(Kind::Span),
        }
    }
}

/// A line of the log
#[derive(Clone, Debug, Object, PartialEq)]
#[oai(example)]
pub struct LogLine {
    /// Id of the line; greater is later
    pub id: String,
    /// When the server stored it: a line of its own some tenths of a second after it was written
    pub time: Timestamp,
    /// When it happened by the client's own clock
    pub client_time: Option<Timestamp>,
    /// Who wrote it
    pub source: LogSource,
    /// What it is
    pub kind: LogKind,
    /// How much it matters
    pub level: Level,
    /// The line itself; for measurements, events and spans their name
    pub message: String,
    /// Application; empty for the server
    pub app: String,
    /// Version of the application
    pub app_version: String,
    /// Id of the installation
    pub client: Option<Uuid>,
    /// Session of the application
    pub session: String,
    /// Id of the account
    pub user_id: Option<Uuid>,
    /// Name of the user as the application says; empty for the server
    pub user_name: String,
    /// View, or else page, of the application; module of the server
    pub place: String,
    /// Trace
    pub trace_id: Option<String>,
    /// Span
    pub span_id: Option<String>,
    /// The rest: fields of a server's line; attributes, values, stack and so on of a signal. In lists they are left out
    /// where they are long: `truncated`
    pub fields: Value,
    /// Whether `fields` is left out
    pub truncated: bool,
}

impl Example for LogLine {
    fn example() -> Self {
        Self {
            id: "c1882544189440".to_owned(),
            time: Timestamp::from_ms(1_795_341_600_000),
            client_time: Some(Timestamp::from_ms(1_795_341_599_950)),
            source: LogSource::Client,
            kind: LogKind::Log,
            level: Level::Warning,
            message: "The calendar took long to load".to_owned(),
            app: "desk".to_owned(),
            app_version: "1.4.0".to_owned(),
            client: Some(Uuid::from_u128(0x019a_a9ec_3f00_8000_8000_0000_0000_0003)),
            session: "x7Hk2mPq4a".to_owned(),
            user_id: None,
            user_name: "ann".to_owned(),
            place: "agenda".to_owned(),
            trace_id: None,
            span_id: None,
            fields: serde_json::json!({"attributes": {"events": "412"}}),
            truncated: false,
        }
    }
}

/// What the cursor of a list says.
#[derive(Deserialize, Serialize)]
pub enum Cursor {
    /// Lines before this position.
    Before(String),
    /// Lines after this position.
    After(String),
}

/// Where a line stands among all: by time, and of two with the same time the server's first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// Id in its table.
    pub id: i64,
    /// Which table.
    pub source: LogSource,
}

impl Position {
    /// As text: `s` or `c`, and the id.
    pub fn text(self) -> String {
        match self.source {
            LogSource::Server => format!("s{}", self.id),
            LogSource::Client => format!("c{}", self.id),
        }
    }

    /// Reads what [`Position::text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (source, id) = text.split_at_checked(1)?;
        let source = match source {
            "s" => LogSource::Server,
            "c" => LogSource::Client,
            _ => return None,
        };
        Some(Self { id: id.parse().ok().filter(|id| *id >= 0)?, source })
    }
}

impl LogLine {
    /// Where it stands.
    pub fn position(&self) -> Option<Position> {
        Position::parse(&self.id)
    }

    /// A signal as a line.
    pub fn of_signal(stored: &Stored) -> Self {
        let Stored { id, context, signal } = stored;
        let mut line = Self::client(*id, context, signal.kind, signal.level);
        line.client_time = signal.client_ms.map(Timestamp::from_ms);
        line.message.clone_from(&signal.message);
        line.trace_id.clone_from(&signal.trace_id);
        line.span_id.clone_from(&signal.span_id);
        line.fields = serde_json::to_value(&signal.body).unwrap_or_default();
        line
    }

    fn client(id: i64, context: &Context, kind: Kind, level: Level) -> Self {
        let meta = &context.meta;
        Self {
            id: Position { id, source: LogSource::Client }.text(),
            time: Timestamp::from_ms(timeline::ms(id)),
            client_time: None,
            source: LogSource::Client,
            kind: kind.into(),
            level,
            message: String::new(),
            app: meta.app.clone(),
            app_version: meta.app_version.clone(),
            client: context.installation,
            session: meta.session.clone(),
            user_id: context.account,
            user_name: meta.user_name.clone(),
            place: if meta.view.is_empty() { meta.page.clone() } else { meta.view.clone() },
            trace_id: None,
            span_id: None,
            fields: Value::Null,
            truncated: false,
        }
    }

    /// Leaves out long fields, for a list or the tail.
    pub fn shortened(mut self) -> Self {
        if self.message.len() > LISTED {
            self.message.truncate(self.message.floor_char_boundary(LISTED));
            self.truncated = true;
        }
        if self.fields.to_string().len() > LISTED {
            self.fields = Value::Object(Map::new());
            self.truncated = true;
        }
        self
    }
}

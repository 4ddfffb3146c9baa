//! A notice to whoever sits at a client.

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use serde::Serialize;
use uuid::Uuid;

use crate::clock::Clock;
use crate::realtime::Publication;
use crate::text::Text;
use crate::timestamp::Timestamp;

/// How much a notice matters
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know
    Info,
    /// Something should be done
    Warning,
    /// Something is broken
    Error,
}

/// Something to show to whoever sits at a client
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Notice {
    /// Headline
    #[oai(validator(min_length = 1, max_length = 200))]
    pub title: Text,
    /// Text, without markup; may be empty
    #[oai(validator(max_length = 2000))]
    pub body: Text,
    /// How much it matters
    pub level: NoticeLevel,
}

impl Example for Notice {
    fn example() -> Self {
        Self {
            title: "Maintenance at six".into(),
            body: "The server restarts at 18:00 and is back a minute later.".into(),
            level: NoticeLevel::Warning,
        }
    }
}

/// A notice as its client gets it.
#[derive(Serialize)]
struct NoticePublication<'a> {
    r#type: &'static str,
    id: Uuid,
    title: &'a str,
    body: &'a str,
    level: NoticeLevel,
    time: Timestamp,
}

impl Notice {
    /// What clients get.
    pub fn publication(&self, clock: &Clock) -> Publication {
        Publication::transient(&NoticePublication {
            r#type: "notice",
            id: crate::id::new(clock),
            title: &self.title,
            body: &self.body,
            level: self.level,
            time: clock.now().into(),
        })
    }
}

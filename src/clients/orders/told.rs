//! Settings and requests, as they are kept and as clients are told of them.

use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::clock::from_ms;
use crate::realtime::Publication;
use crate::timestamp::Timestamp;

/// How much an application is to log
#[derive(Clone, Copy, Debug, Deserialize, Enum, Eq, PartialEq, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Every step
    Trace,
    /// For whoever looks for a fault
    Debug,
    /// What happens
    Info,
    /// What should be looked at
    Warn,
    /// What failed
    Error,
}

impl LogLevel {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Trace, "trace"),
        (Self::Debug, "debug"),
        (Self::Info, "info"),
        (Self::Warn, "warn"),
        (Self::Error, "error"),
    ];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(level, _)| *level == self).map_or("", |(_, name)| name)
    }

    /// The level of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(level, _)| *level)
    }
}

/// What is set for an installation
#[derive(Clone, Debug, Object, PartialEq)]
pub struct ActiveSettings {
    /// How much it is to log; null leaves it to the application
    pub log_level: Option<LogLevel>,
    /// Share of its sessions that are to send signals, from 0 to 1; null leaves it to the application
    pub sampling: Option<f64>,
    /// When it ends by itself
    pub until: Timestamp,
    /// Login name of the admin who set it
    pub set_by: String,
    /// When it was set
    pub set_at: Timestamp,
}

/// Settings as their client gets them.
#[derive(Debug, PartialEq, Serialize)]
pub struct Told {
    log_level: Option<LogLevel>,
    sampling: Option<f64>,
    until: Timestamp,
}

impl From<&ActiveSettings> for Told {
    fn from(s: &ActiveSettings) -> Self {
        Self { log_level: s.log_level, sampling: s.sampling, until: s.until }
    }
}

/// All that an installation is told at this moment: `data` of the reply to its connect command.
#[derive(Debug, PartialEq, Serialize)]
pub struct Orders {
    pub settings: Option<Told>,
    /// Ids of reports that are asked for.
    pub diagnostics: Vec<Uuid>,
}

impl Orders {
    /// As JSON.
    pub fn json(&self) -> Box<RawValue> {
        to_raw_value(self).expect("orders are plain structs")
    }
}

/// A publication of settings; null when there are none any more.
#[derive(Serialize)]
struct SettingsPublication<'a> {
    r#type: &'static str,
    settings: Option<&'a Told>,
}

/// A publication that asks for a report.
#[derive(Serialize)]
struct DiagnosticsPublication {
    r#type: &'static str,
    id: Uuid,
}

/// Tells that settings hold from now on, or none.
pub fn settings_publication(settings: Option<&Told>) -> Publication {
    Publication::transient(&SettingsPublication { r#type: "settings", settings })
}

/// Asks for a report.
pub fn request_publication(id: Uuid) -> Publication {
    Publication::transient(&DiagnosticsPublication { r#type: "diagnostics.request", id })
}

impl ActiveSettings {
    /// From what is stored.
    pub fn stored(level: Option<&str>, sampling: Option<f64>, until: i64, by: String, at: i64) -> Self {
        Self {
            log_level: level.and_then(LogLevel::named),
            sampling,
            until: from_ms(until).into(),
            set_by: by,
            set_at: from_ms(at).into(),
        }
    }
}

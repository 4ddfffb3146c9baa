//! Which installations are asked for, and in which order.

use uuid::Uuid;

use super::store::list::{Position, Row};
use crate::error::ApiError;

/// Conditions; all of them must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Id or login name of the account, or the name claimed.
    pub user: Option<String>,
    /// Application, whatever the case.
    pub app: Option<String>,
    /// Version of the application.
    pub version: Option<String>,
    /// Operating system, whatever the case.
    pub os: Option<String>,
    /// Its version.
    pub os_version: Option<String>,
    /// Name of the machine, whatever the case.
    pub hostname: Option<String>,
    /// Language and country, whatever the case.
    pub locale: Option<String>,
    /// Address that it was last seen at.
    pub address: Option<String>,
    /// First seen from a time on, and before another, in milliseconds since 1970.
    pub first_seen: (Option<i64>, Option<i64>),
    /// Last seen, in the same way.
    pub last_seen: (Option<i64>, Option<i64>),
    /// Part of anything that names it.
    pub search: Option<String>,
    /// Whether it is connected, and who is now.
    pub connected: Option<(bool, Vec<Uuid>)>,
    /// Not connected (who is stands beside it) and not seen for so many days.
    pub silent_days: Option<(i64, Vec<Uuid>)>,
    /// Whether its version is below the latest of its application.
    pub behind: Option<bool>,
}

/// What a list of installations can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    LastSeen,
    FirstSeen,
    App,
    Version,
    Os,
    OsVersion,
    User,
    Hostname,
    Address,
    Connected,
    Signals,
    Errors,
    LastError,
}

impl By {
    const ALL: [(&'static str, Self); 13] = [
        ("last_seen", Self::LastSeen),
        ("first_seen", Self::FirstSeen),
        ("app", Self::App),
        ("version", Self::Version),
        ("os", Self::Os),
        ("os_version", Self::OsVersion),
        ("user", Self::User),
        ("hostname", Self::Hostname),
        ("address", Self::Address),
        ("connected", Self::Connected),
        ("signals", Self::Signals),
        ("errors", Self::Errors),
        ("last_error", Self::LastError),
    ];

    /// The column, as the list's query calls it; `None` for what only memory knows.
    pub fn column(self) -> Option<&'static str> {
        Some(match self {
            Self::Connected => return None,
            Self::LastSeen => "i.last_seen_at",
            Self::FirstSeen => "i.first_seen_at",
            Self::App => "i.app COLLATE NOCASE",
            Self::Version => "i.version_key",
            Self::Os => "i.os COLLATE NOCASE",
            Self::OsVersion => "i.os_version COLLATE NOCASE",
            Self::User => "COALESCE(u.username, i.user_name) COLLATE NOCASE",
            Self::Hostname => "i.hostname COLLATE NOCASE",
            Self::Address => "i.address",
            Self::Signals => "i.signals",
            Self::Errors => "i.errors",
            Self::LastError => "COALESCE(i.last_error_at, 0)",
        })
    }

    /// The value of a row, which is connected now or not.
    pub fn position(self, row: &Row, connected: bool) -> Position {
        let text = |t: &str| Position::Text(t.to_owned());
        match self {
            Self::LastSeen => Position::Number(row.last_seen_at),
            Self::FirstSeen => Position::Number(row.first_seen_at),
            Self::App => text(&row.app),
            Self::Version => text(&row.version_key),
            Self::Os => text(&row.os),
            Self::OsVersion => text(&row.os_version),
            Self::User => text(&row.username),
            Self::Hostname => text(&row.hostname),
            Self::Address => text(&row.address),
            Self::Connected => Position::Number(connected.into()),
            Self::Signals => Position::Number(row.signals),
            Self::Errors => Position::Number(row.errors),
            Self::LastError => Position::Number(row.last_error_at.unwrap_or(0)),
        }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: By,
    pub descending: bool,
}

impl Order {
    /// Reads `last_seen` or, for the other direction, `-last_seen`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let name = text.strip_prefix('-').unwrap_or(text);
        let by = By::ALL.iter().find(|(known, _)| *known == name).map(|(_, by)| *by);
        by.map(|by| Self { by, descending: text.starts_with('-') }).ok_or_else(|| {
            let names: Vec<&str> = By::ALL.iter().map(|(name, _)| *name).collect();
            ApiError::field(
                "sort",
                format!("must be one of {}, with `-` before it for the other direction", names.join(", ")),
            )
        })
    }
}

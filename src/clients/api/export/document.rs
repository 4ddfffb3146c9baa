//! The document's shape.

use poem_openapi::Object;
use serde_json::Value;
use uuid::Uuid;

use super::super::super::view::{Installation, InstalledVersion};
use crate::auth::Role;
use crate::logs::LogLine;
use crate::telemetry::KeptSignal;
use crate::telemetry::{Kind, Level};
use crate::timeline;
use crate::timestamp::Timestamp;

/// The account
#[derive(Object)]
pub struct ExportedAccount {
    /// Id
    pub id: Uuid,
    /// Login name
    pub username: String,
    /// Name as shown to people
    pub name: String,
    /// What it may do
    pub role: Role,
}

/// A login
#[derive(Object)]
pub struct ExportedSession {
    /// Id
    pub id: Uuid,
    /// What the sender called itself
    pub device: String,
    /// Address of the login or the last refresh
    pub address: String,
    /// When it began
    pub created_at: Timestamp,
    /// When it was last used
    pub last_used_at: Timestamp,
}

/// An installation with the versions that it has had
#[derive(Object)]
pub struct ExportedInstallation {
    /// The installation
    pub installation: Installation,
    /// Versions
    pub versions: Vec<InstalledVersion>,
}

/// An event
#[derive(Object)]
pub struct ExportedEvent {
    /// When
    pub time: Timestamp,
    /// What kind of thing
    pub kind: String,
    /// One line for people
    pub summary: String,
    /// What else is known
    pub detail: Value,
}

/// A diagnostic report
#[derive(Object)]
pub struct ExportedReport {
    /// The installation that sent it
    pub installation_id: Uuid,
    /// When it was asked for
    pub requested_at: Timestamp,
    /// When it came
    pub received_at: Option<Timestamp>,
    /// What was sent; null until it came
    pub report: Value,
}

/// A signal
#[derive(Object)]
pub struct ExportedSignal {
    /// When the server got it
    pub time: Timestamp,
    /// When it happened by the client's clock
    pub client_time: Option<Timestamp>,
    /// Its form
    pub kind: Kind,
    /// How much it matters
    pub level: Level,
    /// Application
    pub app: String,
    /// Version of the application
    pub app_version: String,
    /// The application's session
    pub session: String,
    /// The view shown
    pub view: String,
    /// URL of the page
    pub page: String,
    /// One line for people
    pub message: String,
    /// The rest, by kind
    pub body: Value,
}

/// All that is kept about an account, beside its agenda and chat
// Only its schema is used: the document is written piece by piece.
#[derive(Object)]
pub struct ExportedData {
    /// When the document was made
    pub exported_at: Timestamp,
    /// The account
    pub account: ExportedAccount,
    /// Its logins that are not over
    pub sessions: Vec<ExportedSession>,
    /// Installations that it used last
    pub installations: Vec<ExportedInstallation>,
    /// Events in their timelines, the oldest first
    pub events: Vec<ExportedEvent>,
    /// Diagnostic reports of these installations
    pub diagnostics: Vec<ExportedReport>,
    /// Signals, the oldest first
    pub signals: Vec<ExportedSignal>,
    /// Lines of the server's log that name the account, the oldest first
    pub log_lines: Vec<LogLine>,
}

impl From<KeptSignal> for ExportedSignal {
    fn from(signal: KeptSignal) -> Self {
        Self {
            time: Timestamp::from_ms(timeline::ms(signal.id)),
            client_time: signal.client_ms.map(Timestamp::from_ms),
            kind: signal.kind,
            level: signal.level,
            app: signal.app,
            app_version: signal.app_version,
            session: signal.session,
            view: signal.view,
            page: signal.page,
            message: signal.message,
            body: serde_json::to_value(&signal.body).unwrap_or_default(),
        }
    }
}

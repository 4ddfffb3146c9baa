//! All that is kept about one account, as one JSON document that is written while it is read.

mod document;

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use futures_util::stream;
use poem::Body;
use poem_openapi::payload::Payload;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};
use sea_orm::DbErr;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::super::fleet::Fleet;
use super::super::store::{self, diagnostics, list, own, versions};
use super::super::view::{Installation, InstalledVersion};
use crate::auth::{Auth, Identity};
use crate::logs::Logs;
use crate::telemetry::{Owner, Signals};
use crate::timeline;
use crate::timestamp::Timestamp;
use document::{
    ExportedAccount, ExportedData, ExportedEvent, ExportedInstallation, ExportedReport, ExportedSession,
    ExportedSignal,
};

/// Rows read at a time.
const PAGE: u64 = 200;
/// Pieces of the document that may wait for the reader: it decides how fast the database is read.
const AHEAD: usize = 4;

/// The document as a response.
pub struct Export {
    pub body: Body,
}

impl Payload for Export {
    const CONTENT_TYPE: &'static str = "application/json; charset=utf-8";

    fn schema_ref() -> MetaSchemaRef {
        ExportedData::schema_ref()
    }

    fn register(registry: &mut Registry) {
        ExportedData::register(registry);
    }
}

/// Begins to write the document.
pub fn start(
    fleet: &Fleet,
    logs: &Logs,
    auth: &Auth,
    tasks: &TaskTracker,
    who: &Identity,
    owner: Owner,
) -> Export {
    let (pieces, read) = mpsc::channel(AHEAD);
    let mut writer = Writer { fleet: fleet.clone(), logs: logs.clone(), owner, pieces, first: true };
    let head = head(fleet, auth, who);
    tasks.spawn(async move {
        if let Err(Stopped::Database(e)) = writer.write(head).await {
            tracing::error!(error = %e, "An export broke off: {e}");
            // The response breaks off as well, so that nobody takes it for whole.
            let _ = writer.pieces.send(Err(io::Error::other("the export broke off"))).await;
        }
    });
    let body = stream::unfold(read, |mut read| async { read.recv().await.map(|piece| (piece, read)) });
    Export { body: Body::from_bytes_stream(body) }
}

fn head(fleet: &Fleet, auth: &Auth, who: &Identity) -> String {
    let account = ExportedAccount {
        id: who.user_id,
        username: who.username.clone(),
        name: who.name.clone(),
        role: who.role,
    };
    let session = |s: &std::sync::Arc<crate::auth::Session>| ExportedSession {
        id: s.id,
        device: s.device.clone(),
        address: s.address.clone(),
        created_at: Timestamp::from_ms(s.created_ms),
        last_used_at: Timestamp::from_ms(s.used_ms.load(Relaxed)),
    };
    let sessions: Vec<ExportedSession> = auth.sessions_of(who.user_id).iter().map(session).collect();
    let now = Timestamp::from(fleet.inner.clock.now());
    format!(
        "{{\"exported_at\":{},\"account\":{},\"sessions\":{}",
        now.to_json_string(),
        account.to_json_string(),
        sessions.to_json_string()
    )
}

/// Why the document ends early.
enum Stopped {
    Database(DbErr),
    /// Nobody reads it any more.
    Unread,
}

impl From<DbErr> for Stopped {
    fn from(e: DbErr) -> Self {
        Self::Database(e)
    }
}

struct Writer {
    fleet: Fleet,
    logs: Logs,
    owner: Owner,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    /// Whether the next item is the first of its list.
    first: bool,
}

impl Writer {
    async fn write(&mut self, head: String) -> Result<(), Stopped> {
        self.send(head).await?;
        self.installations().await?;
        self.events().await?;
        self.diagnostics().await?;
        self.signals().await?;
        self.log_lines().await?;
        self.send("]}".to_owned()).await
    }

    async fn send(&self, piece: String) -> Result<(), Stopped> {
        self.pieces.send(Ok(piece.into())).await.map_err(|_| Stopped::Unread)
    }

    /// Ends the list before, if there is one, and begins another.
    async fn list(&mut self, name: &str, end: bool) -> Result<(), Stopped> {
        self.first = true;
        self.send(format!("{},\"{name}\":[", if end { "]" } else { "" })).await
    }

    async fn items(&mut self, items: &[impl ToJSON]) -> Result<(), Stopped> {
        let mut piece = String::new();
        for item in items {
            if !std::mem::take(&mut self.first) {
                piece.push(',');
            }
            piece.push_str(&item.to_json_string());
        }
        if piece.is_empty() { Ok(()) } else { self.send(piece).await }
    }

    async fn installations(&mut self) -> Result<(), Stopped> {
        self.list("installations", false).await?;
        let (mut after, now_ms) = (Uuid::nil(), self.fleet.inner.clock.now_ms());
        let online = self.fleet.connected_ids();
        loop {
            let db = self.fleet.inner.db.clone();
            let rows = list::of_user(db.read(), self.owner.account, after, PAGE, now_ms).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            for row in rows {
                let versions = versions::of(db.read(), row.id).await?.into_iter().map(InstalledVersion::from);
                let connected = online.binary_search(&row.id).is_ok();
                let item = ExportedInstallation {
                    versions: versions.collect(),
                    installation: Installation::of(row, connected, now_ms),
                };
                self.items(&[item]).await?;
            }
        }
    }

    async fn events(&mut self) -> Result<(), Stopped> {
        self.list("events", true).await?;
        let mut after = -1;
        loop {
            let rows = own::events(self.fleet.inner.db.read(), self.owner.account, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            let item = |row: store::journal::Row| ExportedEvent {
                time: Timestamp::from_ms(timeline::ms(row.id)),
                kind: row.kind,
                summary: row.summary,
                detail: serde_json::from_str(&row.detail).unwrap_or_default(),
            };
            let items: Vec<ExportedEvent> = rows.into_iter().map(item).collect();
            self.items(&items).await?;
        }
    }

    async fn diagnostics(&mut self) -> Result<(), Stopped> {
        self.list("diagnostics", true).await?;
        let db = self.fleet.inner.db.clone();
        for installation in self.owner.installations.clone() {
            for row in diagnostics::of(db.read(), installation).await? {
                let text = diagnostics::text(db.read(), row.id).await?;
                let item = ExportedReport {
                    installation_id: installation,
                    requested_at: Timestamp::from_ms(row.requested_at),
                    received_at: row.received_at.map(Timestamp::from_ms),
                    report: text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
                };
                self.items(&[item]).await?;
            }
        }
        Ok(())
    }

    async fn signals(&mut self) -> Result<(), Stopped> {
        self.list("signals", true).await?;
        let (signals, mut after) = (Signals::new(self.fleet.inner.db.clone()), -1);
        loop {
            let (found, next) = signals.of_owner(&self.owner, after, PAGE).await?;
            let items: Vec<ExportedSignal> = found.into_iter().map(ExportedSignal::from).collect();
            self.items(&items).await?;
            let Some(next) = next else { return Ok(()) };
            after = next;
        }
    }

    async fn log_lines(&mut self) -> Result<(), Stopped> {
        self.list("log_lines", true).await?;
        let mut after = -1;
        loop {
            let (lines, next) = self.logs.of_account(self.owner.account, after, PAGE).await?;
            self.items(&lines).await?;
            let Some(next) = next else { return Ok(()) };
            after = next;
        }
    }
}

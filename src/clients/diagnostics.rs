//! Reports that admins ask clients for, over HTTP and as the rpc `diagnostics`.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::fleet::Fleet;
use super::journal::EventKind;
use super::store::{diagnostics, list, orders};
use crate::auth::{Identity, Scope};
use crate::error::ApiError;
use crate::idempotency::{self, Key, KeyError};
use crate::realtime::{ClientInfo, Error, Namespace};

/// Largest report in bytes of JSON: a log file's last thousand lines, or a picture of the state.
pub const REPORT_BYTES: usize = 256 << 10;

/// Why a report was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// No such request, or not one to this client.
    #[error("there is no such request")]
    NotFound,
    /// It came before.
    #[error("the report came before")]
    Again,
    /// It is too large.
    #[error("the report is larger than {REPORT_BYTES} bytes")]
    TooLarge,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotFound => Self::not_found(),
            ReportError::Again => {
                Self::conflict("already_answered", "This report came before; the first one stays.")
            }
            ReportError::TooLarge => Self::payload_too_large(REPORT_BYTES),
            ReportError::Db(e) => e.into(),
        }
    }
}

impl From<ReportError> for Error {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotFound => Self::PERMISSION_DENIED,
            ReportError::Again => Self::NOT_AVAILABLE,
            ReportError::TooLarge => Self::LIMIT_EXCEEDED,
            ReportError::Db(e) => Self::internal(e),
        }
    }
}

impl Fleet {
    /// Asks an installation for a report; connected clients are told at once, others when they connect. Gives the id of the
    /// request, and whether it is new: the same `attempt` again gives the one that it made.
    pub(super) async fn request_report(
        &self,
        who: &Identity,
        installation: Uuid,
        attempt: Option<Key>,
    ) -> Result<(Uuid, bool), KeyError> {
        let (fleet, by, now_ms) = (self.clone(), who.username.clone(), self.inner.clock.now_ms());
        let id = crate::id::new(&self.inner.clock);
        let asked = self.inner.db.write(move |tx| {
            Box::pin(async move {
                if let Some(id) = idempotency::made(tx, attempt.as_ref(), now_ms).await? {
                    let kept = diagnostics::find(tx.conn(), id).await?;
                    return kept.map(|_| (id, false)).ok_or(KeyError::Spent);
                }
                diagnostics::request(tx.conn(), id, installation, &by, now_ms).await?;
                idempotency::keep(tx, attempt.as_ref(), 201, id, now_ms).await?;
                let pending = orders::requests_of(tx.conn(), installation).await?;
                tx.after_commit(move || fleet.now_requested(installation, pending, Some(id)));
                Ok((id, true))
            })
        });
        asked.await
    }

    /// Stores a report that a client sends; `from` is the installation of its connection, if it came over one.
    pub(super) async fn receive_report(
        &self,
        who: &Identity,
        from: Option<Uuid>,
        id: Uuid,
        report: String,
    ) -> Result<(), ReportError> {
        let found = diagnostics::find(self.inner.db.read(), id).await?.ok_or(ReportError::NotFound)?;
        let installation = found.installation_id;
        if !self.speaks_for(who, from, installation).await? {
            return Err(ReportError::NotFound);
        }
        if report.len() > REPORT_BYTES {
            return Err(ReportError::TooLarge);
        }
        let (fleet, bytes, now_ms) = (self.clone(), report.len(), self.inner.clock.now_ms());
        let received = self.inner.db.write(move |tx| {
            Box::pin(async move {
                if !diagnostics::receive(tx.conn(), id, &report, now_ms).await? {
                    return Err(ReportError::Again);
                }
                let pending = orders::requests_of(tx.conn(), installation).await?;
                tx.after_commit(move || fleet.now_requested(installation, pending, None));
                Ok(())
            })
        });
        received.await?;
        let summary = format!("Sent a diagnostic report of {bytes} bytes");
        self.note(
            installation,
            Some(who.user_id),
            EventKind::Admin,
            summary,
            json!({"diagnostic": id, "bytes": bytes}),
        );
        Ok(())
    }

    /// Whether a caller may answer for an installation: it is that of its connection, or its account is the one that used
    /// it last or is connected from it now.
    async fn speaks_for(
        &self,
        who: &Identity,
        from: Option<Uuid>,
        installation: Uuid,
    ) -> Result<bool, DbErr> {
        if let Some(from) = from {
            return Ok(from == installation);
        }
        if self.clients_of(installation).iter().any(|c| c.identity.user_id == who.user_id) {
            return Ok(true);
        }
        let row = list::one(self.inner.db.read(), installation, self.inner.clock.now_ms()).await?;
        Ok(row.is_some_and(|row| row.user_id == Some(who.user_id)))
    }
}

/// The namespace `diagnostics`, which has no channels.
#[derive(Debug)]
pub struct DiagnosticsRpc(pub Fleet);

#[derive(Deserialize)]
struct Answer<'a> {
    id: Uuid,
    #[serde(borrow)]
    report: &'a RawValue,
}

impl Namespace for DiagnosticsRpc {
    fn prefix(&self) -> &'static str {
        "diagnostics"
    }

    fn channels(&self) -> &'static [&'static str] {
        &[]
    }

    fn methods(&self) -> &'static [&'static str] {
        &["diagnostics"]
    }

    fn rpc<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        from: ClientInfo,
        method: &'a str,
        data: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, Error>> {
        Box::pin(async move {
            if method != "diagnostics" {
                return Err(Error::METHOD_NOT_FOUND);
            }
            if !who.has_scope(Scope::SignalsWrite) {
                return Err(Error::PERMISSION_DENIED);
            }
            let data = data.ok_or(Error::BAD_REQUEST)?;
            let Answer { id, report } = serde_json::from_str(data.get()).map_err(|_| Error::BAD_REQUEST)?;
            let connection = self.0.inner.hub.connection(&from.client).ok_or(Error::PERMISSION_DENIED)?;
            let report = report.get().to_owned();
            self.0.receive_report(who, Some(connection.installation), id, report).await?;
            Ok(RawValue::from_string("{}".to_owned()).expect("an empty object is JSON"))
        })
    }
}

//! Diagnostic reports: asking for one, sending one, reading them.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fleet::Fleet;
use super::super::store::diagnostics::{self, Row};
use super::{Done, Tag};
use crate::auth::{Admin, Viewer, scope};
use crate::error::ApiError;
use crate::idempotency::IdempotencyKey;
use crate::timestamp::Timestamp;

/// Operations on diagnostic reports.
pub struct DiagnosticsApi {
    pub fleet: Fleet,
}

/// What a client answers to a request for a report, as the rpc `diagnostics` takes it, too
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct SentReport {
    /// The report: any JSON of up to 256 KiB
    report: Value,
}

impl Example for SentReport {
    fn example() -> Self {
        Self { report: json!({"free_disk_mb": 20_480, "last_error": null}) }
    }
}

/// A diagnostic report, without its content
#[derive(Clone, Debug, Object)]
#[oai(example)]
pub struct Diagnostic {
    /// Id
    pub id: Uuid,
    /// Login name of the admin who asked for it
    pub requested_by: String,
    /// When it was asked for
    pub requested_at: Timestamp,
    /// When it came; null until then
    pub received_at: Option<Timestamp>,
    /// Its size in bytes of JSON
    pub bytes: u64,
}

impl Example for Diagnostic {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0003),
            requested_by: "root".to_owned(),
            requested_at: Timestamp::from_ms(1_795_341_600_000),
            received_at: Some(Timestamp::from_ms(1_795_341_602_500)),
            bytes: 18_204,
        }
    }
}

impl From<Row> for Diagnostic {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            requested_by: row.requested_by,
            requested_at: Timestamp::from_ms(row.requested_at),
            received_at: row.received_at.map(Timestamp::from_ms),
            bytes: row.bytes.unsigned_abs(),
        }
    }
}

/// A diagnostic report
#[derive(Debug, Object)]
struct DiagnosticReport {
    /// The report
    diagnostic: Diagnostic,
    /// What the client sent; null until it came
    report: Value,
}

/// Diagnostic reports of an installation
#[derive(Debug, Object)]
struct Diagnostics {
    /// The newest first
    items: Vec<Diagnostic>,
    /// Always null: there are at most 20
    next: Option<String>,
}

#[derive(ApiResponse)]
enum Requested {
    /// Asked for
    #[oai(status = 201)]
    Ok(Json<Diagnostic>),
}

#[OpenApi(tag = "Tag::Installations")]
impl DiagnosticsApi {
    /// Ask an installation for a report
    ///
    /// Connected clients get a publication of the type `diagnostics.request` in `user:<id>`; others find its id in the reply
    /// to their connect command. The last 20 of an installation are kept, for 30 days.
    #[oai(
        path = "/installations/:installation_id/diagnostics",
        method = "post",
        operation_id = "request_diagnostics"
    )]
    async fn request(
        &self,
        who: Admin<scope::ClientsWrite>,
        /// Id of the installation
        installation_id: Path<Uuid>,
        /// Names this attempt for 24 hours: repeated with it, the same request asks for no other report
        #[oai(name = "Idempotency-Key")]
        attempt: IdempotencyKey,
    ) -> Result<Requested, ApiError> {
        let (fleet, installation) = (&self.fleet, installation_id.0);
        let user = fleet.known(installation).await?.user_id;
        let (id, new) = fleet.request_report(&who, installation, attempt.0).await?;
        if new {
            fleet.note_admin(&who, installation, user, "request_diagnostics", json!({"diagnostic": id}));
        }
        let row = diagnostics::find(fleet.inner.db.read(), id).await?.ok_or_else(ApiError::not_found)?;
        Ok(Requested::Ok(Json(row.into())))
    }

    /// List an installation's reports
    #[oai(
        path = "/installations/:installation_id/diagnostics",
        method = "get",
        operation_id = "list_diagnostics"
    )]
    async fn list(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Id of the installation
        installation_id: Path<Uuid>,
    ) -> Result<Json<Diagnostics>, ApiError> {
        let (fleet, installation) = (&self.fleet, installation_id.0);
        fleet.known(installation).await?;
        let rows = diagnostics::of(fleet.inner.db.read(), installation).await?;
        Ok(Json(Diagnostics { items: rows.into_iter().map(Diagnostic::from).collect(), next: None }))
    }

    /// Read one report
    #[oai(
        path = "/installations/:installation_id/diagnostics/:diagnostic_id",
        method = "get",
        operation_id = "get_diagnostic"
    )]
    async fn get(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Id of the installation
        installation_id: Path<Uuid>,
        /// Id of the report
        diagnostic_id: Path<Uuid>,
    ) -> Result<Json<DiagnosticReport>, ApiError> {
        let (db, id) = (self.fleet.inner.db.read(), diagnostic_id.0);
        let row = diagnostics::find(db, id).await?.filter(|row| row.installation_id == installation_id.0);
        let row = row.ok_or_else(ApiError::not_found)?;
        let text = diagnostics::text(db, id).await?;
        let report = match text {
            Some(text) => serde_json::from_str(&text).map_err(ApiError::internal)?,
            None => Value::Null,
        };
        Ok(Json(DiagnosticReport { diagnostic: row.into(), report }))
    }

    /// Send a report that was asked for
    ///
    /// For the client that was asked: any JSON of up to 256 KiB. It may also be sent as the rpc `diagnostics`, where a
    /// message has up to 64 KiB. The first report stays: another one is answered with 409 `already_answered`.
    #[oai(path = "/diagnostics/:diagnostic_id", method = "post", operation_id = "send_diagnostics")]
    async fn send(
        &self,
        who: Viewer<scope::SignalsWrite>,
        /// Id of the request
        diagnostic_id: Path<Uuid>,
        body: Json<SentReport>,
    ) -> Result<Done, ApiError> {
        self.fleet.receive_report(&who, None, diagnostic_id.0, body.0.report.to_string()).await?;
        Ok(Done::Done)
    }
}

//! Groups of errors over HTTP.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi, Tags};
use sea_orm::DbErr;
use tracing::info;
use uuid::Uuid;

use super::change::{ErrorsChange, ErrorsChanged, States};
use super::seen::{AffectedClient, ErrorOccurrence};
use super::state::ErrorState;
use super::store::{self, GroupRow, Latest, Order, VersionRow, Wanted};
use crate::auth::{Admin, SessionOnly, scope};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::ApiError;
use crate::page;
use crate::telemetry::maps::{SourceMaps, StackFrame};
use crate::timeline;
use crate::timestamp::Timestamp;

/// Operations on errors of client applications.
pub struct ErrorsApi {
    db: Db,
    clock: Clock,
    maps: SourceMaps,
    states: States,
}

impl ErrorsApi {
    /// Reads from `db`, resolves stacks with `maps`, and changes through `states`.
    pub fn new(db: Db, clock: Clock, maps: SourceMaps, states: States) -> Self {
        Self { db, clock, maps, states }
    }
}

#[derive(Tags)]
pub enum Tag {
    /// What client applications report
    Telemetry,
}

/// Exceptions that are the same fault
#[derive(Debug, Object)]
#[oai(example)]
struct ErrorGroup {
    /// Id of the group: the same fault of the same application has it always
    id: Uuid,
    /// Application
    app: String,
    /// Type of the exceptions
    r#type: String,
    /// Message of the first; of another one, or empty, when whoever had the first had it erased
    message: String,
    /// Where it happens: the innermost function, and its file
    culprit: String,
    /// When it was first seen
    first_seen: Timestamp,
    /// When it was last seen
    last_seen: Timestamp,
    /// How often it was seen
    count: u64,
    /// How many clients were affected; 10,000 stands for that many or more
    clients: u64,
    /// What people made of it
    state: ErrorState,
    /// Whether it was seen again after it was resolved, and nobody has said anything since
    regressed: bool,
    /// When the state last changed; null for one that nobody has said anything of
    state_at: Option<Timestamp>,
    /// How often it was seen in each of the last 24 hours by the clock; the last one is not over
    trend: Vec<u64>,
}

impl ErrorGroup {
    fn new(row: &GroupRow, trend: Vec<u64>) -> Self {
        Self {
            id: row.fingerprint,
            app: row.app.clone(),
            r#type: row.r#type.clone(),
            message: row.message.clone(),
            culprit: row.culprit.clone(),
            first_seen: Timestamp::from_ms(row.first_seen),
            last_seen: Timestamp::from_ms(row.last_seen),
            count: row.count.unsigned_abs(),
            clients: row.clients.unsigned_abs(),
            state: ErrorState::of_number(row.state),
            regressed: row.regressed != 0,
            state_at: row.state_at.map(Timestamp::from_ms),
            trend,
        }
    }
}

impl Example for ErrorGroup {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x6f1d_2c3b_4a59_4877_8695_a4b3_c2d1_e0ff),
            app: "desk".to_owned(),
            r#type: "TypeError".to_owned(),
            message: "Cannot read properties of undefined (reading 'id')".to_owned(),
            culprit: "openRoom (rooms.js)".to_owned(),
            first_seen: Timestamp::from_ms(1_795_255_200_000),
            last_seen: Timestamp::from_ms(1_795_341_600_000),
            count: 41,
            clients: 7,
            state: ErrorState::Open,
            regressed: false,
            state_at: None,
            trend: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 5, 11, 9, 4, 0, 0, 3, 6, 1, 0],
        }
    }
}

/// A page of errors
#[derive(Debug, Object)]
struct ErrorGroupPage {
    /// In the order asked for
    items: Vec<ErrorGroup>,
    /// For `cursor`, to go on; null at the end
    next: Option<String>,
    /// How many errors are open, whatever was asked for
    open: u64,
}

/// What changes of an error
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct ErrorChange {
    /// What people make of it
    state: ErrorState,
}

impl Example for ErrorChange {
    fn example() -> Self {
        Self { state: ErrorState::Resolved }
    }
}

/// A version that an error was seen in
#[derive(Debug, Object)]
struct ErrorVersion {
    /// Version of the application
    version: String,
    /// When it was first seen in this version
    first_seen: Timestamp,
    /// When it was last seen in this version
    last_seen: Timestamp,
    /// How often it was seen in this version
    count: u64,
}

impl From<VersionRow> for ErrorVersion {
    fn from(row: VersionRow) -> Self {
        Self {
            version: row.version,
            first_seen: Timestamp::from_ms(row.first_seen),
            last_seen: Timestamp::from_ms(row.last_seen),
            count: row.count.unsigned_abs(),
        }
    }
}

/// The last exception of an error that is still stored
#[derive(Debug, Object)]
struct LatestException {
    /// Id of its line in the logs
    line_id: String,
    /// When it was received
    time: Timestamp,
    /// Its own message
    message: String,
    /// Its stack, innermost first: as it was sent, and where a source map is, with the place in the source code
    stack: Vec<StackFrame>,
}

/// An error with all that is known of it
#[derive(Debug, Object)]
struct ErrorDetail {
    /// The error
    #[oai(flatten)]
    group: ErrorGroup,
    /// Versions that it was seen in, the last one first, at most 100
    versions: Vec<ErrorVersion>,
    /// The last exception; null when all are older than they are kept
    latest: Option<LatestException>,
    /// How often it was seen in each of the last 30 times 24 hours
    days: Vec<u64>,
    /// The last exceptions that are stored, the newest first
    occurrences: Vec<ErrorOccurrence>,
    /// The clients that had the last exceptions, the last one first
    affected: Vec<AffectedClient>,
}

/// Order of errors, the greatest first
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
enum ErrorOrder {
    /// The one seen last
    LastSeen,
    /// The newest
    FirstSeen,
    /// The most frequent
    Count,
}

impl From<ErrorOrder> for Order {
    fn from(order: ErrorOrder) -> Self {
        match order {
            ErrorOrder::LastSeen => Self::LastSeen,
            ErrorOrder::FirstSeen => Self::FirstSeen,
            ErrorOrder::Count => Self::Count,
        }
    }
}

#[OpenApi(tag = "Tag::Telemetry")]
impl ErrorsApi {
    /// List errors of client applications
    ///
    /// Exceptions are one error when application, type, message (without numbers and ids) and the innermost functions are
    /// the same, or when the application says so by a `fingerprint`.
    #[oai(path = "/errors", method = "get", operation_id = "list_errors")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the operation")]
    async fn list(
        &self,
        _who: Admin<scope::SignalsRead>,
        /// Only those of this application
        #[oai(validator(max_length = 200))]
        app: Query<Option<String>>,
        /// Only those seen in this version
        #[oai(validator(max_length = 200))]
        version: Query<Option<String>>,
        /// Only those with this text in type, message or place, whatever the case
        #[oai(validator(max_length = 200))]
        search: Query<Option<String>>,
        /// Only those seen at this time or later
        since: Query<Option<Timestamp>>,
        /// Only those in this state
        state: Query<Option<ErrorState>>,
        /// Order; `last_seen` when absent
        sort: Query<Option<ErrorOrder>>,
        /// Items in a page
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        #[oai(validator(max_length = 200))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<ErrorGroupPage>, ApiError> {
        let limit = page::limit(limit.0)? as usize;
        let order = sort.0.map_or(Order::LastSeen, Order::from);
        let after = cursor.0.as_deref().map(page::decode).transpose()?;
        let wanted = Wanted {
            app: app.0,
            version: version.0,
            search: search.0.filter(|text| !text.is_empty()),
            since: since.0.map(Timestamp::ms),
            state: state.0,
        };
        let conn = self.db.read();
        let mut rows = store::list(conn, &wanted, order, after, limit as i64 + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| page::encode(&(row.key(order), row.id)));
        let open = store::open(conn).await?.unsigned_abs();
        Ok(Json(ErrorGroupPage { items: self.groups(&rows).await?, next, open }))
    }

    /// Read one error
    #[oai(path = "/errors/:error_id", method = "get", operation_id = "get_error")]
    async fn get(
        &self,
        _who: Admin<scope::SignalsRead>,
        /// Id of the error
        error_id: Path<Uuid>,
    ) -> Result<Json<ErrorDetail>, ApiError> {
        let conn = self.db.read();
        let row = store::find(conn, error_id.0).await?.ok_or_else(ApiError::not_found)?;
        let versions = store::versions(conn, row.id).await?;
        let latest = match store::latest(conn, row.id).await? {
            Some(latest) => Some(self.resolved(latest).await?),
            None => None,
        };
        let days = store::trends(conn, &[row.id], self.clock.now_ms(), 24, DAYS).await?;
        let occurrences = store::occurrences(conn, row.id).await?;
        let affected = store::clients(conn, row.id).await?;
        Ok(Json(ErrorDetail {
            group: self.group(&row).await?,
            versions: versions.into_iter().map(ErrorVersion::from).collect(),
            latest,
            days: days.into_values().next().unwrap_or_default(),
            occurrences: occurrences.into_iter().map(ErrorOccurrence::from).collect(),
            affected: affected.into_iter().map(AffectedClient::from).collect(),
        }))
    }

    /// Resolve, ignore or reopen several errors
    ///
    /// All of them or none. Ids of errors that are gone are passed over.
    #[oai(path = "/errors", method = "patch", operation_id = "update_errors")]
    async fn update_all(
        &self,
        who: Admin<SessionOnly>,
        body: Json<ErrorsChange>,
    ) -> Result<Json<ErrorsChanged>, ApiError> {
        let ErrorsChange { ids, state } = body.0;
        let ids = self.states.set(ids, state, &who.username).await?;
        who.about_all("error_ids", &ids);
        let (count, word) = (ids.len(), state.as_str());
        info!(errors = count, state = word, user.id = %who.user_id, "`{}` set {count} errors to {word}", who.username);
        Ok(Json(ErrorsChanged { ids }))
    }

    /// Resolve, ignore or reopen an error
    ///
    /// One that was resolved is open again, and `regressed`, as soon as an exception of it is received.
    #[oai(path = "/errors/:error_id", method = "patch", operation_id = "update_error")]
    async fn update(
        &self,
        who: Admin<SessionOnly>,
        /// Id of the error
        error_id: Path<Uuid>,
        body: Json<ErrorChange>,
    ) -> Result<Json<ErrorGroup>, ApiError> {
        let (id, state) = (error_id.0, body.0.state);
        self.states.set(vec![id], state, &who.username).await?;
        let row = store::find(self.db.read(), id).await?.ok_or_else(ApiError::not_found)?;
        info!(error.id = %id, state = state.as_str(), user.id = %who.user_id, "`{}` set an error of `{}` to {}", who.username, row.app, state.as_str());
        Ok(Json(self.group(&row).await?))
    }
}

/// Hours of the trend of a group.
const HOURS: usize = 24;
/// Days of the trend of one group.
const DAYS: usize = 30;

impl ErrorsApi {
    /// Groups with their trends.
    async fn groups(&self, rows: &[GroupRow]) -> Result<Vec<ErrorGroup>, DbErr> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut trends = store::trends(self.db.read(), &ids, self.clock.now_ms(), 1, HOURS).await?;
        Ok(rows.iter().map(|row| ErrorGroup::new(row, trends.remove(&row.id).unwrap_or_default())).collect())
    }

    async fn group(&self, row: &GroupRow) -> Result<ErrorGroup, DbErr> {
        let trends = store::trends(self.db.read(), &[row.id], self.clock.now_ms(), 1, HOURS).await?;
        Ok(ErrorGroup::new(row, trends.into_values().next().unwrap_or_default()))
    }

    async fn resolved(&self, latest: Latest) -> Result<LatestException, ApiError> {
        let Latest { id, body, app, app_version } = latest;
        Ok(LatestException {
            line_id: format!("c{id}"),
            time: Timestamp::from_ms(timeline::ms(id)),
            message: body.value,
            stack: self.maps.stack(&app, &app_version, body.frames).await?,
        })
    }
}

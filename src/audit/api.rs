//! The audit log over HTTP.

use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi, Tags};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Audit, Filter, Outcome, Recorded};
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::page;
use crate::timeline;
use crate::timestamp::Timestamp;

/// Operations on the audit log.
pub struct AuditApi {
    audit: Audit,
}

impl AuditApi {
    /// Reads `audit`.
    pub fn new(audit: Audit) -> Self {
        Self { audit }
    }
}

#[derive(Tags)]
enum Tag {
    /// Who did what
    Audit,
}

/// Something that was done, or tried, with an administrator's rights
#[derive(Debug, Object)]
#[oai(example)]
struct AuditEntry {
    /// Id of the entry
    id: String,
    /// When
    time: Timestamp,
    /// Id of the account
    user_id: Uuid,
    /// Its login name at that time
    username: String,
    /// Id of the operation of the API, or `console.` and the verb
    action: String,
    /// What it was done to: the parameters of the path, ids of what was made, the arguments of a verb. An object
    target: Value,
    /// How it ended
    outcome: Outcome,
    /// HTTP status; null for the console, and for a caller who left before the answer
    status: Option<u16>,
    /// Address of the caller
    address: String,
    /// `X-Request-Id`; for the console the id of the connection
    request_id: String,
}

impl From<Recorded> for AuditEntry {
    fn from(Recorded { id, action }: Recorded) -> Self {
        Self {
            id: id.to_string(),
            time: Timestamp::from_ms(timeline::ms(id)),
            user_id: action.user_id,
            username: action.username,
            action: action.action,
            target: action.target.into(),
            outcome: action.outcome,
            status: action.status,
            address: action.address,
            request_id: action.request_id,
        }
    }
}

impl Example for AuditEntry {
    fn example() -> Self {
        Self {
            id: "1882545520640000001".to_owned(),
            time: Timestamp::from_ms(1_795_341_600_000),
            user_id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0001),
            username: "root".to_owned(),
            action: "update_user".to_owned(),
            target: json!({"user_id": "019aa9ec-3f00-7000-8000-000000000002"}),
            outcome: Outcome::Ok,
            status: Some(200),
            address: "203.0.113.7".to_owned(),
            request_id: "019aa9ec-3f00-7000-8000-000000000009".to_owned(),
        }
    }
}

/// A page of the audit log
#[derive(Debug, Object)]
struct AuditPage {
    /// The newest first
    items: Vec<AuditEntry>,
    /// For `cursor`, to go on to what is older; null at the end
    next: Option<String>,
}

#[OpenApi(tag = "Tag::Audit")]
impl AuditApi {
    /// Read the audit log
    ///
    /// Everything that was done with an administrator's rights, and what was refused: changes by the API, and what was
    /// run in the console. It has no bodies, and no secret. Kept for 400 days, at most the last 200,000.
    #[oai(path = "/audit", method = "get", operation_id = "list_audit")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the operation")]
    async fn list(
        &self,
        _who: Admin<scope::MonitoringRead>,
        /// By this user: id of the account, or its login name at that time
        #[oai(validator(max_length = 200))]
        user: Query<Option<String>>,
        /// This action; `console` stands for every verb of the console
        #[oai(validator(max_length = 200))]
        action: Query<Option<String>>,
        /// That ended like this
        outcome: Query<Option<Outcome>>,
        /// At this time or later
        from: Query<Option<Timestamp>>,
        /// Before this time
        to: Query<Option<Timestamp>>,
        /// Items in a page
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        #[oai(validator(max_length = 200))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<AuditPage>, ApiError> {
        let limit = page::limit(limit.0)?;
        let before: Option<i64> = cursor.0.as_deref().map(page::decode).transpose()?;
        let filter = Filter {
            user: user.0,
            action: action.0,
            outcome: outcome.0,
            from_ms: from.0.map(Timestamp::ms),
            to_ms: to.0.map(Timestamp::ms),
        };
        let mut rows = self.audit.list(&filter, before, limit + 1).await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| page::encode(&row.id));
        Ok(Json(AuditPage { items: rows.into_iter().map(AuditEntry::from).collect(), next }))
    }
}

//! The timeline of one installation.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde_json::json;
use uuid::Uuid;

use super::super::fleet::Fleet;
use super::super::store::list;
use super::super::timeline::{EntryKind, Part, Position, TimelineEntry};
use super::Tag;
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::page;
use crate::timestamp::Timestamp;

/// Operations on timelines.
pub struct TimelineApi {
    pub fleet: Fleet,
}

/// A part of a timeline
#[derive(Debug, Object)]
#[oai(example)]
struct TimelinePage {
    /// The newest first
    items: Vec<TimelineEntry>,
    /// For `before`, to go on to what is older; null at the end
    next: Option<String>,
    /// For `after`, to look for what is newer; null in an empty timeline
    previous: Option<String>,
}

impl Example for TimelinePage {
    fn example() -> Self {
        let position = page::encode(&(1_882_555_000_000_000_000_i64, 0));
        let entry = TimelineEntry {
            position: position.clone(),
            time: Timestamp::from_ms(1_795_341_600_000),
            kind: EntryKind::Request,
            summary: "GET /api/users 200".to_owned(),
            detail: json!({"method": "GET", "route": "/api/users", "status": 200, "duration_ms": 1.4}),
        };
        Self { items: vec![entry], next: None, previous: Some(position) }
    }
}

#[OpenApi(tag = "Tag::Installations")]
impl TimelineApi {
    /// Read an installation's timeline
    ///
    /// What happened to it: connections, requests of its logins, chat and agenda, what admins did, and the signals that it
    /// sent. Events are kept for 30 days, the last 2,000 of each installation.
    #[oai(
        path = "/installations/:installation_id/timeline",
        method = "get",
        operation_id = "get_installation_timeline"
    )]
    async fn timeline(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Id of the installation
        installation_id: Path<Uuid>,
        /// Only what is older than this position: `next` of a page, or `position` of an entry
        #[oai(validator(max_length = 200))]
        before: Query<Option<String>>,
        /// Only what is newer than this position, the oldest of it: `previous` of a page, or `position` of an entry
        #[oai(validator(max_length = 200))]
        after: Query<Option<String>>,
        /// Only this kind
        kind: Query<Option<EntryKind>>,
        /// Items in a page
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
    ) -> Result<Json<TimelinePage>, ApiError> {
        let (fleet, id) = (&self.fleet, installation_id.0);
        let limit = page::limit(limit.0)? as usize;
        let part = match (&before.0, &after.0) {
            (Some(_), Some(_)) => return Err(ApiError::field("after", "cannot be combined with `before`")),
            (None, Some(after)) => Part::After(position("after", after)?),
            (before, None) => Part::Before(before.as_deref().map(|b| position("before", b)).transpose()?),
        };
        fleet.settle().await;
        let now_ms = fleet.inner.clock.now_ms();
        list::one(fleet.inner.db.read(), id, now_ms).await?.ok_or_else(ApiError::not_found)?;
        let found = fleet.timeline(id, kind.0, part, limit).await?;
        let older = match part {
            Part::Before(_) => found.more,
            // At least what stands at the position itself.
            Part::After(_) => true,
        };
        let next = found.items.last().filter(|_| older).map(|entry| entry.position.clone());
        let previous = found.items.first().map(|entry| entry.position.clone()).or(after.0);
        Ok(Json(TimelinePage { items: found.items, next, previous }))
    }
}

fn position(field: &str, text: &str) -> Result<Position, ApiError> {
    page::decode(text)
        .map_err(|_| ApiError::field(field, "is no position of a timeline: leave it out to start again"))
}

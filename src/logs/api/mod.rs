//! Logs over HTTP.

mod level;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Tags};
use uuid::Uuid;

use self::level::LevelApi;
use super::Logs;
use super::filter::Filter;
use super::line::{Cursor, LogKind, LogLine, LogSource, Position};
use super::query::{Page, QueryError};
use crate::auth::{Admin, scope};
use crate::db::Needle;
use crate::error::ApiError;
use crate::page;
use crate::telemetry::Level;
use crate::timestamp::Timestamp;

impl From<QueryError> for ApiError {
    fn from(e: QueryError) -> Self {
        match e {
            QueryError::Busy => Self::unavailable(2, e),
            QueryError::Db(e) => e.into(),
        }
    }
}

/// Operations on logs.
pub struct LogsApi {
    logs: Logs,
}

/// Every operation on `logs`.
pub fn apis(logs: &Logs) -> (LogsApi, LevelApi) {
    (LogsApi { logs: logs.clone() }, LevelApi { levels: logs.levels().clone() })
}

#[derive(Tags)]
enum Tag {
    /// Lines of the server and of client applications
    Logs,
}

/// A page of lines
#[derive(Debug, Object)]
struct LogPage {
    /// Newest first. May be fewer than asked for, or none, while `next` is not null: what was looked at so far has no
    /// more
    items: Vec<LogLine>,
    /// For `cursor`, to read older lines; null when there are none
    next: Option<String>,
    /// For `cursor`, to read newer lines, also those that will be written
    previous: String,
}

#[OpenApi(tag = "Tag::Logs")]
impl LogsApi {
    /// Search the logs
    ///
    /// Lines of the server and of client applications in one list, newest first. All conditions must hold. The same
    /// conditions make a live tail: subscribe to `monitor:logs?level=warning&source=client`.
    #[oai(path = "/logs", method = "get", operation_id = "list_logs")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the operation")]
    async fn list(
        &self,
        _who: Admin<scope::SignalsRead>,
        /// At least this level
        level: Query<Option<Level>>,
        /// Of this kind
        kind: Query<Option<LogKind>>,
        /// Written by the server, or by clients
        source: Query<Option<LogSource>>,
        /// Of this installation
        client: Query<Option<Uuid>>,
        /// Of this user: id of the account, or the name that the application gives
        #[oai(validator(max_length = 200))]
        user: Query<Option<String>>,
        /// Of this application
        #[oai(validator(max_length = 200))]
        app: Query<Option<String>>,
        /// With this text in message or fields, whatever the case
        #[oai(validator(max_length = 200))]
        search: Query<Option<String>>,
        /// Of this trace
        #[oai(validator(max_length = 200))]
        trace_id: Query<Option<String>>,
        /// Received at this time or later
        from: Query<Option<Timestamp>>,
        /// Received before this time
        to: Query<Option<Timestamp>>,
        /// Items in a page
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` or `previous` of another page
        #[oai(validator(max_length = 200))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<LogPage>, ApiError> {
        let limit = page::limit(limit.0)? as usize;
        let filter = Filter {
            level: level.0,
            kind: kind.0,
            source: source.0,
            client: client.0,
            user: user.0,
            account: None,
            app: app.0,
            search: search.0.filter(|text| !text.is_empty()).as_deref().map(Needle::anywhere),
            trace_id: trace_id.0,
        };
        let wanted = cursor.0.as_deref().map_or(Ok(Page::Newest), wanted)?;
        let (from, to) = (from.0.map(Timestamp::ms), to.0.map(Timestamp::ms));
        let found = self.logs.page(filter, wanted, from, to, limit).await?;
        Ok(Json(LogPage {
            items: found.lines.into_iter().map(LogLine::shortened).collect(),
            next: found.older.map(|at| page::encode(&Cursor::Before(at.text()))),
            previous: page::encode(&Cursor::After(found.newer.text())),
        }))
    }

    /// Read one line
    ///
    /// With all of its fields, however long. Where a source map tells of a frame of an exception, the frame has the place in
    /// the source code as `original`, as in `GET /api/errors/{error_id}`.
    #[oai(path = "/logs/:line_id", method = "get", operation_id = "get_log_line")]
    async fn get(
        &self,
        _who: Admin<scope::SignalsRead>,
        /// Id of the line
        #[oai(validator(max_length = 30))]
        line_id: Path<String>,
    ) -> Result<Json<LogLine>, ApiError> {
        let at = Position::parse(&line_id.0).ok_or_else(ApiError::not_found)?;
        let line = self.logs.line(at).await?.ok_or_else(ApiError::not_found)?;
        Ok(Json(self.logs.resolved_stack(line).await?))
    }
}

fn wanted(cursor: &str) -> Result<Page, ApiError> {
    let wrong = || ApiError::field("cursor", "is not a cursor of this list: leave it out to start again");
    Ok(match page::decode(cursor)? {
        Cursor::Before(at) => Page::Before(Position::parse(&at).ok_or_else(wrong)?),
        Cursor::After(at) => Page::After(Position::parse(&at).ok_or_else(wrong)?),
    })
}

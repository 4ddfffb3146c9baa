//! Calendar files in, the feed out, and the account's own clock.

use poem::error::ParsePathError;
use poem::http::{StatusCode, header};
use poem::{Endpoint, FromRequest, Request, RequestBody, Response, Route, endpoint, get};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object, OpenApi};
use sha2::{Digest, Sha256};

use super::input::parse_zone;
use super::view::Visibility;
use super::words::Words;
use super::{Gone, Tag};
use crate::agenda::error::AgendaError;
use crate::agenda::service::Agenda;
use crate::auth::{Member, SessionOnly, Viewer, scope};
use crate::error::ApiError;
use crate::http::body;
use crate::timestamp::Timestamp;

/// The type of calendar files.
const CALENDAR: &str = "text/calendar";
const EXAMPLE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\n\
    UID:6d2c1f0e@example.org\r\nDTSTAMP:20261122T100000Z\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n\
    SUMMARY:Planning\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A calendar file as a request's body.
pub struct CalendarFile(String);

impl<'a> ApiExtractor<'a> for CalendarFile {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn request_meta() -> Option<MetaRequest> {
        let schema = MetaSchema { example: Some(EXAMPLE.into()), ..MetaSchema::new("string") };
        let schema = MetaSchemaRef::Inline(Box::new(schema));
        Some(MetaRequest {
            description: Some("An iCalendar file (RFC 5545) in UTF-8, up to 1 MiB and 5000 events"),
            content: vec![MetaMediaType { content_type: CALENDAR, schema }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        content: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        if !body::is_of(request, CALENDAR) {
            let error = poem::Error::from_string(
                format!("Send the file as {CALENDAR}."),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            );
            return Err(error);
        }
        Ok(Self(<String as FromRequest>::from_request(request, content).await?))
    }
}

/// Something in a calendar file that could not be kept
#[derive(Clone, Debug, Object)]
pub struct ImportProblem {
    /// UID of the event
    #[oai(nullable)]
    pub uid: Option<String>,
    /// What the event is called
    #[oai(nullable)]
    pub title: Option<String>,
    /// What is wrong
    pub message: String,
    /// Whether the event was left out; otherwise it came in without what the message names
    pub skipped: bool,
}

/// What an import did
#[derive(Clone, Debug, Object)]
pub struct ImportReport {
    /// Events that are new
    pub created: u32,
    /// Events that were there by their UID and have changed
    pub updated: u32,
    /// Events that were there and are the same
    pub unchanged: u32,
    /// What could not be kept
    pub problems: Vec<ImportProblem>,
}

/// Whether the account has a feed
#[derive(Clone, Debug, Object)]
pub struct FeedState {
    /// Since when; null without a feed
    #[oai(nullable)]
    pub created_at: Option<Timestamp>,
}

/// A feed's address
#[derive(Clone, Debug, Object)]
pub struct Feed {
    /// Path on this server, such as `/ics/<secret>.ics`, to subscribe to in a calendar program. Who knows it reads the
    /// agenda; it is shown this once
    pub path: String,
    /// When it was made
    pub created_at: Timestamp,
}

/// A new feed
#[derive(ApiResponse)]
enum NewFeed {
    /// The new address; the former one no longer works
    #[oai(status = 201)]
    Created(Json<Feed>),
}

/// What an account chose for its agenda
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct AgendaSettings {
    /// IANA time zone: the clock on which floating and all-day events happen, for lists and reminders
    pub time_zone: Words<64>,
}

/// Operations of files, feed and settings.
pub struct CalendarApi {
    agenda: Agenda,
    /// Path under which the server is reached.
    base_path: String,
}

#[OpenApi(prefix_path = "/agenda", tag = "Tag::Agenda")]
impl CalendarApi {
    /// Import a calendar file
    ///
    /// Events that came in before are found by UID and updated, so that the same file again makes nothing new. What cannot
    /// be kept is told, event by event.
    #[oai(path = "/import", method = "post", operation_id = "import_agenda")]
    async fn import(
        &self,
        who: Member<scope::AgendaWrite>,
        /// Who sees new events; `private` when left out
        visibility: Query<Option<Visibility>>,
        file: CalendarFile,
    ) -> Result<Json<ImportReport>, ApiError> {
        let visibility = visibility.0.unwrap_or(Visibility::Private).into();
        let report = self.agenda.import(&who, file.0, visibility).await?;
        let problems = report.problems.into_iter().map(|problem| ImportProblem {
            uid: problem.uid,
            title: problem.title,
            message: problem.message,
            skipped: problem.skipped,
        });
        Ok(Json(ImportReport {
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            problems: problems.collect(),
        }))
    }

    /// Get the feed's state
    #[oai(path = "/feed", method = "get", operation_id = "get_agenda_feed")]
    async fn feed(&self, who: Viewer<scope::AgendaRead>) -> Result<Json<FeedState>, ApiError> {
        let created_at = self.agenda.feed(who.user_id).await?.map(Timestamp::from);
        Ok(Json(FeedState { created_at }))
    }

    /// Make or renew the feed
    ///
    /// Gives a new secret address. A former one stops working at once, so there is one at any time, however often this is
    /// called: no `Idempotency-Key` is needed. When the answer got lost, call again.
    #[oai(path = "/feed", method = "post", operation_id = "create_agenda_feed")]
    async fn create_feed(&self, who: Viewer<SessionOnly>) -> Result<NewFeed, ApiError> {
        let (secret, created_at) = self.agenda.rotate_feed(who.user_id).await?;
        let path = format!("{}/ics/{secret}.ics", self.base_path);
        Ok(NewFeed::Created(Json(Feed { path, created_at: created_at.into() })))
    }

    /// End the feed
    #[oai(path = "/feed", method = "delete", operation_id = "delete_agenda_feed")]
    async fn delete_feed(&self, who: Viewer<SessionOnly>) -> Result<Gone, ApiError> {
        self.agenda.revoke_feed(who.user_id).await?;
        Ok(Gone::Done)
    }

    /// Get the agenda's settings
    #[oai(path = "/settings", method = "get", operation_id = "get_agenda_settings")]
    async fn settings(&self, who: Viewer<scope::AgendaRead>) -> Result<Json<AgendaSettings>, ApiError> {
        let zone = self.agenda.zone(who.user_id).await?;
        Ok(Json(AgendaSettings { time_zone: Words(zone.name().to_owned()) }))
    }

    /// Replace the agenda's settings
    #[oai(path = "/settings", method = "put", operation_id = "replace_agenda_settings")]
    async fn replace_settings(
        &self,
        who: Viewer<scope::AgendaWrite>,
        settings: Json<AgendaSettings>,
    ) -> Result<Json<AgendaSettings>, ApiError> {
        let zone = parse_zone(settings.0.time_zone.as_str())
            .map_err(|message| ApiError::field("time_zone", message))?;
        self.agenda.set_zone(who.user_id, zone).await?;
        Ok(settings)
    }
}

impl CalendarApi {
    pub fn new(agenda: &Agenda, base_path: &str) -> Self {
        Self { agenda: agenda.clone(), base_path: base_path.to_owned() }
    }
}

/// `/ics/{secret}.ics`: the feed, for calendar programs, which cannot log in.
pub fn feed(agenda: &Agenda) -> impl Endpoint + use<> {
    let agenda = agenda.clone();
    let answer = endpoint::make(move |request: Request| {
        let agenda = agenda.clone();
        async move { serve(&agenda, &request).await }
    });
    Route::new().at("/:file", get(answer))
}

async fn serve(agenda: &Agenda, request: &Request) -> poem::Result<Response> {
    let file: String = request.path_params().map_err(|_| ParsePathError)?;
    let secret = file.strip_suffix(".ics").ok_or(AgendaError::NotFound).map_err(ApiError::from)?;
    let text = agenda.calendar(secret).await.map_err(ApiError::from)?;
    let digest = Sha256::digest(text.as_bytes());
    let tag = format!("\"{}\"", digest[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| {
        known
            .split(',')
            .any(|known| matches!(known.trim(), "*") || known.trim().trim_start_matches("W/") == tag)
    });
    let response =
        Response::builder().header(header::ETAG, &tag).header(header::CACHE_CONTROL, "private, no-cache");
    if same {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    Ok(response
        .content_type("text/calendar; charset=utf-8")
        .header(header::CONTENT_DISPOSITION, "inline; filename=\"agenda.ics\"")
        .body(text))
}

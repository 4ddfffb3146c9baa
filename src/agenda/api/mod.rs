//! The agenda over HTTP: requests become calls of [`Agenda`], its answers become JSON.

mod calendar;
mod input;
mod view;
mod words;

use chrono::{DateTime, TimeDelta, Utc};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi, Tags};
use uuid::Uuid;

pub use calendar::feed;
pub use view::AgendaEvent;

use self::calendar::CalendarApi;
use self::input::{ChangeScope, EventInput, EventPatch, parse_zone};
use self::view::{AgendaOccurrence, AgendaPage};
use self::words::Words;
use super::edit::{self, FieldError, Split};
use super::error::AgendaError;
use super::model::{Event, Plan};
use super::service::{Agenda, Outcome, Position, Precondition};
use crate::auth::{Member, Viewer, scope};
use crate::error::ApiError;
use crate::idempotency::IdempotencyKey;
use crate::page;
use crate::timestamp::Timestamp;

/// Longest window of a list: a year and a month, so that a year's view fits.
const MAX_WINDOW: TimeDelta = TimeDelta::days(400);

#[derive(Tags)]
enum Tag {
    /// Events, their occurrences, and calendars of other programs
    Agenda,
}

/// The agenda's operations; `base_path` is where the server is reached.
pub fn apis(agenda: &Agenda, base_path: &str) -> impl OpenApi + use<> {
    (AgendaApi { agenda: agenda.clone() }, CalendarApi::new(agenda, base_path))
}

/// Events and their occurrences.
struct AgendaApi {
    agenda: Agenda,
}

/// An event, with its version as ETag
#[derive(ApiResponse)]
enum EventAnswer {
    /// The event
    #[oai(status = 200)]
    Found(
        Json<AgendaEvent>,
        /// Version of the event, for `If-Match`
        #[oai(header = "ETag")]
        String,
    ),
}

/// A new event, with its version as ETag
#[derive(ApiResponse)]
enum CreatedAnswer {
    /// The event that was made, by this call or by the one before with the same key
    #[oai(status = 201)]
    Created(
        Json<AgendaEvent>,
        /// Version of the event, for `If-Match`
        #[oai(header = "ETag")]
        String,
    ),
}

/// Nothing to say
#[derive(ApiResponse)]
enum Gone {
    /// It is done
    #[oai(status = 204)]
    Done,
}

fn etag(event: &Event) -> String {
    format!("\"{}\"", event.version)
}

fn wrong(fields: Vec<FieldError>) -> AgendaError {
    AgendaError::Invalid(fields)
}

#[OpenApi(prefix_path = "/agenda", tag = "Tag::Agenda")]
impl AgendaApi {
    /// List occurrences
    ///
    /// Everything between `from` and `to` that the caller sees, series expanded, by start. A window is 400 days long at
    /// most. Floating and all-day events happen on the clock of `time_zone`.
    #[oai(path = "/", method = "get", operation_id = "list_agenda")]
    async fn list(
        &self,
        who: Viewer<scope::AgendaRead>,
        /// Start of the window, included
        from: Query<Timestamp>,
        /// End of the window, not included
        to: Query<Timestamp>,
        /// IANA time zone of the reader; the account's own when left out
        time_zone: Query<Option<Words<64>>>,
        /// Items of a page, 1 to 200; 50 when left out
        limit: Query<Option<u64>>,
        /// `next` of the page before
        cursor: Query<Option<String>>,
    ) -> Result<Json<AgendaPage>, ApiError> {
        let window = window(from.0, to.0)?;
        let limit = usize::try_from(page::limit(limit.0)?).unwrap_or(usize::MAX);
        let after = cursor.0.as_deref().map(page::decode::<Position>).transpose()?;
        let reader = match time_zone.0 {
            Some(name) => {
                parse_zone(name.as_str()).map_err(|message| ApiError::field("time_zone", message))?
            }
            None => self.agenda.zone(who.user_id).await?,
        };
        let (found, next) = self.agenda.list(who.user_id, window, reader, limit, after).await?;
        let people = self.agenda.people();
        Ok(Json(AgendaPage {
            items: found.iter().map(|(event, found)| AgendaOccurrence::new(event, found, people)).collect(),
            next: next.map(|position| page::encode(&position)),
        }))
    }

    /// Create an event
    ///
    /// An account owns at most 10,000 events, and at most 1,000 that others see; of those, what was over 400 days ago does not
    /// count, and admins may have more. Past that it is 409 `limit_reached`.
    #[oai(path = "/", method = "post", operation_id = "create_agenda_event")]
    async fn create(
        &self,
        who: Member<scope::AgendaWrite>,
        /// Names this attempt for 24 hours: repeated with it, the same request makes nothing new
        #[oai(name = "Idempotency-Key")]
        key: IdempotencyKey,
        event: Json<EventInput>,
    ) -> Result<CreatedAnswer, ApiError> {
        let plan = event.0.plan(None).map_err(wrong)?;
        let event = self.agenda.create(&who, plan, key.0).await?;
        Ok(CreatedAnswer::Created(Json(self.view(&event)), etag(&event)))
    }

    /// Get an event
    #[oai(path = "/:event_id", method = "get", operation_id = "get_agenda_event")]
    async fn get(
        &self,
        who: Viewer<scope::AgendaRead>,
        event_id: Path<Uuid>,
    ) -> Result<EventAnswer, ApiError> {
        let event = self.agenda.find(who.user_id, event_id.0).await?;
        Ok(self.answer(&event))
    }

    /// Replace an event
    ///
    /// The whole series. Changed occurrences stay, as far as they still are occurrences. An event that others will see from
    /// now on is counted as a new one is: 409 `limit_reached`.
    #[oai(path = "/:event_id", method = "put", operation_id = "replace_agenda_event")]
    async fn replace(
        &self,
        who: Member<scope::AgendaWrite>,
        event_id: Path<Uuid>,
        event: Json<EventInput>,
        /// ETag of the version to replace
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<EventAnswer, ApiError> {
        let decide = move |former: &Plan| {
            event.0.plan(Some(former)).map(Outcome::replace).map_err(AgendaError::Invalid)
        };
        self.changed(&who, event_id.0, if_match.0, decide).await
    }

    /// Change an event
    ///
    /// The whole series, one occurrence (`scope=this`), or one and all after it (`scope=following`): then the series
    /// ends before it, and the answer is the new one that begins there, with an id of its own. What is left out stays. An event
    /// that is new, or that others will see from now on, is counted as a new one is: 409 `limit_reached`.
    #[oai(path = "/:event_id", method = "patch", operation_id = "update_agenda_event")]
    async fn update(
        &self,
        who: Member<scope::AgendaWrite>,
        event_id: Path<Uuid>,
        event: Json<EventPatch>,
        /// What to change; the whole series when left out
        scope: Query<Option<ChangeScope>>,
        /// Which occurrence, as the list names it; needed with `this` and `following`
        occurrence: Query<Option<Words<40>>>,
        /// ETag of the version to change
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<EventAnswer, ApiError> {
        let edit = event.0.edit().map_err(wrong)?;
        let scope = scope.0.unwrap_or(ChangeScope::Series);
        let decide = move |plan: &Plan| {
            let id = chosen(plan, scope, occurrence.0.as_ref())?;
            let outcome = match (scope, id) {
                (ChangeScope::This, Some(id)) => edit::one(plan, id, &edit).map(Outcome::replace),
                (ChangeScope::Following, Some(id)) => {
                    edit::following(plan, id, &edit).map(|split| match split {
                        Split::Whole(plan) => Outcome::Replace(plan),
                        Split::Two { before, after } => Outcome::Split { before, after },
                    })
                }
                _ => edit::series(plan, &edit).map(Outcome::replace),
            };
            outcome.map_err(AgendaError::Invalid)
        };
        self.changed(&who, event_id.0, if_match.0, decide).await
    }

    /// Delete an event
    ///
    /// The whole series, one occurrence (`scope=this`), or one and all after it (`scope=following`). With `If-Match: *`, also
    /// an event that was damaged and that everything else answers 404 for.
    #[oai(path = "/:event_id", method = "delete", operation_id = "delete_agenda_event")]
    async fn delete(
        &self,
        who: Member<scope::AgendaWrite>,
        event_id: Path<Uuid>,
        /// What to delete; the whole series when left out
        scope: Query<Option<ChangeScope>>,
        /// Which occurrence, as the list names it; needed with `this` and `following`
        occurrence: Query<Option<Words<40>>>,
        /// ETag of the version to delete
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Gone, ApiError> {
        let scope = scope.0.unwrap_or(ChangeScope::Series);
        let expected = if_match.0.as_deref().map(Precondition::parse);
        if scope == ChangeScope::Series && occurrence.0.is_none() {
            self.agenda.delete(&who, event_id.0, expected).await?;
            return Ok(Gone::Done);
        }
        let decide = move |plan: &Plan| {
            let left = match (scope, chosen(plan, scope, occurrence.0.as_ref())?) {
                (ChangeScope::This, Some(id)) => edit::without(plan, id),
                (ChangeScope::Following, Some(id)) => edit::until(plan, id),
                _ => Ok(None),
            };
            Ok(left.map_err(AgendaError::Invalid)?.map_or(Outcome::Delete, Outcome::replace))
        };
        self.agenda.change(&who, event_id.0, expected, decide).await?;
        Ok(Gone::Done)
    }
}

impl AgendaApi {
    fn view(&self, event: &Event) -> AgendaEvent {
        AgendaEvent::new(event, self.agenda.people())
    }

    fn answer(&self, event: &Event) -> EventAnswer {
        EventAnswer::Found(Json(self.view(event)), etag(event))
    }

    async fn changed(
        &self,
        who: &Member<scope::AgendaWrite>,
        id: Uuid,
        if_match: Option<String>,
        decide: impl FnOnce(&Plan) -> Result<Outcome, AgendaError> + Send + 'static,
    ) -> Result<EventAnswer, ApiError> {
        let expected = if_match.as_deref().map(Precondition::parse);
        let event = self.agenda.change(who, id, expected, decide).await?.ok_or(AgendaError::NotFound)?;
        Ok(self.answer(&event))
    }
}

fn window(from: Timestamp, to: Timestamp) -> Result<(DateTime<Utc>, DateTime<Utc>), ApiError> {
    use chrono::Datelike;
    let (from, to) = (from.utc(), to.utc());
    for (field, at) in [("from", from), ("to", to)] {
        if !(1900..=2200).contains(&at.year()) {
            return Err(ApiError::field(field, "must be between 1900 and 2200"));
        }
    }
    if to <= from {
        return Err(ApiError::field("to", "must be later than `from`"));
    }
    if to - from > MAX_WINDOW {
        return Err(ApiError::field("to", "must be 400 days after `from` at most"));
    }
    Ok((from, to))
}

/// The occurrence that a change is about; `None` for the whole series.
fn chosen(
    plan: &Plan,
    scope: ChangeScope,
    occurrence: Option<&Words<40>>,
) -> Result<Option<chrono::NaiveDateTime>, AgendaError> {
    match (scope, occurrence) {
        (ChangeScope::Series, None) => Ok(None),
        (ChangeScope::Series, Some(_)) => {
            Err(AgendaError::field("occurrence", "goes with scope=this and scope=following alone"))
        }
        (_, None) => {
            Err(AgendaError::field("occurrence", "must be given with scope=this and scope=following"))
        }
        (_, Some(id)) => {
            let id = plan.when.recurrence_id(id.as_str()).filter(|id| plan.has(*id));
            id.map(Some).ok_or(AgendaError::NoOccurrence)
        }
    }
}

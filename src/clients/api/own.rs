//! One's own data: what is kept, all of it in one document, and its end.

use poem::IntoResponse;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi, Tags};
use tokio_util::task::TaskTracker;
use tracing::info;

use super::super::fleet::Fleet;
use super::super::store::own::{self, Sum};
use super::export::{self, Export};
use crate::auth::{Auth, SessionOnly, Viewer};
use crate::error::ApiError;
use crate::logs::Logs;
use crate::telemetry::{Owner, Signals, Telemetry};
use crate::timeline;
use crate::timestamp::Timestamp;

/// Operations on one's own data.
pub struct OwnDataApi {
    pub fleet: Fleet,
    pub auth: Auth,
    pub telemetry: Telemetry,
    pub logs: Logs,
    pub tasks: TaskTracker,
}

#[derive(Tags)]
enum OwnTag {
    /// What is kept about oneself
    #[oai(rename = "Own data")]
    OwnData,
}

/// How much there is of something
#[derive(Clone, Debug, Object, PartialEq)]
pub struct Amount {
    /// How many
    pub count: u64,
    /// The time of the first one; null without any
    pub first_at: Option<Timestamp>,
    /// The time of the last one; null without any
    pub last_at: Option<Timestamp>,
}

impl Amount {
    /// `ms` gives the time of what `sum` holds.
    fn of(sum: Sum, ms: impl Fn(i64) -> i64) -> Self {
        let time = |value: i64| (sum.count > 0).then(|| Timestamp::from_ms(ms(value)));
        Self { count: sum.count.unsigned_abs(), first_at: time(sum.first), last_at: time(sum.last) }
    }
}

/// What is kept about the caller's account
#[derive(Clone, Debug, Object, PartialEq)]
#[oai(example)]
struct OwnData {
    /// Logins that are not over
    sessions: u64,
    /// Installations that the account used last
    installations: Amount,
    /// Events in the timelines of installations, kept for 30 days
    events: Amount,
    /// Diagnostic reports of the installations, kept for 30 days
    diagnostics: Amount,
    /// Signals sent while the account was logged in, or by its installations while nobody was
    signals: Amount,
    /// Lines of the server's log that name the account
    log_lines: Amount,
}

impl Example for OwnData {
    fn example() -> Self {
        let amount = |count: u64| Amount {
            count,
            first_at: Some(Timestamp::from_ms(1_790_000_000_000)),
            last_at: Some(Timestamp::from_ms(1_795_341_600_000)),
        };
        let none = Amount { count: 0, first_at: None, last_at: None };
        Self {
            sessions: 2,
            installations: amount(2),
            events: amount(310),
            diagnostics: none,
            signals: amount(5_120),
            log_lines: amount(900),
        }
    }
}

/// What was erased
#[derive(Clone, Debug, Object, PartialEq)]
struct Erased {
    /// Installations, with their versions and settings
    installations: u64,
    /// Events
    events: u64,
    /// Diagnostic reports
    diagnostics: u64,
    /// Signals
    signals: u64,
    /// Lines of the server's log
    log_lines: u64,
}

#[derive(ApiResponse)]
enum Exported {
    /// The document
    #[oai(status = 200)]
    Ok(Export),
}

/// Installations removed in one step.
const STEP: usize = 50;
/// Events removed in one write job.
const EVENTS: u64 = 1_000;
/// Installations whose last error is forgotten in one write job.
const LENT: usize = 500;

#[OpenApi(prefix_path = "/me/data", tag = "OwnTag::OwnData")]
impl OwnDataApi {
    /// Read what is kept about oneself
    ///
    /// How much there is beside what one sees in agenda and chat.
    #[oai(path = "/", method = "get", operation_id = "get_own_data")]
    async fn kept(&self, who: Viewer<SessionOnly>) -> Result<Json<OwnData>, ApiError> {
        self.fleet.settle().await;
        let (db, user) = (self.fleet.inner.db.read(), who.user_id);
        let owner = self.owner(user).await?;
        let signals = Signals::new(self.fleet.inner.db.clone()).kept(&owner).await?;
        let signals = Sum {
            count: i64::try_from(signals.count).unwrap_or(i64::MAX),
            first: signals.first,
            last: signals.last,
        };
        let of_log = self.logs.kept_of(user).await?;
        let log_lines = Sum { count: of_log.count, first: of_log.first, last: of_log.last };
        Ok(Json(OwnData {
            sessions: self.auth.sessions_of(user).len() as u64,
            installations: Amount::of(own::installations_sum(db, user).await?, |ms| ms),
            events: Amount::of(own::events_sum(db, user).await?, timeline::ms),
            diagnostics: Amount::of(own::diagnostics_sum(db, user).await?, |ms| ms),
            signals: Amount::of(signals, timeline::ms),
            log_lines: Amount::of(log_lines, timeline::ms),
        }))
    }

    /// Export what is kept about oneself
    ///
    /// One JSON document, sent while it is read: when it breaks off, it is not whole.
    #[oai(path = "/export", method = "get", operation_id = "export_own_data")]
    async fn export(&self, who: Viewer<SessionOnly>) -> Result<Exported, ApiError> {
        self.fleet.settle().await;
        let owner = self.owner(who.user_id).await?;
        info!(user.id = %who.user_id, "`{}` exported what is kept about them", who.username);
        Ok(Exported::Ok(export::start(&self.fleet, &self.logs, &self.auth, &self.tasks, &who, owner)))
    }

    /// Erase what is kept about oneself
    ///
    /// Installations, events, diagnostic reports and signals, the texts of errors that may be one's own, the figures of one's
    /// clients, and the lines of the server's log that name the account; neither the account, its logins, agenda nor chat, nor what was passed on to a Loki before. The log
    /// tells that it was done. A client that goes on to connect or to send is known again from then on. When it fails midway,
    /// the rest stays: try again.
    #[oai(path = "/", method = "delete", operation_id = "erase_own_data")]
    async fn erase(&self, who: Viewer<SessionOnly>) -> Result<Json<Erased>, ApiError> {
        let (fleet, user) = (&self.fleet, who.user_id);
        // What waits in memory would come back otherwise.
        fleet.flush().await?;
        fleet.forget(&[], Some(user));
        let owner = self.owner(user).await?;
        // Somebody else may have used them last: they stay, and an error that they tell of may be the caller's.
        let lent = Signals::new(fleet.inner.db.clone()).installations(user).await?;
        for ids in lent.chunks(LENT) {
            let ids = ids.to_vec();
            let forgotten = fleet
                .inner
                .db
                .write(move |tx| Box::pin(async move { own::forget_errors(tx.conn(), &ids).await }));
            forgotten.await?;
        }
        let signals = self.telemetry.erase(owner.clone()).await?;
        let mut erased = Erased { installations: 0, events: 0, diagnostics: 0, signals, log_lines: 0 };
        for ids in owner.installations.chunks(STEP) {
            let removed = fleet.remove(ids.to_vec()).await?;
            erased.installations += removed.installations;
            erased.events += removed.events;
            erased.diagnostics += removed.diagnostics;
        }
        erased.events += fleet
            .in_steps(EVENTS, move |tx| {
                Box::pin(async move { own::remove_events(tx.conn(), user, EVENTS).await })
            })
            .await?;
        erased.log_lines = self.logs.erase(user).await?;
        info!(
            user.id = %user, installations = erased.installations, events = erased.events, signals,
            diagnostics = erased.diagnostics, "`{}` erased what was kept about them", who.username,
        );
        Ok(Json(erased))
    }

    async fn owner(&self, account: uuid::Uuid) -> Result<Owner, ApiError> {
        let installations = own::installations(self.fleet.inner.db.read(), account).await?;
        Ok(Owner { account, installations })
    }
}

impl IntoResponse for Export {
    fn into_response(self) -> poem::Response {
        poem::Response::builder()
            .content_type("application/json; charset=utf-8")
            .header("content-disposition", "attachment; filename=\"my-data.json\"")
            .body(self.body)
    }
}

//! What is kept of the signals of one installation or account: for its timeline, for its owner, and to erase it.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::{contexts, groups, old};
use crate::db::{Db, json, statement};
use crate::telemetry::signal::{Body, Kind, Level};

/// A signal as it is stored, with what matters of its context.
#[derive(Clone, Debug)]
pub struct KeptSignal {
    /// Its id, which is also its time.
    pub id: i64,
    /// Its form.
    pub kind: Kind,
    /// How much it matters.
    pub level: Level,
    /// When it happened by the client's clock, in milliseconds since 1970.
    pub client_ms: Option<i64>,
    /// Trace that it belongs to.
    pub trace_id: Option<String>,
    /// Span that it belongs to.
    pub span_id: Option<String>,
    /// One line for people.
    pub message: String,
    /// The rest.
    pub body: Body,
    /// Application.
    pub app: String,
    /// Version of the application.
    pub app_version: String,
    /// The SDK's session.
    pub session: String,
    /// The view shown.
    pub view: String,
    /// URL of the page.
    pub page: String,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: i64,
    level: i64,
    client_at: Option<i64>,
    trace_id: Option<String>,
    span_id: Option<String>,
    message: String,
    body: String,
    app: String,
    app_version: String,
    session: String,
    view: String,
    page: String,
}

impl Row {
    /// `None` for a row of a later version, whose kind is not known.
    fn read(self) -> Option<KeptSignal> {
        Some(KeptSignal {
            id: self.id,
            kind: Kind::of_number(self.kind)?,
            level: Level::of_number(self.level)?,
            client_ms: self.client_at,
            trace_id: self.trace_id,
            span_id: self.span_id,
            message: self.message,
            body: serde_json::from_str(&self.body).unwrap_or_default(),
            app: self.app,
            app_version: self.app_version,
            session: self.session,
            view: self.view,
            page: self.page,
        })
    }
}

const COLUMNS: &str = "s.id, s.kind, s.level, s.client_at, s.trace_id, s.span_id, s.message, s.body, c.app, \
    c.app_version, c.session, c.view, c.page";

/// Signals, or clients of errors, removed in one write job: some milliseconds.
const ERASED: u64 = 1_000;
/// Contexts removed in one write job: at most some megabytes.
const CONTEXTS: u64 = 50;

/// How many signals are kept of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Signals.
    pub count: u64,
    /// Id of the first one, which is also its time; 0 without any.
    pub first: i64,
    /// Id of the last one.
    pub last: i64,
}

/// Whose signals: those sent while the account was logged in, and those that its installations sent while nobody was.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The account.
    pub account: Uuid,
    /// Its installations.
    pub installations: Vec<Uuid>,
}

/// The condition on a context `c` that it is the owner's, with values at `$1` and `$2`.
pub(super) fn owned() -> String {
    format!(
        "(c.account_id = $1 OR (c.account_id IS NULL AND c.installation_id IN ({})))",
        json::each_id("$2")
    )
}

impl Owner {
    pub(super) fn values(&self) -> [Value; 2] {
        [self.account.into(), json::ids(&self.installations).into()]
    }
}

/// Reads and removes signals. Clones share the database.
#[derive(Clone, Debug)]
pub struct Signals {
    db: Db,
}

impl Signals {
    /// Over this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Signals of an installation between two ids, both excluded, of all kinds or of one: the newest, newest first, or,
    /// with `oldest`, the oldest, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_installation(
        &self,
        installation: Uuid,
        kind: Option<Kind>,
        between: (i64, i64),
        oldest: bool,
        limit: u64,
    ) -> Result<Vec<KeptSignal>, DbErr> {
        let direction = if oldest { "ASC" } else { "DESC" };
        // At most a page of each context is looked at, however many signals there are.
        let sql = format!(
            "SELECT {COLUMNS} FROM signal_contexts c JOIN signals s ON s.id IN (SELECT id FROM signals \
             WHERE context_id = c.id AND id > $2 AND id < $3 AND ($4 IS NULL OR kind = $4) \
             ORDER BY id {direction} LIMIT {limit}) WHERE c.installation_id = $1 ORDER BY s.id {direction} LIMIT {limit}"
        );
        let kind = kind.map(Kind::number);
        let values = [installation.into(), between.0.into(), between.1.into(), kind.into()];
        let rows =
            Row::find_by_statement(statement(self.db.read(), &sql, values)).all(self.db.read()).await?;
        Ok(rows.into_iter().filter_map(Row::read).collect())
    }

    /// Installations that sent signals while an account was logged in, whoever used them last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn installations(&self, account: Uuid) -> Result<Vec<Uuid>, DbErr> {
        #[derive(FromQueryResult)]
        struct Of {
            installation_id: Uuid,
        }
        let sql = "SELECT DISTINCT installation_id FROM signal_contexts \
                   WHERE account_id = $1 AND installation_id IS NOT NULL";
        let rows = Of::find_by_statement(statement(self.db.read(), sql, [account.into()]));
        Ok(rows.all(self.db.read()).await?.into_iter().map(|row| row.installation_id).collect())
    }

    /// How much is kept of an owner.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept(&self, owner: &Owner) -> Result<Kept, DbErr> {
        #[derive(FromQueryResult)]
        struct Sum {
            count: i64,
            first: i64,
            last: i64,
        }
        let sql = format!(
            "SELECT COUNT(*) AS count, COALESCE(MIN(s.id), 0) AS first, COALESCE(MAX(s.id), 0) AS last \
             FROM signal_contexts c JOIN signals s ON s.context_id = c.id WHERE {}",
            owned()
        );
        let found = Sum::find_by_statement(statement(self.db.read(), &sql, owner.values()))
            .one(self.db.read())
            .await?;
        Ok(found.map_or(Kept::default(), |s| Kept {
            count: s.count.unsigned_abs(),
            first: s.first,
            last: s.last,
        }))
    }

    /// An owner's signals by id, from the one after `after`; with the id to go on after, if there is more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_owner(
        &self,
        owner: &Owner,
        after: i64,
        limit: u64,
    ) -> Result<(Vec<KeptSignal>, Option<i64>), DbErr> {
        let sql = format!(
            "SELECT {COLUMNS} FROM signal_contexts c JOIN signals s ON s.id IN (SELECT id FROM signals \
             WHERE context_id = c.id AND id > $3 ORDER BY id LIMIT {limit}) WHERE {} ORDER BY s.id LIMIT {limit}",
            owned()
        );
        let values = owner.values().into_iter().chain([after.into()]);
        let rows =
            Row::find_by_statement(statement(self.db.read(), &sql, values)).all(self.db.read()).await?;
        let next = if rows.len() as u64 == limit { rows.last().map(|row| row.id) } else { None };
        Ok((rows.into_iter().filter_map(Row::read).collect(), next))
    }
}

/// What a step of erasing did.
#[derive(Clone, Copy, Debug)]
pub struct Erased {
    /// Signals that it removed.
    pub signals: u64,
    /// Whether nothing is left of the owner.
    pub done: bool,
}

/// Removes a part of what is an owner's: signals with their contexts, and their words from the errors that they were part
/// of; then what is left of contexts, then the owner's clients from the errors that affected them.
pub async fn erase(conn: &impl ConnectionTrait, owner: &Owner) -> Result<Erased, DbErr> {
    let which = format!(
        "SELECT s.id FROM signal_contexts c JOIN signals s ON s.context_id = c.id WHERE {} LIMIT {ERASED}",
        owned()
    );
    let gone = old::delete(conn, &which, owner.values().into()).await?.signals;
    let removed = gone.len() as u64;
    groups::retell(conn, &gone.iter().filter_map(|signal| signal.group_id).collect(), owner).await?;
    let done = removed == 0
        && contexts::delete_unused_of(conn, owner, CONTEXTS).await? == 0
        && groups::forget_clients(conn, owner, ERASED).await? == 0;
    Ok(Erased { signals: removed, done })
}

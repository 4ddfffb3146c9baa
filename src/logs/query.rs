//! A page of lines: the newest, or those before or after a line that is known.
//!
//! Neither table has an index for every condition. So a query looks at a short time first, and at longer and longer ones
//! as long as little is found; when it has taken long enough it gives what it has, and where to go on.

use std::time::{Duration, Instant};

use sea_orm::DbErr;

use super::Logs;
use super::filter::Filter;
use super::line::{LogLine, LogSource, Position};
use super::store::{self, Span};
use crate::timeline;

/// The first time looked at, in milliseconds.
const FIRST_MS: i64 = 10_000;
/// How much longer each next one is, at most.
const GROWTH: f64 = 8.0;
/// What one step should take.
const STEP: Duration = Duration::from_millis(200);
/// After this a query gives what it has.
const ENOUGH: Duration = Duration::from_millis(700);
/// How long a query waits for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Page {
    /// The newest lines.
    Newest,
    /// Those before a line: older ones.
    Before(Position),
    /// Those after a line: newer ones.
    After(Position),
}

/// Lines, the newest first, and where the lines around them are.
#[derive(Debug)]
pub struct Found {
    pub lines: Vec<LogLine>,
    /// Where older lines begin; `None` when there are none.
    pub older: Option<Position>,
    /// Where newer lines begin, which may come later.
    pub newer: Position,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Too many others ask.
    #[error("too many queries of logs at once")]
    Busy,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Whether a line belongs to the page.
fn belongs(page: Page, at: Position) -> bool {
    match page {
        Page::Newest => true,
        Page::Before(edge) => at < edge,
        Page::After(edge) => at > edge,
    }
}

impl Logs {
    /// A page of lines received from `from` to before `to`, in milliseconds since 1970.
    ///
    /// # Errors
    /// When too many queries run, or the database fails.
    pub async fn page(
        &self,
        filter: Filter,
        page: Page,
        from: Option<i64>,
        to: Option<i64>,
        limit: usize,
    ) -> Result<Found, QueryError> {
        let turn = tokio::time::timeout(PATIENCE, self.queries.acquire()).await;
        let _turn = turn.ok().and_then(Result::ok).ok_or(QueryError::Busy)?;
        let filter = &self.resolved(filter);
        let conn = self.db.read();
        let start = Instant::now();
        let Some(oldest) = store::oldest(conn).await? else { return Ok(self.nothing(page)) };
        let first = from.map_or(oldest, |ms| timeline::first_id(ms).max(oldest));
        // What is committed later than this has a greater id, and is left for later.
        let end = timeline::first_id(self.clock.now_ms() + 60_000);
        let last = to.map_or(end, |ms| (timeline::first_id(ms) - 1).min(end));
        let backwards = !matches!(page, Page::After(_));
        let mut edge = match page {
            Page::Newest => last,
            Page::Before(at) => at.id.min(last),
            Page::After(at) => at.id.max(first),
        };
        let (mut lines, mut length) = (Vec::new(), FIRST_MS);
        let mut exhausted = edge < first || edge > last;
        while !exhausted && lines.len() <= limit && start.elapsed() < ENOUGH {
            let step = Instant::now();
            let width = timeline::first_id(length);
            let span = match backwards {
                true => Span { from: edge.saturating_sub(width).max(first), to: edge, backwards },
                false => Span { from: edge, to: edge.saturating_add(width).min(last), backwards },
            };
            self.read(filter, page, span, limit, &mut lines).await?;
            exhausted = if backwards { span.from <= first } else { span.to >= last };
            edge = if backwards { span.from - 1 } else { span.to + 1 };
            let growth = STEP.as_secs_f64() / step.elapsed().as_secs_f64().max(1e-6);
            length = (length as f64 * growth.clamp(0.25, GROWTH)) as i64;
        }
        Ok(Self::found(page, lines, limit, (!exhausted).then_some(edge), last))
    }

    /// Adds what a span has, in the order of reading, up to one line more than `limit`.
    async fn read(
        &self,
        filter: &Filter,
        page: Page,
        span: Span,
        limit: usize,
        lines: &mut Vec<LogLine>,
    ) -> Result<(), DbErr> {
        let conn = self.db.read();
        // One more than a page shows that there are more; one more than that may be the edge itself.
        let most = (limit + 2 - lines.len().min(limit)) as i64;
        let mut found = Vec::new();
        if filter.wants(LogSource::Server) {
            found.extend(store::server_lines(conn, filter, span, most).await?);
        }
        if filter.wants(LogSource::Client) {
            found.extend(store::signal_lines(conn, filter, span, most, store::LIST_BODY).await?);
        }
        found.retain(|line| line.position().is_some_and(|at| belongs(page, at)));
        found.sort_by_key(LogLine::position);
        if span.backwards {
            found.reverse();
        }
        lines.extend(found);
        lines.truncate(limit + 1);
        Ok(())
    }

    /// Makes a page of lines in the order of reading. `unread` is where reading stopped before its end.
    fn found(page: Page, mut lines: Vec<LogLine>, limit: usize, unread: Option<i64>, last: i64) -> Found {
        let more = lines.len() > limit;
        lines.truncate(limit);
        let ends = (lines.first().and_then(LogLine::position), lines.last().and_then(LogLine::position));
        if let Page::After(edge) = page {
            let older = ends.0.map(|at| Position { id: at.id, source: at.source });
            // What was looked at in vain need not be looked at again.
            let looked = unread.filter(|_| !more).map(|id| Position { id, source: LogSource::Server });
            let newer = ends.1.max(looked).unwrap_or(edge);
            lines.reverse();
            return Found { lines, older: older.or(Some(edge)), newer };
        }
        let stopped = unread.map(|id| Position { id, source: LogSource::Client });
        let older = if more { ends.1 } else { stopped };
        let newest = Position { id: last.max(0), source: LogSource::Server };
        let newer = match (page, ends.0) {
            (_, Some(at)) => at,
            (Page::Before(edge), None) => Position { id: edge.id.saturating_sub(1), ..edge },
            _ => newest,
        };
        Found { lines, older, newer }
    }

    fn nothing(&self, page: Page) -> Found {
        let newer = match page {
            Page::After(edge) => edge,
            _ => Position { id: timeline::first_id(self.clock.now_ms()), source: LogSource::Server },
        };
        Found { lines: Vec::new(), older: None, newer }
    }

    /// One line, whole; `None` when it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn line(&self, at: Position) -> Result<Option<LogLine>, DbErr> {
        store::one(self.db.read(), at).await
    }
}

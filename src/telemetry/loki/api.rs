//! How the way to Loki is, over HTTP.

use std::sync::Arc;

use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::store::{self, Refused};
use super::{Failures, Feed};
use crate::auth::{Admin, scope};
use crate::clock::Clock;
use crate::config::LokiUrl;
use crate::db::Db;
use crate::error::ApiError;
use crate::telemetry::errors::Tag;
use crate::timeline;
use crate::timestamp::Timestamp;

/// Refused signals that are shown.
const SHOWN: i64 = 20;

/// The operation that tells of the way to Loki.
pub struct LokiApi {
    address: Option<String>,
    db: Db,
    clock: Clock,
    feed: Arc<Feed>,
}

impl LokiApi {
    /// Tells of `feed`.
    pub fn new(url: Option<&LokiUrl>, db: &Db, clock: &Clock, feed: &Arc<Feed>) -> Self {
        let address = url.map(LokiUrl::to_string);
        Self { address, db: db.clone(), clock: clock.clone(), feed: feed.clone() }
    }
}

/// A push that failed
#[derive(Debug, Object)]
struct LokiFailure {
    /// When
    time: Timestamp,
    /// What Loki, or the way to it, said
    message: String,
}

/// A signal that Loki refused, and that was set aside
#[derive(Debug, Object)]
struct LokiRefused {
    /// Id of its line in the logs, where it stays
    line_id: String,
    /// When it was received
    time: Timestamp,
    /// When it was refused
    refused_at: Timestamp,
    /// What Loki said
    reason: String,
}

impl From<Refused> for LokiRefused {
    fn from(row: Refused) -> Self {
        Self {
            line_id: format!("c{}", row.signal_id),
            time: Timestamp::from_ms(timeline::ms(row.signal_id)),
            refused_at: Timestamp::from_ms(row.refused_at),
            reason: row.reason,
        }
    }
}

/// The way of signals to Loki
#[derive(Debug, Object)]
#[oai(example)]
struct LokiStatus {
    /// Whether `LOKI_URL` is set
    configured: bool,
    /// Where lines go, without name and password; null without a Loki
    address: Option<String>,
    /// Signals that wait
    waiting: u64,
    /// Seconds that the first of them has waited; 0 without any
    lag_seconds: u64,
    /// Since when every push fails; null while they succeed
    failing_since: Option<Timestamp>,
    /// The last push that failed or was refused since the start
    last_error: Option<LokiFailure>,
    /// Signals that Loki refused and that were set aside: the last 10,000 at most
    refused: u64,
    /// The last of them, at most 20
    last_refused: Vec<LokiRefused>,
}

impl Example for LokiStatus {
    fn example() -> Self {
        let time = Timestamp::from_ms(1_795_341_600_000);
        Self {
            configured: true,
            address: Some("https://logs.example.org/".to_owned()),
            waiting: 0,
            lag_seconds: 0,
            failing_since: None,
            last_error: Some(LokiFailure {
                time,
                message: "400 Bad Request: entry too far behind".to_owned(),
            }),
            refused: 1,
            last_refused: vec![LokiRefused {
                line_id: "c1882545520640000001".to_owned(),
                time,
                refused_at: time,
                reason: "400 Bad Request: entry too far behind".to_owned(),
            }],
        }
    }
}

#[OpenApi(tag = "Tag::Telemetry")]
impl LokiApi {
    /// Tell how the way to Loki is
    ///
    /// Of the signals of client applications; the server's own lines go beside them, and are not kept when Loki is away.
    #[oai(path = "/loki", method = "get", operation_id = "get_loki")]
    async fn status(&self, _who: Admin<scope::MonitoringRead>) -> Result<Json<LokiStatus>, ApiError> {
        let (conn, shipped, now) = (self.db.read(), self.feed.shipped(), self.clock.now_ms());
        let Failures { since_ms, last } = self.feed.failures();
        let first = store::first(conn, shipped).await?;
        let last_refused = store::last_refused(conn, SHOWN).await?;
        Ok(Json(LokiStatus {
            configured: self.address.is_some(),
            address: self.address.clone(),
            waiting: store::behind(conn, shipped).await?,
            lag_seconds: first.map_or(0, |id| ((now - timeline::ms(id)).max(0) / 1_000).unsigned_abs()),
            failing_since: since_ms.map(Timestamp::from_ms),
            last_error: last.map(|(ms, message)| LokiFailure { time: Timestamp::from_ms(ms), message }),
            refused: store::refused(conn).await?,
            last_refused: last_refused.into_iter().map(LokiRefused::from).collect(),
        }))
    }
}

//! Which lines are asked for, in a query and in the tail alike.

use serde::Deserialize;
use uuid::Uuid;

use super::line::{LogKind, LogLine, LogSource};
use crate::db::Needle;
use crate::telemetry::Level;

/// Longest text of a condition, in bytes.
pub const LONGEST: usize = 200;

/// Conditions; all that are given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// At least this level.
    pub level: Option<Level>,
    /// Of this kind.
    pub kind: Option<LogKind>,
    /// Written by this side.
    pub source: Option<LogSource>,
    /// Of this installation.
    pub client: Option<Uuid>,
    /// Of this user: id of an account, or a name.
    pub user: Option<String>,
    /// The account that `user` is; found out by [`super::Logs`].
    pub account: Option<Uuid>,
    /// Of this application.
    pub app: Option<String>,
    /// With this text in message or fields, whatever the case.
    pub search: Option<Needle>,
    /// Of this trace.
    pub trace_id: Option<String>,
}

/// The same as a query, in the name of a channel.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    level: Option<Level>,
    kind: Option<String>,
    source: Option<String>,
    client: Option<Uuid>,
    user: Option<String>,
    app: Option<String>,
    search: Option<String>,
    trace_id: Option<String>,
}

impl Filter {
    /// Reads a query such as `level=warning&source=client`.
    pub fn parse(query: &str) -> Option<Self> {
        use poem_openapi::types::ParseFromParameter;
        let query: Query = serde_urlencoded::from_str(query).ok()?;
        let short = |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= LONGEST);
        if ![&query.user, &query.app, &query.search, &query.trace_id].into_iter().all(short) {
            return None;
        }
        Some(Self {
            level: query.level,
            kind: query.kind.map(|kind| LogKind::parse_from_parameter(&kind)).transpose().ok()?,
            source: query.source.map(|source| LogSource::parse_from_parameter(&source)).transpose().ok()?,
            client: query.client,
            user: query.user,
            account: None,
            app: query.app,
            search: query.search.filter(|text| !text.is_empty()).as_deref().map(Needle::anywhere),
            trace_id: query.trace_id,
        })
    }

    /// Whether lines of this side can be among those asked for.
    pub fn wants(&self, source: LogSource) -> bool {
        let by_kind = self.kind.is_none_or(|kind| (kind == LogKind::Server) == (source == LogSource::Server));
        // The server is no application.
        let by_app = self.app.is_none() || source == LogSource::Client;
        self.source.is_none_or(|wanted| wanted == source) && by_kind && by_app
    }

    /// Whether a line, of a user that the application calls `user_key`, is asked for.
    pub fn admits(&self, line: &LogLine, user_key: &str) -> bool {
        self.wants(line.source)
            && self.level.is_none_or(|level| line.level >= level)
            && self.kind.is_none_or(|kind| line.kind == kind)
            && self.client.is_none_or(|client| line.client == Some(client))
            && self.app.as_ref().is_none_or(|app| *app == line.app)
            && self.trace_id.as_ref().is_none_or(|trace| line.trace_id.as_ref() == Some(trace))
            && self.user.as_ref().is_none_or(|user| {
                (self.account.is_some() && line.user_id == self.account)
                    || *user == line.user_name
                    || (!user_key.is_empty() && user == user_key)
            })
            && self.search.as_ref().is_none_or(|needle| finds(line, needle))
    }
}

fn finds(line: &LogLine, needle: &Needle) -> bool {
    needle.is_in(&line.message) || needle.is_in(&line.fields.to_string())
}

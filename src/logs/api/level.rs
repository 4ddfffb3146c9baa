//! The level that the server logs at, over HTTP.

use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::logs::{Change, Levels};
use crate::text::Text;
use crate::timestamp::Timestamp;

/// Operations on the level.
pub struct LevelApi {
    pub levels: Levels,
}

/// What the server logs
#[derive(Debug, Object)]
#[oai(example)]
struct ServerLogLevel {
    /// The filter in force, as in the setting `LOG_LEVEL`
    filter: String,
    /// The one that is in force after a change
    configured: String,
    /// When the change ends by itself; null without one, and for one that lasts until the server stops
    until: Option<Timestamp>,
    /// Login name of whoever changed it; null when nobody has
    changed_by: Option<String>,
}

impl Example for ServerLogLevel {
    fn example() -> Self {
        Self {
            filter: "debug".to_owned(),
            configured: "info".to_owned(),
            until: Some(Timestamp::from_ms(1_795_341_600_120)),
            changed_by: Some("root".to_owned()),
        }
    }
}

/// What the server is to log
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct NewLogLevel {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,workspace_server=debug`
    #[oai(validator(min_length = 1, max_length = 500))]
    filter: Text,
    /// For how long, at most a week; until the server stops when absent
    #[oai(validator(minimum(value = "1"), maximum(value = "10080")))]
    minutes: Option<u16>,
}

impl Example for NewLogLevel {
    fn example() -> Self {
        Self { filter: Text::from("info,workspace_server=debug"), minutes: Some(30) }
    }
}

impl LevelApi {
    fn now(&self) -> Json<ServerLogLevel> {
        let configured = self.levels.configured().to_owned();
        Json(match self.levels.changed() {
            Some(Change { filter, until, by }) => {
                ServerLogLevel { filter, configured, until: until.map(Timestamp::from), changed_by: Some(by) }
            }
            None => ServerLogLevel { filter: configured.clone(), configured, until: None, changed_by: None },
        })
    }
}

#[OpenApi(tag = "Tag::Logs")]
impl LevelApi {
    /// What the server logs
    #[oai(path = "/log-level", method = "get", operation_id = "get_log_level")]
    async fn get(&self, _who: Admin<scope::MonitoringRead>) -> Result<Json<ServerLogLevel>, ApiError> {
        Ok(self.now())
    }

    /// Change what the server logs
    ///
    /// At once, on stdout, in the database and in Loki, for a while or until the server stops.
    #[oai(path = "/log-level", method = "put", operation_id = "set_log_level")]
    async fn set(
        &self,
        who: Admin<scope::ServerWrite>,
        body: Json<NewLogLevel>,
    ) -> Result<Json<ServerLogLevel>, ApiError> {
        let set = self.levels.set(&body.filter, body.minutes, &who.username);
        set.map_err(|fault| ApiError::field("filter", format!("is none: {}", fault.fix)))?;
        Ok(self.now())
    }

    /// End a change of what the server logs
    ///
    /// Nothing happens when nothing was changed.
    #[oai(path = "/log-level", method = "delete", operation_id = "reset_log_level")]
    async fn reset(&self, _who: Admin<scope::ServerWrite>) -> Result<Json<ServerLogLevel>, ApiError> {
        self.levels.reset();
        Ok(self.now())
    }
}

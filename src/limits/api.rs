//! The bounds over HTTP.

use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi, Tags};

use super::list::{self, Bound, Measure};
use crate::app::Services;
use crate::auth::{Admin, scope};
use crate::error::ApiError;

/// The operation that tells of the bounds.
pub struct LimitsApi {
    services: Services,
}

impl LimitsApi {
    /// Reads from all `services`.
    pub fn new(services: &Services) -> Self {
        Self { services: services.clone() }
    }
}

#[derive(Tags)]
enum Tag {
    /// How the server is doing
    Monitoring,
}

/// What a bound is counted in
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
enum LimitUnit {
    /// Bytes
    Bytes,
    /// Days
    Days,
    /// Seconds
    Seconds,
    /// How many
    Count,
}

impl From<Measure> for LimitUnit {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Bytes => Self::Bytes,
            Measure::Days => Self::Days,
            Measure::Seconds => Self::Seconds,
            Measure::Count => Self::Count,
        }
    }
}

/// A bound that the server keeps to
#[derive(Debug, Object)]
struct Limit {
    /// What it bounds, such as `signal_bytes`
    name: String,
    /// The setting that changes it, at the next start; null for one that is fixed
    setting: Option<String>,
    /// The bound
    value: u64,
    /// What it is counted in
    unit: LimitUnit,
    /// What is used of it now, for days the age of the oldest; null where nobody counts
    used: Option<u64>,
}

impl From<Bound> for Limit {
    fn from(bound: Bound) -> Self {
        Self {
            name: bound.name.to_owned(),
            setting: bound.setting.map(str::to_owned),
            value: bound.value,
            unit: bound.measure.into(),
            used: bound.used,
        }
    }
}

/// Every bound
#[derive(Debug, Object)]
#[oai(example)]
struct LimitPage {
    /// What is stored first
    items: Vec<Limit>,
    /// Always null: there are few
    next: Option<String>,
}

impl Example for LimitPage {
    fn example() -> Self {
        let limit = Limit {
            name: "signal_bytes".to_owned(),
            setting: Some("SIGNALS_MAX_MB".to_owned()),
            value: 10_737_418_240,
            unit: LimitUnit::Bytes,
            used: Some(52_428_800),
        };
        Self { items: vec![limit], next: None }
    }
}

#[OpenApi(tag = "Tag::Monitoring")]
impl LimitsApi {
    /// List the bounds in force
    ///
    /// How long and how much the server keeps, and what is used of it. It shows no secret and no address.
    #[oai(path = "/limits", method = "get", operation_id = "list_limits")]
    async fn list(&self, _who: Admin<scope::MonitoringRead>) -> Result<Json<LimitPage>, ApiError> {
        let bounds = list::all(&self.services).await?;
        Ok(Json(LimitPage { items: bounds.into_iter().map(Limit::from).collect(), next: None }))
    }
}

//! Adoption: how many installations had which version, day by day.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::super::fleet::Fleet;
use super::super::store::versions::{Active, active};
use super::Tag;
use crate::auth::{Admin, scope};
use crate::error::ApiError;

/// Days of an answer when the caller does not say.
const DEFAULT_DAYS: i64 = 30;
/// Most days of an answer: as long as counts are kept.
const MOST_DAYS: i64 = 400;
/// Versions listed one by one: more than a graph can show.
const MOST_VERSIONS: usize = 50;

/// Operations on versions.
pub struct VersionsApi {
    pub fleet: Fleet,
}

/// How many installations had one version of an application
#[derive(Clone, Debug, Object, PartialEq)]
struct VersionUse {
    /// Application
    app: String,
    /// Version; empty where the application does not say
    version: String,
    /// Whether it is before a release
    prerelease: bool,
    /// Whether it is the latest version of its application now
    latest: bool,
    /// Active installations on each of `days`
    installations: Vec<u64>,
}

/// Active installations by day and version
#[derive(Clone, Debug, Object, PartialEq)]
#[oai(example)]
struct Adoption {
    /// The days, in UTC
    days: Vec<NaiveDate>,
    /// By application, the highest version first; an installation counts once a day, for the last version of that day
    items: Vec<VersionUse>,
    /// Active installations on each of `days` with versions that are not listed: only the 50 most used ones are
    others: Vec<u64>,
}

impl Example for Adoption {
    fn example() -> Self {
        let day = |n: i64| NaiveDate::default() + TimeDelta::days(20_779 + n);
        let version = |version: &str, latest, installations: [u64; 3]| VersionUse {
            app: "desk".to_owned(),
            version: version.to_owned(),
            prerelease: false,
            latest,
            installations: installations.to_vec(),
        };
        Self {
            days: (0..3).map(day).collect(),
            items: vec![version("1.5.0", true, [0, 4, 11]), version("1.4.0", false, [12, 8, 2])],
            others: vec![0; 3],
        }
    }
}

#[OpenApi(tag = "Tag::Installations")]
impl VersionsApi {
    /// Read how versions spread
    ///
    /// For every day the number of installations that were active with each version.
    #[oai(path = "/installations/versions", method = "get", operation_id = "get_version_adoption")]
    async fn adoption(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Only this application, whatever the case
        #[oai(validator(max_length = 128))]
        app: Query<Option<String>>,
        /// First day; 29 days before the last one when absent
        from: Query<Option<NaiveDate>>,
        /// Last day; today when absent
        to: Query<Option<NaiveDate>>,
    ) -> Result<Json<Adoption>, ApiError> {
        let fleet = &self.fleet;
        let now = fleet.inner.clock.now();
        let to = to.0.unwrap_or_else(|| now.date_naive());
        let from = match from.0 {
            Some(from) => from,
            None => to.checked_sub_signed(TimeDelta::days(DEFAULT_DAYS - 1)).unwrap_or(to),
        };
        let days = (to - from).num_days() + 1;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(ApiError::field(
                "from",
                format!("must be at most {MOST_DAYS} days before `to`, and not after it"),
            ));
        }
        fleet.settle().await;
        let first = (from - NaiveDate::default()).num_days();
        let span = (first, first + days - 1);
        let found = active(fleet.inner.db.read(), app.0.as_deref(), span, now.timestamp_millis()).await?;
        let days: Vec<NaiveDate> = from.iter_days().take(days.unsigned_abs() as usize).collect();
        Ok(Json(adoption(days, first, found)))
    }
}

/// Arranges `found`, which comes by application and version, the highest first; `first` is the number of the first day.
fn adoption(days: Vec<NaiveDate>, first: i64, found: Vec<Active>) -> Adoption {
    let mut items: Vec<VersionUse> = Vec::new();
    for row in found {
        let at = usize::try_from(row.day - first).unwrap_or(0);
        if items.last().is_none_or(|last| (&last.app, &last.version) != (&row.app, &row.version)) {
            items.push(VersionUse {
                app: row.app,
                version: row.version,
                prerelease: row.prerelease != 0,
                latest: row.latest != 0,
                installations: vec![0; days.len()],
            });
        }
        let count = items.last_mut().and_then(|item| item.installations.get_mut(at));
        if let Some(count) = count {
            *count += row.installations.unsigned_abs();
        }
    }
    let mut others = vec![0; days.len()];
    if items.len() > MOST_VERSIONS {
        let total = |item: &VersionUse| item.installations.iter().sum::<u64>();
        let by_use: BTreeMap<(std::cmp::Reverse<u64>, usize), ()> =
            items.iter().enumerate().map(|(n, item)| ((std::cmp::Reverse(total(item)), n), ())).collect();
        let listed: Vec<usize> = by_use.into_keys().take(MOST_VERSIONS).map(|(_, n)| n).collect();
        let mut n = 0;
        items.retain(|item| {
            let keep = listed.contains(&n);
            n += 1;
            if !keep {
                others.iter_mut().zip(&item.installations).for_each(|(sum, count)| *sum += count);
            }
            keep
        });
    }
    Adoption { days, items, others }
}

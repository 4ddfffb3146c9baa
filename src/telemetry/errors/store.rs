//! Queries on groups of errors.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::state::ErrorState;
use crate::db::{Needle, statement};
use crate::telemetry::signal::Body;

/// How a list is ordered; ties by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    LastSeen,
    FirstSeen,
    Count,
}

impl Order {
    fn column(self) -> &'static str {
        match self {
            Self::LastSeen => "g.last_seen",
            Self::FirstSeen => "g.first_seen",
            Self::Count => "g.count",
        }
    }
}

/// Conditions; all that are given must hold.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub app: Option<String>,
    pub version: Option<String>,
    pub search: Option<String>,
    pub since: Option<i64>,
    pub state: Option<ErrorState>,
}

/// A group.
#[derive(Clone, Debug, FromQueryResult)]
pub struct GroupRow {
    pub id: i64,
    pub fingerprint: Uuid,
    pub app: String,
    pub r#type: String,
    pub message: String,
    pub culprit: String,
    pub first_seen: i64,
    pub last_seen: i64,
    pub count: i64,
    pub state: i64,
    pub regressed: i64,
    pub state_at: Option<i64>,
    pub clients: i64,
}

impl GroupRow {
    /// What the row is ordered by.
    pub fn key(&self, order: Order) -> i64 {
        match order {
            Order::LastSeen => self.last_seen,
            Order::FirstSeen => self.first_seen,
            Order::Count => self.count,
        }
    }
}

const COLUMNS: &str = "g.id, g.fingerprint, g.app, g.type, g.message, g.culprit, g.first_seen, g.last_seen, g.count, \
                       g.state, g.regressed, g.state_at, g.clients";

/// Groups in falling order, after the key and id of the last one seen.
pub async fn list(
    conn: &impl ConnectionTrait,
    wanted: &Wanted,
    order: Order,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<GroupRow>, DbErr> {
    let column = order.column();
    let mut sql = format!("SELECT {COLUMNS} FROM error_groups g WHERE 1 = 1");
    let mut values: Vec<Value> = Vec::new();
    let mut add = |condition: &str, given: Vec<Value>| {
        let mut condition = condition.to_owned();
        for value in given {
            values.push(value);
            condition = condition.replacen('?', &format!("${}", values.len()), 1);
        }
        sql.push_str(&condition);
    };
    if let Some(app) = &wanted.app {
        add(" AND g.app = ?", vec![app.as_str().into()]);
    }
    if let Some(version) = &wanted.version {
        let of_version =
            " AND EXISTS (SELECT 1 FROM error_group_versions v WHERE v.group_id = g.id AND v.version = ?)";
        add(of_version, vec![version.as_str().into()]);
    }
    if let Some(search) = &wanted.search {
        let needle = Needle::anywhere(search);
        let found = needle.found_in("(g.type || ': ' || g.message || ' ' || g.culprit)", "?");
        add(&format!(" AND {found}"), vec![needle.value().into()]);
    }
    if let Some(since) = wanted.since {
        add(" AND g.last_seen >= ?", vec![since.into()]);
    }
    if let Some(state) = wanted.state {
        add(" AND g.state = ?", vec![state.number().into()]);
    }
    if let Some((key, id)) = after {
        add(&format!(" AND ({column}, g.id) < (?, ?)"), vec![key.into(), id.into()]);
    }
    add(&format!(" ORDER BY {column} DESC, g.id DESC LIMIT ?"), vec![limit.into()]);
    GroupRow::find_by_statement(statement(conn, &sql, values)).all(conn).await
}

/// One group.
pub async fn find(conn: &impl ConnectionTrait, fingerprint: Uuid) -> Result<Option<GroupRow>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM error_groups g WHERE g.fingerprint = $1");
    GroupRow::find_by_statement(statement(conn, &sql, [fingerprint.into()])).one(conn).await
}

/// A version that a group was seen in.
#[derive(Clone, Debug, FromQueryResult)]
pub struct VersionRow {
    pub version: String,
    pub first_seen: i64,
    pub last_seen: i64,
    pub count: i64,
}

/// The versions that a group was seen in, the last one first.
pub async fn versions(conn: &impl ConnectionTrait, group: i64) -> Result<Vec<VersionRow>, DbErr> {
    let sql = "SELECT version, first_seen, last_seen, count FROM error_group_versions WHERE group_id = $1 \
               ORDER BY last_seen DESC, version DESC";
    VersionRow::find_by_statement(statement(conn, sql, [group.into()])).all(conn).await
}

#[derive(FromQueryResult)]
struct LatestRow {
    id: i64,
    body: String,
    app: String,
    app_version: String,
}

/// An exception that is stored.
pub struct Latest {
    /// Its id, which is also its time.
    pub id: i64,
    /// What it carries.
    pub body: Body,
    /// Application.
    pub app: String,
    /// Version of the application.
    pub app_version: String,
}

/// The last exception of a group that is still stored.
pub async fn latest(conn: &impl ConnectionTrait, group: i64) -> Result<Option<Latest>, DbErr> {
    let sql = "SELECT s.id, s.body, c.app, c.app_version FROM signals s JOIN signal_contexts c ON c.id = s.context_id \
               WHERE s.group_id = $1 ORDER BY s.id DESC LIMIT 1";
    let row = LatestRow::find_by_statement(statement(conn, sql, [group.into()])).one(conn).await?;
    Ok(row.map(|LatestRow { id, body, app, app_version }| Latest {
        id,
        body: serde_json::from_str(&body).unwrap_or_default(),
        app,
        app_version,
    }))
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

/// How many groups are open.
pub async fn open(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let sql = "SELECT COUNT(*) AS count FROM error_groups WHERE state = $1";
    let found = Count::find_by_statement(statement(conn, sql, [ErrorState::Open.number().into()]));
    Ok(found.one(conn).await?.map_or(0, |row| row.count))
}

/// Says what people made of a group. Whether there is one.
pub async fn set_state(
    conn: &impl ConnectionTrait,
    fingerprint: Uuid,
    state: ErrorState,
    now: i64,
) -> Result<bool, DbErr> {
    let sql = "UPDATE error_groups SET state = $1, regressed = 0, state_at = $2 WHERE fingerprint = $3";
    let values = [state.number().into(), now.into(), fingerprint.into()];
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected() > 0)
}

#[derive(FromQueryResult)]
struct HourRow {
    group_id: i64,
    step: i64,
    count: i64,
}

/// How often groups were seen in the last `steps` steps of `hours` hours each, the oldest first; the last one ends with
/// the hour of `now`.
pub async fn trends(
    conn: &impl ConnectionTrait,
    groups: &[i64],
    now: i64,
    hours: i64,
    steps: usize,
) -> Result<HashMap<i64, Vec<u64>>, DbErr> {
    let first = now.div_euclid(HOUR_MS) + 1 - hours * steps as i64;
    let mut trends: HashMap<i64, Vec<u64>> = groups.iter().map(|group| (*group, vec![0; steps])).collect();
    let ids: Vec<String> = groups.iter().map(i64::to_string).collect();
    let sql = format!(
        "SELECT group_id, (hour - $1) / $2 AS step, SUM(count) AS count FROM error_group_hours \
         WHERE group_id IN ({}) AND hour >= $1 GROUP BY group_id, step",
        ids.join(", ")
    );
    let rows =
        HourRow::find_by_statement(statement(conn, &sql, [first.into(), hours.into()])).all(conn).await?;
    for row in rows {
        let trend = trends.get_mut(&row.group_id);
        if let Some(count) = trend.and_then(|trend| trend.get_mut(usize::try_from(row.step).ok()?)) {
            *count = row.count.unsigned_abs();
        }
    }
    Ok(trends)
}

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;
/// Single exceptions that are shown of a group: the last ones.
const OCCURRENCES: i64 = 20;
/// Exceptions among which clients are looked for.
const LOOKED_AT: i64 = 1_000;
/// Clients that are shown of a group.
const CLIENTS: i64 = 50;

/// An exception of a group.
#[derive(Debug, FromQueryResult)]
pub struct OccurrenceRow {
    pub id: i64,
    pub message: String,
    pub app_version: String,
    pub installation_id: Option<Uuid>,
    pub account_id: Option<Uuid>,
    pub user_name: String,
    pub place: String,
    pub trace_id: Option<String>,
}

/// The last exceptions of a group that are still stored.
pub async fn occurrences(conn: &impl ConnectionTrait, group: i64) -> Result<Vec<OccurrenceRow>, DbErr> {
    let sql = "SELECT s.id, s.message, c.app_version, c.installation_id, c.account_id, c.user_name, \
               CASE WHEN c.view = '' THEN c.page ELSE c.view END AS place, s.trace_id \
               FROM signals s JOIN signal_contexts c ON c.id = s.context_id \
               WHERE s.group_id = $1 ORDER BY s.id DESC LIMIT $2";
    OccurrenceRow::find_by_statement(statement(conn, sql, [group.into(), OCCURRENCES.into()])).all(conn).await
}

/// A client that had exceptions of a group.
#[derive(Debug, FromQueryResult)]
pub struct ClientRow {
    pub installation_id: Uuid,
    pub account_id: Option<Uuid>,
    pub user_name: String,
    pub os: String,
    pub app_version: String,
    pub last_id: i64,
    pub count: i64,
}

/// The clients that had the last exceptions of a group, the last one first; each as it was then.
pub async fn clients(conn: &impl ConnectionTrait, group: i64) -> Result<Vec<ClientRow>, DbErr> {
    // What stands beside MAX is of the row that has it.
    let sql = "SELECT installation_id, account_id, user_name, os, app_version, MAX(id) AS last_id, COUNT(*) AS count \
               FROM (SELECT s.id, c.installation_id, c.account_id, c.user_name, c.os, c.app_version \
               FROM signals s JOIN signal_contexts c ON c.id = s.context_id \
               WHERE s.group_id = $1 ORDER BY s.id DESC LIMIT $2) \
               WHERE installation_id IS NOT NULL GROUP BY installation_id ORDER BY last_id DESC LIMIT $3";
    let values = [group.into(), LOOKED_AT.into(), CLIENTS.into()];
    ClientRow::find_by_statement(statement(conn, sql, values)).all(conn).await
}

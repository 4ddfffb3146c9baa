//! Queries on groups of errors.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use crate::db::statement;
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

/// Clients are counted for the rows of a page alone.
const COLUMNS: &str = "g.id, g.fingerprint, g.app, g.type, g.message, g.culprit, g.first_seen, g.last_seen, g.count, \
                       (SELECT COUNT(*) FROM error_group_clients c WHERE c.group_id = g.id) AS clients";

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
        // `instr` has no wildcards that would have to be escaped.
        let text = search.to_lowercase();
        add(" AND instr(lower(g.type || ': ' || g.message || ' ' || g.culprit), ?) > 0", vec![text.into()]);
    }
    if let Some(since) = wanted.since {
        add(" AND g.last_seen >= ?", vec![since.into()]);
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

/// Versions shown of a group: the last ones.
const VERSIONS: i64 = 100;

/// The versions that a group was seen in, the last one first.
pub async fn versions(conn: &impl ConnectionTrait, group: i64) -> Result<Vec<VersionRow>, DbErr> {
    let sql = "SELECT version, first_seen, last_seen, count FROM error_group_versions WHERE group_id = $1 \
               ORDER BY last_seen DESC, version DESC LIMIT $2";
    VersionRow::find_by_statement(statement(conn, sql, [group.into(), VERSIONS.into()])).all(conn).await
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

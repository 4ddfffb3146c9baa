//! Looking for installations: conditions, order, and pages that stay right while things change.

use std::net::IpAddr;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::query::{Filter, Order};
use super::installations::DAY_MS;
use crate::db::{Needle, json, statement};

/// A version that nobody has had for this long is not what others are behind of: it may have been withdrawn.
pub const LATEST_SEEN_DAYS: i64 = 30;

/// An installation as it is stored.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Row {
    pub id: Uuid,
    pub app: String,
    pub key: String,
    pub identified: String,
    pub user_id: Option<Uuid>,
    pub username: String,
    pub app_version: String,
    pub version_key: String,
    /// Of its application; empty when there is none.
    pub latest_version: String,
    pub latest_key: String,
    pub os: String,
    pub os_version: String,
    pub hostname: String,
    pub locale: String,
    pub address: String,
    pub first_seen_at: i64,
    pub last_seen_at: i64,
    pub signals: i64,
    pub errors: i64,
    pub last_error: String,
    pub last_error_at: Option<i64>,
}

/// Where a page ended: the value that the list is sorted by, and the id that tells equal ones apart.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Cursor {
    pub sort: String,
    pub value: Position,
    pub id: Uuid,
}

/// A value that a list is sorted by.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Position {
    Number(i64),
    Text(String),
}

impl From<Position> for Value {
    fn from(position: Position) -> Self {
        match position {
            Position::Number(n) => n.into(),
            Position::Text(t) => t.into(),
        }
    }
}

/// Rows with the names of accounts as they are now, and with the latest version of each application.
const FROM: &str = "FROM installation i LEFT JOIN users u ON u.id = i.user_id \
    LEFT JOIN (SELECT app, version, MAX(version_key) AS version_key FROM app_version \
    WHERE prerelease = 0 AND last_seen_at >= $1 GROUP BY app) l ON l.app = i.app";
const COLUMNS: &str = "i.id, i.app, i.key, i.identified, i.user_id, COALESCE(u.username, i.user_name) AS username, \
    i.app_version, i.version_key, COALESCE(l.version, '') AS latest_version, \
    COALESCE(l.version_key, '') AS latest_key, i.os, i.os_version, i.hostname, i.locale, i.address, i.first_seen_at, \
    i.last_seen_at, i.signals, i.errors, i.last_error, i.last_error_at";

/// Conditions with the values of their places.
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn new(now_ms: i64) -> Self {
        Self { sql: vec!["1 = 1".to_owned()], values: vec![(now_ms - LATEST_SEEN_DAYS * DAY_MS).into()] }
    }

    /// The place of a value.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The condition that a text has a needle.
    fn has(&mut self, text: &str, needle: &Needle) -> String {
        let place = self.bind(needle.value());
        needle.found_in(text, &place)
    }

    fn add(&mut self, filter: &Filter, now_ms: i64) {
        if let Some(user) = &filter.user {
            let named = self.has("COALESCE(u.username, i.user_name)", &Needle::whole(user));
            let id = self.bind(user.parse::<Uuid>().ok());
            self.sql.push(format!("({named} OR i.user_id = {id})"));
        }
        for (column, asked) in [
            ("i.app", &filter.app),
            ("i.app_version", &filter.version),
            ("i.os", &filter.os),
            ("i.os_version", &filter.os_version),
            ("i.hostname", &filter.hostname),
            ("i.locale", &filter.locale),
        ] {
            if let Some(asked) = asked {
                let same = self.has(column, &Needle::whole(asked));
                self.sql.push(same);
            }
        }
        for (column, (since, before)) in
            [("i.first_seen_at", filter.first_seen), ("i.last_seen_at", filter.last_seen)]
        {
            for (edge, time) in [(">=", since), ("<", before)] {
                if let Some(time) = time {
                    let place = self.bind(time);
                    self.sql.push(format!("{column} {edge} {place}"));
                }
            }
        }
        if let Some(address) = &filter.address {
            // As it is written here, however it is written there.
            let known = address.parse::<IpAddr>().map(|ip| ip.to_canonical().to_string());
            let place = self.bind(known.unwrap_or_else(|_| address.clone()));
            self.sql.push(format!("i.address = {place}"));
        }
        if let Some(search) = &filter.search {
            let everything = "(COALESCE(u.username, i.user_name) || char(10) || i.app || char(10) || i.app_version \
                || char(10) || i.os || char(10) || i.os_version || char(10) || i.hostname || char(10) || i.locale \
                || char(10) || i.address || char(10) || i.key)";
            let found = self.has(everything, &Needle::anywhere(search));
            self.sql.push(found);
        }
        if let Some((connected, ids)) = &filter.connected {
            let place = self.bind(json::ids(ids));
            let not = if *connected { "" } else { "NOT " };
            self.sql.push(format!("i.id {not}IN ({})", json::each_id(&place)));
        }
        if let Some((days, ids)) = &filter.silent_days {
            let (since, ids) = (self.bind(now_ms - days * DAY_MS), self.bind(json::ids(ids)));
            self.sql.push(format!("i.last_seen_at <= {since} AND i.id NOT IN ({})", json::each_id(&ids)));
        }
        match filter.behind {
            Some(true) => self.sql.push("i.version_key <> '' AND i.version_key < l.version_key".to_owned()),
            Some(false) => {
                self.sql.push(
                    "(i.version_key = '' OR l.version_key IS NULL OR i.version_key >= l.version_key)"
                        .to_owned(),
                );
            }
            None => {}
        }
    }
}

/// A page of installations, and whether there are more; `online` are those that are connected now.
pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &Filter,
    order: Order,
    online: &[Uuid],
    after: Option<&Cursor>,
    limit: usize,
    now_ms: i64,
) -> Result<(Vec<Row>, bool), DbErr> {
    let mut conditions = Conditions::new(now_ms);
    conditions.add(filter, now_ms);
    let column = match order.by.column() {
        Some(column) => column.to_owned(),
        None => format!("(i.id IN ({}))", json::each_id(&conditions.bind(json::ids(online)))),
    };
    let (direction, beyond) = if order.descending { ("DESC", "<") } else { ("ASC", ">") };
    if let Some(cursor) = after {
        let (value, id) = (conditions.bind(cursor.value.clone()), conditions.bind(cursor.id));
        conditions
            .sql
            .push(format!("({column} {beyond} {value} OR ({column} = {value} AND i.id {beyond} {id}))"));
    }
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE {} ORDER BY {column} {direction}, i.id {direction} LIMIT {}",
        conditions.sql.join(" AND "),
        limit + 1
    );
    let mut rows = Row::find_by_statement(statement(conn, &sql, conditions.values)).all(conn).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

/// How many installations meet the conditions.
pub async fn count(conn: &impl ConnectionTrait, filter: &Filter, now_ms: i64) -> Result<u64, DbErr> {
    let mut conditions = Conditions::new(now_ms);
    conditions.add(filter, now_ms);
    let sql = format!("SELECT COUNT(*) AS count {FROM} WHERE {}", conditions.sql.join(" AND "));
    let found = Count::find_by_statement(statement(conn, &sql, conditions.values)).one(conn).await?;
    Ok(found.map_or(0, |row| row.count.unsigned_abs()))
}

/// One installation.
pub async fn one(conn: &impl ConnectionTrait, id: Uuid, now_ms: i64) -> Result<Option<Row>, DbErr> {
    let mut conditions = Conditions::new(now_ms);
    let place = conditions.bind(id);
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE i.id = {place}");
    Row::find_by_statement(statement(conn, &sql, conditions.values)).one(conn).await
}

/// Installations that an account used last, by id, from the one after `after`.
pub async fn of_user(
    conn: &impl ConnectionTrait,
    user: Uuid,
    after: Uuid,
    limit: u64,
    now_ms: i64,
) -> Result<Vec<Row>, DbErr> {
    let mut conditions = Conditions::new(now_ms);
    let (user, after) = (conditions.bind(user), conditions.bind(after));
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE i.user_id = {user} AND i.id > {after} ORDER BY i.id LIMIT {limit}"
    );
    Row::find_by_statement(statement(conn, &sql, conditions.values)).all(conn).await
}

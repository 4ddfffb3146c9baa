//! Queries on groups of errors: exceptions that are the same fault, with the versions and clients affected.
//!
//! What is kept of one is bounded: the versions seen last, and so many clients.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::usage::{self, Beside};
use crate::db::statement;
use crate::telemetry::context::Context;
use crate::telemetry::errors::ErrorState;
use crate::telemetry::groups::{self, Fingerprint};
use crate::telemetry::signal::{Body, Signal};

/// Characters of a group's message, for people.
const MESSAGE: usize = 500;
/// Versions kept of a group, those seen last: two years of a release a week.
const VERSIONS: usize = 100;
/// Clients of a group that are told apart: as many as a server has. Its count ends there.
const CLIENTS: i64 = 10_000;
/// Bytes that a group takes beside its texts.
const GROUP_BYTES: i64 = 200;
/// Bytes that a client takes, and a version beside its text.
pub const ROW_BYTES: i64 = 60;
/// Bytes that an hour of a group's trend takes.
const HOUR_BYTES: i64 = 20;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;
/// Hours of a group's trend: a month.
const HOURS: i64 = 30 * 24;

/// Exceptions of one commit, by fault.
#[derive(Default)]
pub struct Faults {
    by_fingerprint: HashMap<Fingerprint, Fault>,
}

struct Fault {
    app: String,
    r#type: String,
    message: String,
    culprit: String,
    at: i64,
    count: i64,
    versions: BTreeMap<String, i64>,
    clients: HashSet<Uuid>,
}

/// What a group is called by, of an exception.
pub fn message(body: &Body) -> String {
    body.value.chars().take(MESSAGE).collect()
}

impl Faults {
    /// Counts one exception; gives its fingerprint.
    pub fn add(&mut self, context: &Context, signal: &Signal, now: i64) -> Fingerprint {
        let app = &context.meta.app;
        let fingerprint = groups::fingerprint(app, &signal.body);
        let fault = self.by_fingerprint.entry(fingerprint).or_insert_with(|| Fault {
            app: app.clone(),
            r#type: signal.body.r#type.clone(),
            message: message(&signal.body),
            culprit: groups::culprit(&signal.body),
            at: now,
            count: 0,
            versions: BTreeMap::new(),
            clients: HashSet::new(),
        });
        fault.count += 1;
        *fault.versions.entry(context.meta.app_version.clone()).or_default() += 1;
        fault.clients.insert(context.client());
        fingerprint
    }

    /// Adds to the groups; gives their rows.
    pub async fn put(self, conn: &impl ConnectionTrait) -> Result<HashMap<Fingerprint, i64>, DbErr> {
        let (mut rows, mut bytes) = (HashMap::new(), 0);
        for (fingerprint, fault) in self.by_fingerprint {
            let (id, added) = fault.put(conn, &fingerprint).await?;
            rows.insert(fingerprint, id);
            bytes += added;
        }
        usage::change(conn, Beside::Groups, bytes).await?;
        Ok(rows)
    }
}

#[derive(FromQueryResult)]
struct Found {
    id: i64,
    clients: i64,
    /// Whether it has no message.
    silent: bool,
}

#[derive(FromQueryResult)]
struct Bytes {
    bytes: i64,
}

impl Fault {
    /// Adds to the group, which is open again if it was resolved; gives its row, and the bytes that it has grown by.
    async fn put(&self, conn: &impl ConnectionTrait, fingerprint: &Fingerprint) -> Result<(i64, i64), DbErr> {
        let sql = "UPDATE error_groups SET last_seen = MAX(last_seen, $2), count = count + $3, \
                   regressed = regressed OR state = $4, \
                   state_at = CASE WHEN state = $4 THEN $2 ELSE state_at END, \
                   state = CASE WHEN state = $4 THEN $5 ELSE state END WHERE fingerprint = $1 \
                   RETURNING id, clients, message = '' AS silent";
        let values: [Value; 5] = [
            fingerprint.to_vec().into(),
            self.at.into(),
            self.count.into(),
            ErrorState::Resolved.number().into(),
            ErrorState::Open.number().into(),
        ];
        let found = Found::find_by_statement(statement(conn, sql, values)).one(conn).await?;
        let (mut bytes, Found { id, clients, silent }) = match found {
            Some(found) => (0, found),
            None => (self.own_bytes(), self.insert(conn, fingerprint).await?),
        };
        if silent && !self.message.is_empty() {
            // Whoever named it had it erased.
            let sql = "UPDATE error_groups SET message = $2 WHERE id = $1";
            conn.execute_raw(statement(conn, sql, [id.into(), self.message.as_str().into()])).await?;
            bytes += self.message.len() as i64;
        }
        bytes += self.put_hour(conn, id).await?;
        bytes += self.put_versions(conn, id).await?;
        let new = self.put_clients(conn, id, CLIENTS - clients).await?;
        bytes += new * ROW_BYTES;
        if bytes != 0 {
            let sql = "UPDATE error_groups SET clients = clients + $2, bytes = bytes + $3 WHERE id = $1";
            conn.execute_raw(statement(conn, sql, [id.into(), new.into(), bytes.into()])).await?;
        }
        Ok((id, bytes))
    }

    fn own_bytes(&self) -> i64 {
        let texts = [&self.app, &self.r#type, &self.message, &self.culprit];
        texts.into_iter().map(|text| text.len() as i64).sum::<i64>() + GROUP_BYTES
    }

    async fn insert(&self, conn: &impl ConnectionTrait, fingerprint: &Fingerprint) -> Result<Found, DbErr> {
        let sql = "INSERT INTO error_groups (fingerprint, app, type, message, culprit, first_seen, last_seen, count) \
                   VALUES ($1, $2, $3, $4, $5, $6, $6, $7) RETURNING id, clients, FALSE AS silent";
        let values: [Value; 7] = [
            fingerprint.to_vec().into(),
            self.app.as_str().into(),
            self.r#type.as_str().into(),
            self.message.as_str().into(),
            self.culprit.as_str().into(),
            self.at.into(),
            self.count.into(),
        ];
        let row = Found::find_by_statement(statement(conn, sql, values)).one(conn).await?;
        row.ok_or_else(|| DbErr::RecordNotFound("the group just put".to_owned()))
    }

    /// Adds to the trend of the group, and forgets what is older than it shows; gives the bytes that it adds.
    async fn put_hour(&self, conn: &impl ConnectionTrait, group: i64) -> Result<i64, DbErr> {
        let hour = self.at.div_euclid(HOUR_MS);
        let values = || -> [Value; 3] { [group.into(), hour.into(), self.count.into()] };
        let sql = "UPDATE error_group_hours SET count = count + $3 WHERE group_id = $1 AND hour = $2";
        if conn.execute_raw(statement(conn, sql, values())).await?.rows_affected() > 0 {
            return Ok(0);
        }
        let sql = "INSERT INTO error_group_hours (group_id, hour, count) VALUES ($1, $2, $3)";
        conn.execute_raw(statement(conn, sql, values())).await?;
        let sql = "DELETE FROM error_group_hours WHERE group_id = $1 AND hour < $2";
        let gone = conn.execute_raw(statement(conn, sql, [group.into(), (hour - HOURS).into()])).await?;
        Ok(HOUR_BYTES * (1 - gone.rows_affected() as i64))
    }

    /// Gives the bytes that it adds; less than none when old versions go.
    async fn put_versions(&self, conn: &impl ConnectionTrait, group: i64) -> Result<i64, DbErr> {
        let mut bytes = 0;
        for (version, count) in &self.versions {
            let values =
                || -> [Value; 4] { [group.into(), version.as_str().into(), self.at.into(), (*count).into()] };
            let sql = "UPDATE error_group_versions SET last_seen = $3, count = count + $4 \
                       WHERE group_id = $1 AND version = $2";
            if conn.execute_raw(statement(conn, sql, values())).await?.rows_affected() > 0 {
                continue;
            }
            let sql = "INSERT INTO error_group_versions (group_id, version, first_seen, last_seen, count) \
                       VALUES ($1, $2, $3, $3, $4)";
            conn.execute_raw(statement(conn, sql, values())).await?;
            bytes += version.len() as i64 + ROW_BYTES;
        }
        if bytes > 0 {
            let sql = format!(
                "DELETE FROM error_group_versions WHERE group_id = $1 AND version NOT IN \
                 (SELECT version FROM error_group_versions WHERE group_id = $1 \
                 ORDER BY last_seen DESC, version DESC LIMIT {VERSIONS}) \
                 RETURNING octet_length(version) + {ROW_BYTES} AS bytes"
            );
            let gone = Bytes::find_by_statement(statement(conn, &sql, [group.into()])).all(conn).await?;
            bytes -= gone.iter().map(|gone| gone.bytes).sum::<i64>();
        }
        Ok(bytes)
    }

    /// Adds clients as long as there is `room`; gives how many are new.
    async fn put_clients(&self, conn: &impl ConnectionTrait, group: i64, room: i64) -> Result<i64, DbErr> {
        let mut new = 0;
        for client in &self.clients {
            if new >= room {
                break;
            }
            let sql =
                "INSERT INTO error_group_clients (group_id, client) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            let put = conn.execute_raw(statement(conn, sql, [group.into(), (*client).into()])).await?;
            new += i64::from(put.rows_affected() > 0);
        }
        Ok(new)
    }
}

//! Queries on groups of errors: exceptions that are the same fault, of one commit. What hangs on a group belongs to `parts`.
//!
//! Whatever there is of them, they take few statements: everybody's writes wait for the commit.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::usage::{self, Beside};
use super::{Id, parts};
use crate::db::{bulk, json, statement};
use crate::telemetry::context::Context;
use crate::telemetry::errors::ErrorState;
use crate::telemetry::groups::{self, Fingerprint};
use crate::telemetry::signal::{Body, Signal};

/// Characters of a group's message, for people.
const MESSAGE: usize = 500;
/// Bytes that a group takes beside its texts.
const GROUP_BYTES: i64 = 200;

/// Exceptions of one commit, by fault.
pub struct Faults {
    at: i64,
    by_fingerprint: HashMap<Fingerprint, Fault>,
}

/// Exceptions that are the same.
pub struct Fault {
    app: String,
    r#type: String,
    message: String,
    culprit: String,
    /// How many.
    pub count: i64,
    /// How many of each version.
    pub versions: BTreeMap<String, i64>,
    /// Who had them.
    pub clients: HashSet<Uuid>,
}

/// A fault with its row.
pub struct Group {
    /// Its id.
    pub id: i64,
    /// Clients that are known of it.
    pub clients: i64,
    /// Whether the row is of this commit.
    pub new: bool,
    /// What was added.
    pub fault: Fault,
}

/// What a group is called by, of an exception.
pub fn message(body: &Body) -> String {
    body.value.chars().take(MESSAGE).collect()
}

#[derive(FromQueryResult)]
struct Found {
    id: i64,
    fingerprint: Uuid,
    clients: i64,
    /// Whether it has no message.
    silent: bool,
}

impl Faults {
    /// None yet, of a commit at a time.
    pub fn new(at: i64) -> Self {
        Self { at, by_fingerprint: HashMap::new() }
    }

    /// Counts one exception; gives its fingerprint.
    pub fn add(&mut self, context: &Context, signal: &Signal) -> Fingerprint {
        let app = &context.meta.app;
        let fingerprint = groups::fingerprint(app, &signal.body);
        let fault = self.by_fingerprint.entry(fingerprint).or_insert_with(|| Fault {
            app: app.clone(),
            r#type: signal.body.r#type.clone(),
            message: message(&signal.body),
            culprit: groups::culprit(&signal.body),
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
        if self.by_fingerprint.is_empty() {
            return Ok(HashMap::new());
        }
        let at = self.at;
        let (groups, mut grown) = self.rows(conn).await?;
        parts::put_hours(conn, &groups, at, &mut grown).await?;
        parts::put_versions(conn, &groups, at, &mut grown).await?;
        parts::put_clients(conn, &groups, &mut grown).await?;
        grown.put(conn).await?;
        Ok(groups.into_iter().map(|(fingerprint, group)| (fingerprint, group.id)).collect())
    }

    /// Adds to the rows that there are, which are open again if they were resolved, and makes the others.
    async fn rows(
        mut self,
        conn: &impl ConnectionTrait,
    ) -> Result<(HashMap<Fingerprint, Group>, Grown), DbErr> {
        let keys: Vec<Uuid> = self.by_fingerprint.keys().map(|key| Uuid::from_bytes(*key)).collect();
        let sql = format!(
            "SELECT id, fingerprint, clients, message = '' AS silent FROM error_groups WHERE fingerprint IN ({})",
            json::each_id("$1")
        );
        let known =
            Found::find_by_statement(statement(conn, &sql, [json::ids(&keys).into()])).all(conn).await?;
        let (mut groups, mut grown, mut counts) = (HashMap::new(), Grown::default(), Vec::new());
        for Found { id, fingerprint, clients, silent } in known {
            let fingerprint = fingerprint.into_bytes();
            let Some(fault) = self.by_fingerprint.remove(&fingerprint) else { continue };
            counts.push([id, fault.count]);
            if silent && !fault.message.is_empty() {
                // Whoever named it had it erased.
                let sql = "UPDATE error_groups SET message = $2 WHERE id = $1";
                conn.execute_raw(statement(conn, sql, [id.into(), fault.message.as_str().into()])).await?;
                grown.add(id, 0, fault.message.len() as i64);
            }
            groups.insert(fingerprint, Group { id, clients, new: false, fault });
        }
        if !counts.is_empty() {
            let sql = format!(
                "UPDATE error_groups SET last_seen = MAX(last_seen, $2), count = count + f.b, \
                 regressed = regressed OR state = $3, state_at = CASE WHEN state = $3 THEN $2 ELSE state_at END, \
                 state = CASE WHEN state = $3 THEN $4 ELSE state END FROM ({}) AS f WHERE error_groups.id = f.a",
                json::each_row("$1")
            );
            let (resolved, open) = (ErrorState::Resolved.number(), ErrorState::Open.number());
            let values = [json::rows(&counts).into(), self.at.into(), resolved.into(), open.into()];
            conn.execute_raw(statement(conn, &sql, values)).await?;
        }
        let mut rows: Vec<[Value; 9]> = Vec::new();
        let mut id = next_ids(conn, self.by_fingerprint.len()).await?;
        for (fingerprint, fault) in self.by_fingerprint {
            rows.push([
                id.into(),
                fingerprint.to_vec().into(),
                fault.app.as_str().into(),
                fault.r#type.as_str().into(),
                fault.message.as_str().into(),
                fault.culprit.as_str().into(),
                self.at.into(),
                self.at.into(),
                fault.count.into(),
            ]);
            grown.add(id, 0, fault.own_bytes());
            groups.insert(fingerprint, Group { id, clients: 0, new: true, fault });
            id += 1;
        }
        let into =
            "error_groups (id, fingerprint, app, type, message, culprit, first_seen, last_seen, count)";
        bulk::insert(conn, into, rows).await?;
        Ok((groups, grown))
    }
}

/// The first of so many ids that no group has had: signals keep the id of a group that is gone.
async fn next_ids(conn: &impl ConnectionTrait, many: usize) -> Result<i64, DbErr> {
    if many == 0 {
        return Ok(0);
    }
    let sql = "UPDATE error_group_ids SET last = last + $1 RETURNING last AS id";
    let row = Id::find_by_statement(statement(conn, sql, [(many as i64).into()])).one(conn).await?;
    let Id { id } = row.ok_or_else(|| DbErr::RecordNotFound("the last id of a group".to_owned()))?;
    Ok(id + 1 - many as i64)
}

impl Fault {
    fn own_bytes(&self) -> i64 {
        let texts = [&self.app, &self.r#type, &self.message, &self.culprit];
        texts.into_iter().map(|text| text.len() as i64).sum::<i64>() + GROUP_BYTES
    }
}

/// By how many clients and bytes groups have grown.
#[derive(Default)]
pub struct Grown(BTreeMap<i64, (i64, i64)>);

impl Grown {
    /// Adds to what a group has grown by.
    pub fn add(&mut self, group: i64, clients: i64, bytes: i64) {
        let (all_clients, all_bytes) = self.0.entry(group).or_default();
        *all_clients += clients;
        *all_bytes += bytes;
    }

    async fn put(self, conn: &impl ConnectionTrait) -> Result<(), DbErr> {
        let rows: Vec<[i64; 3]> =
            self.0.iter().map(|(group, (clients, bytes))| [*group, *clients, *bytes]).collect();
        let sql = format!(
            "UPDATE error_groups SET clients = clients + f.b, bytes = bytes + f.c FROM ({}) AS f WHERE error_groups.id = f.a",
            json::each_row("$1")
        );
        conn.execute_raw(statement(conn, &sql, [json::rows(&rows).into()])).await?;
        usage::change(conn, Beside::Groups, rows.iter().map(|[.., bytes]| bytes).sum()).await
    }
}

//! Queries on signals: what stores them is here.

pub mod kept;
pub mod old;

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::context::{Context, ContextHash};
use super::errors::ErrorState;
use super::groups::{self, Fingerprint};
use super::intake::BatchKey;
use super::signal::{Kind, Signal};
use crate::db::{bulk, statement};
use crate::timeline;

/// Bytes that a row takes beside its texts: ids, numbers, and its places in the indexes.
pub const ROW_BYTES: usize = 60;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;
/// Hours of a group's trend: a month.
const HOURS: i64 = 30 * 24;
/// Characters of a group's message, for people.
const GROUP_MESSAGE: usize = 500;

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

/// The greatest id of a signal, 0 without any.
pub async fn last_id(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let row = Id::find_by_statement(statement(conn, "SELECT COALESCE(MAX(id), 0) AS id FROM signals", []));
    Ok(row.one(conn).await?.map_or(0, |row| row.id))
}

#[derive(FromQueryResult)]
struct AccountRow {
    account_id: Uuid,
}

/// The account that was logged in during a session of the SDK.
pub async fn account_of(conn: &impl ConnectionTrait, session: &str) -> Result<Option<Uuid>, DbErr> {
    let sql = "SELECT account_id FROM signal_contexts WHERE session = $1 AND account_id IS NOT NULL LIMIT 1";
    let found = AccountRow::find_by_statement(statement(conn, sql, [session.into()])).one(conn).await?;
    Ok(found.map(|row| row.account_id))
}

#[derive(FromQueryResult)]
struct Key {
    key: Vec<u8>,
}

/// Notes batches as stored; gives those that were not before.
pub async fn claim(
    conn: &impl ConnectionTrait,
    keys: &[BatchKey],
    now: i64,
) -> Result<HashSet<BatchKey>, DbErr> {
    let mut fresh = HashSet::new();
    for chunk in bulk::chunks(keys.to_vec()) {
        let sql = format!(
            "INSERT INTO signal_batches (key, received_at) VALUES {} ON CONFLICT DO NOTHING RETURNING key",
            bulk::places(chunk.len(), 2)
        );
        let values = chunk.iter().flat_map(|key| [Value::from(key.to_vec()), Value::from(now)]);
        let rows = Key::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
        fresh.extend(rows.into_iter().filter_map(|row| BatchKey::try_from(row.key).ok()));
    }
    Ok(fresh)
}

/// Adds a context, or notes its use; gives its row.
pub async fn put_context(
    conn: &impl ConnectionTrait,
    hash: &ContextHash,
    context: &Context,
    now: i64,
) -> Result<i64, DbErr> {
    let sql = "INSERT INTO signal_contexts (hash, app, app_version, environment, installation_id, session, account_id, \
               user_key, user_name, os, os_version, browser, view, page, meta, last_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
               ON CONFLICT (hash) DO UPDATE SET last_at = excluded.last_at RETURNING id";
    let meta = &context.meta;
    let values: [Value; 16] = [
        hash.to_vec().into(),
        meta.app.as_str().into(),
        meta.app_version.as_str().into(),
        meta.environment.as_str().into(),
        context.installation.into(),
        meta.session.as_str().into(),
        context.account.into(),
        meta.user_id.as_str().into(),
        meta.user_name.as_str().into(),
        meta.os.as_str().into(),
        meta.os_version.as_str().into(),
        meta.browser.as_str().into(),
        meta.view.as_str().into(),
        meta.page.as_str().into(),
        meta.json.as_str().into(),
        now.into(),
    ];
    let row = Id::find_by_statement(statement(conn, sql, values)).one(conn).await?;
    row.map(|row| row.id).ok_or_else(|| DbErr::RecordNotFound("the context just put".to_owned()))
}

/// A row of `signals`.
pub struct NewSignal {
    day: i64,
    kind: Kind,
    bytes: i64,
    values: [Value; 10],
}

impl NewSignal {
    pub fn new(id: i64, context_id: i64, group_id: Option<i64>, signal: &Signal) -> Self {
        let body = serde_json::to_string(&signal.body).expect("a body of plain values is JSON");
        Self {
            day: timeline::ms(id).div_euclid(DAY_MS),
            kind: signal.kind,
            bytes: (body.len() + signal.message.len() + ROW_BYTES) as i64,
            values: [
                id.into(),
                signal.kind.number().into(),
                signal.level.number().into(),
                context_id.into(),
                signal.client_ms.into(),
                group_id.into(),
                signal.trace_id.clone().into(),
                signal.span_id.clone().into(),
                signal.message.as_str().into(),
                body.into(),
            ],
        }
    }
}

impl NewSignal {
    /// Bytes that the row takes.
    pub fn bytes(&self) -> u64 {
        self.bytes.unsigned_abs()
    }
}

/// Adds signals. They count for the day that their ids say, which is not today after the clock was set back.
pub async fn insert(conn: &impl ConnectionTrait, rows: Vec<NewSignal>) -> Result<(), DbErr> {
    let mut usage: BTreeMap<(i64, Kind), (i64, i64)> = BTreeMap::new();
    for row in &rows {
        let (signals, bytes) = usage.entry((row.day, row.kind)).or_default();
        *signals += 1;
        *bytes += row.bytes;
    }
    let into = "signals (id, kind, level, context_id, client_at, group_id, trace_id, span_id, message, body)";
    bulk::insert(conn, into, rows.into_iter().map(|row| row.values).collect()).await?;
    for ((day, kind), (signals, bytes)) in usage {
        let sql = "INSERT INTO signal_usage (day, kind, signals, bytes) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (day, kind) DO UPDATE SET signals = signals + excluded.signals, bytes = bytes + excluded.bytes";
        let values = [day.into(), kind.number().into(), signals.into(), bytes.into()];
        conn.execute_raw(statement(conn, sql, values)).await?;
    }
    Ok(())
}

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

impl Faults {
    /// Counts one exception; gives its fingerprint.
    pub fn add(&mut self, context: &Context, signal: &Signal, now: i64) -> Fingerprint {
        let app = &context.meta.app;
        let fingerprint = groups::fingerprint(app, &signal.body);
        let fault = self.by_fingerprint.entry(fingerprint).or_insert_with(|| Fault {
            app: app.clone(),
            r#type: signal.body.r#type.clone(),
            message: signal.body.value.chars().take(GROUP_MESSAGE).collect(),
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
}

/// Adds to the trend of a group, and forgets what is older than it shows.
async fn put_hour(conn: &impl ConnectionTrait, group: i64, at: i64, count: i64) -> Result<(), DbErr> {
    let hour = at.div_euclid(HOUR_MS);
    let sql = "INSERT INTO error_group_hours (group_id, hour, count) VALUES ($1, $2, $3) \
               ON CONFLICT (group_id, hour) DO UPDATE SET count = count + excluded.count";
    conn.execute_raw(statement(conn, sql, [group.into(), hour.into(), count.into()])).await?;
    let sql = "DELETE FROM error_group_hours WHERE group_id = $1 AND hour < $2";
    conn.execute_raw(statement(conn, sql, [group.into(), (hour - HOURS).into()])).await.map(drop)
}

/// Adds to the groups of errors; gives their rows. What was resolved is open again.
pub async fn put_faults(
    conn: &impl ConnectionTrait,
    faults: Faults,
) -> Result<HashMap<Fingerprint, i64>, DbErr> {
    let mut rows = HashMap::new();
    for (fingerprint, fault) in faults.by_fingerprint {
        let sql = "INSERT INTO error_groups (fingerprint, app, type, message, culprit, first_seen, last_seen, count) \
                   VALUES ($1, $2, $3, $4, $5, $6, $6, $7) ON CONFLICT (fingerprint) DO UPDATE SET \
                   last_seen = MAX(last_seen, excluded.last_seen), count = count + excluded.count, \
                   regressed = regressed OR state = $8, \
                   state_at = CASE WHEN state = $8 THEN excluded.last_seen ELSE state_at END, \
                   state = CASE WHEN state = $8 THEN $9 ELSE state END RETURNING id";
        let values: [Value; 9] = [
            fingerprint.to_vec().into(),
            fault.app.into(),
            fault.r#type.into(),
            fault.message.into(),
            fault.culprit.into(),
            fault.at.into(),
            fault.count.into(),
            ErrorState::Resolved.number().into(),
            ErrorState::Open.number().into(),
        ];
        let Some(Id { id }) = Id::find_by_statement(statement(conn, sql, values)).one(conn).await? else {
            continue;
        };
        put_hour(conn, id, fault.at, fault.count).await?;
        for (version, count) in fault.versions {
            let sql = "INSERT INTO error_group_versions (group_id, version, first_seen, last_seen, count) \
                       VALUES ($1, $2, $3, $3, $4) ON CONFLICT (group_id, version) DO UPDATE SET \
                       last_seen = excluded.last_seen, count = count + excluded.count";
            let values: [Value; 4] = [id.into(), version.into(), fault.at.into(), count.into()];
            conn.execute_raw(statement(conn, sql, values)).await?;
        }
        for client in fault.clients {
            let sql =
                "INSERT INTO error_group_clients (group_id, client) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            conn.execute_raw(statement(conn, sql, [id.into(), client.into()])).await?;
        }
        rows.insert(fingerprint, id);
    }
    Ok(rows)
}

//! Queries on what hangs on a group of errors: its trend, the versions and the clients affected. Each is bounded.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::Id;
use super::faults::{Group, Grown};
use crate::db::{bulk, json, statement};
use crate::telemetry::groups::Fingerprint;

/// Versions kept of a group, those seen last: two years of a release a week.
const VERSIONS: usize = 100;
/// Clients of a group that are told apart: as many as a server has. Its count ends there.
const CLIENTS: i64 = 10_000;
/// Bytes that a client takes, and a version beside its text.
pub const ROW_BYTES: i64 = 60;
/// Bytes that an hour of a group's trend takes.
const HOUR_BYTES: i64 = 20;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;
/// Hours of a group's trend: a month.
const HOURS: i64 = 30 * 24;

type Groups = HashMap<Fingerprint, Group>;

/// Adds to the trends, and forgets what is older than they show.
pub async fn put_hours(
    conn: &impl ConnectionTrait,
    groups: &Groups,
    at: i64,
    grown: &mut Grown,
) -> Result<(), DbErr> {
    let hour = at.div_euclid(HOUR_MS);
    let rows: Vec<[i64; 2]> = groups.values().map(|group| [group.id, group.fault.count]).collect();
    let sql = format!(
        "UPDATE error_group_hours SET count = count + f.b FROM ({}) AS f \
         WHERE error_group_hours.group_id = f.a AND error_group_hours.hour = $2 RETURNING group_id AS id",
        json::each_row("$1")
    );
    let values = [json::rows(&rows).into(), hour.into()];
    let had = Id::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    let had: HashSet<i64> = had.into_iter().map(|row| row.id).collect();
    let new: Vec<[i64; 2]> = rows.into_iter().filter(|[id, _]| !had.contains(id)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let values = new.iter().map(|[id, count]| -> [Value; 3] { [(*id).into(), hour.into(), (*count).into()] });
    bulk::insert(conn, "error_group_hours (group_id, hour, count)", values.collect()).await?;
    let ids: Vec<i64> = new.iter().map(|[id, _]| *id).collect();
    let sql = format!(
        "DELETE FROM error_group_hours WHERE group_id IN ({}) AND hour < $2 RETURNING group_id AS id",
        json::each_number("$1")
    );
    let values = [json::numbers(&ids).into(), (hour - HOURS).into()];
    let gone = Id::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
    ids.into_iter().for_each(|id| grown.add(id, 0, HOUR_BYTES));
    gone.into_iter().for_each(|row| grown.add(row.id, 0, -HOUR_BYTES));
    Ok(())
}

#[derive(FromQueryResult)]
struct Version {
    group_id: i64,
    version: String,
    count: i64,
}

#[derive(FromQueryResult)]
struct Gone {
    id: i64,
    bytes: i64,
}

/// Adds to the versions; the oldest go when there are too many.
pub async fn put_versions(
    conn: &impl ConnectionTrait,
    groups: &Groups,
    at: i64,
    grown: &mut Grown,
) -> Result<(), DbErr> {
    let added: HashMap<(i64, &str), i64> = groups
        .values()
        .flat_map(|group| group.fault.versions.iter().map(|(version, n)| ((group.id, version.as_str()), *n)))
        .collect();
    let rows: Vec<_> = added.iter().map(|((group, version), count)| (*group, *version, *count)).collect();
    // A group may have more than it keeps: those are counted below, and nobody else's are read.
    let mut full: HashSet<i64> = HashSet::new();
    for chunk in bulk::chunks(rows) {
        let sql = format!(
            "INSERT INTO error_group_versions (group_id, version, first_seen, last_seen, count) VALUES {} \
             ON CONFLICT (group_id, version) DO UPDATE SET last_seen = excluded.last_seen, \
             count = error_group_versions.count + excluded.count RETURNING group_id, version, count",
            bulk::places(chunk.len(), 5)
        );
        let values = chunk.into_iter().flat_map(|(group, version, count)| -> [Value; 5] {
            [group.into(), version.into(), at.into(), at.into(), count.into()]
        });
        let put = Version::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
        for Version { group_id, version, count } in put {
            // What was there before had a count of its own.
            if added.get(&(group_id, version.as_str())) == Some(&count) {
                grown.add(group_id, 0, version.len() as i64 + ROW_BYTES);
                full.insert(group_id);
            }
        }
    }
    for group in groups.values().filter(|group| group.new && group.fault.versions.len() <= VERSIONS) {
        full.remove(&group.id);
    }
    if full.is_empty() {
        return Ok(());
    }
    let full: Vec<i64> = full.into_iter().collect();
    let sql = format!(
        "DELETE FROM error_group_versions WHERE (group_id, version) IN (SELECT group_id, version FROM \
         (SELECT group_id, version, ROW_NUMBER() OVER (PARTITION BY group_id ORDER BY last_seen DESC, version DESC) AS place \
         FROM error_group_versions WHERE group_id IN ({})) WHERE place > {VERSIONS}) \
         RETURNING group_id AS id, octet_length(version) + {ROW_BYTES} AS bytes",
        json::each_number("$1")
    );
    let gone =
        Gone::find_by_statement(statement(conn, &sql, [json::numbers(&full).into()])).all(conn).await?;
    gone.into_iter().for_each(|gone| grown.add(gone.id, 0, -gone.bytes));
    Ok(())
}

#[derive(FromQueryResult)]
struct Client {
    client: Uuid,
}

/// Adds clients as long as a group has room for them.
pub async fn put_clients(
    conn: &impl ConnectionTrait,
    groups: &Groups,
    grown: &mut Grown,
) -> Result<(), DbErr> {
    let mut rows: Vec<(i64, Uuid)> = Vec::new();
    for group in groups.values() {
        let (clients, room) = (&group.fault.clients, CLIENTS - group.clients);
        if (clients.len() as i64) <= room {
            rows.extend(clients.iter().map(|client| (group.id, *client)));
        } else if room > 0 {
            // The last places are for whoever has none yet.
            let sql = format!(
                "SELECT client FROM error_group_clients WHERE group_id = $1 AND client IN ({})",
                json::each_id("$2")
            );
            let ids: Vec<Uuid> = clients.iter().copied().collect();
            let values = [group.id.into(), json::ids(&ids).into()];
            let had = Client::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
            let had: HashSet<Uuid> = had.into_iter().map(|row| row.client).collect();
            let new = ids.into_iter().filter(|client| !had.contains(client));
            rows.extend(new.take(usize::try_from(room).unwrap_or(0)).map(|client| (group.id, client)));
        }
    }
    for chunk in bulk::chunks(rows) {
        let sql = format!(
            "INSERT INTO error_group_clients (group_id, client) VALUES {} ON CONFLICT DO NOTHING RETURNING group_id AS id",
            bulk::places(chunk.len(), 2)
        );
        let values =
            chunk.into_iter().flat_map(|(group, client)| -> [Value; 2] { [group.into(), client.into()] });
        let put = Id::find_by_statement(statement(conn, &sql, values)).all(conn).await?;
        put.into_iter().for_each(|row| grown.add(row.id, 1, ROW_BYTES));
    }
    Ok(())
}

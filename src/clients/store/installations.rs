//! Writing down who was seen, and letting go of who was silent the longest.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::super::sighting::{Pending, SeenVersion};
use super::{list_of, places};
use crate::db::statement;

/// Versions kept of one installation: some years of monthly updates.
const VERSIONS_KEPT: i64 = 50;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// Notes sightings: at most a few hundred, for everybody's writes wait behind it.
pub async fn note(conn: &impl ConnectionTrait, seen: &[(Uuid, Pending)]) -> Result<(), DbErr> {
    upsert(conn, seen).await?;
    let versions: Vec<(Uuid, &str, &SeenVersion)> =
        seen.iter().flat_map(|(id, p)| p.versions.iter().map(|v| (*id, p.app.as_str(), v))).collect();
    if !versions.is_empty() {
        note_versions(conn, &versions).await?;
    }
    note_days(conn, seen).await
}

async fn upsert(conn: &impl ConnectionTrait, seen: &[(Uuid, Pending)]) -> Result<(), DbErr> {
    let values = seen.iter().flat_map(|(id, p)| {
        let (version, key) = p
            .versions
            .last()
            .map_or((String::new(), String::new()), |v| (v.text.clone(), v.order.key.clone()));
        [
            Value::from(*id),
            p.app.clone().into(),
            p.key.clone().into(),
            p.identified.as_str().into(),
            p.user.as_ref().and_then(|u| u.id).into(),
            p.user.as_ref().map_or(String::new(), |u| u.name.clone()).into(),
            version.into(),
            key.into(),
            p.os.clone().into(),
            p.os_version.clone().into(),
            p.hostname.clone().into(),
            p.locale.clone().into(),
            p.address.clone().into(),
            p.first_ms.into(),
            p.last_ms.into(),
            i64::try_from(p.signals).unwrap_or(i64::MAX).into(),
            i64::try_from(p.errors).unwrap_or(i64::MAX).into(),
            p.last_error.as_ref().map_or(String::new(), |(text, _)| text.clone()).into(),
            p.last_error.as_ref().map(|(_, at)| *at).into(),
        ]
    });
    let known = |column: &str| {
        format!(
            "{column} = CASE WHEN excluded.{column} = '' THEN installation.{column} ELSE excluded.{column} END"
        )
    };
    let kept = ["app_version", "version_key", "os", "os_version", "hostname", "locale", "address"]
        .map(known)
        .join(", ");
    // Who is logged in counts more than who is claimed.
    let sql = format!(
        "INSERT INTO installation (id, app, key, identified, user_id, user_name, app_version, version_key, os, \
         os_version, hostname, locale, address, first_seen_at, last_seen_at, signals, errors, last_error, \
         last_error_at) VALUES {} \
         ON CONFLICT (id) DO UPDATE SET user_name = CASE WHEN excluded.user_id IS NOT NULL \
         OR (installation.user_id IS NULL AND excluded.user_name <> '') THEN excluded.user_name \
         ELSE installation.user_name END, user_id = COALESCE(excluded.user_id, installation.user_id), {kept}, \
         first_seen_at = MIN(installation.first_seen_at, excluded.first_seen_at), \
         last_seen_at = MAX(installation.last_seen_at, excluded.last_seen_at), \
         signals = installation.signals + excluded.signals, errors = installation.errors + excluded.errors, \
         last_error = CASE WHEN excluded.last_error_at IS NULL THEN installation.last_error ELSE excluded.last_error END, \
         last_error_at = COALESCE(excluded.last_error_at, installation.last_error_at)",
        places(seen.len(), 19)
    );
    conn.execute_raw(statement(conn, &sql, values)).await.map(drop)
}

async fn note_versions(
    conn: &impl ConnectionTrait,
    seen: &[(Uuid, &str, &SeenVersion)],
) -> Result<(), DbErr> {
    let values = seen.iter().flat_map(|(id, _, v)| {
        [Value::from(*id), v.text.clone().into(), v.first_ms.into(), v.last_ms.into()]
    });
    let sql = format!(
        "INSERT INTO installation_version (installation_id, version, first_seen_at, last_seen_at) VALUES {} \
         ON CONFLICT (installation_id, version) DO UPDATE SET \
         first_seen_at = MIN(installation_version.first_seen_at, excluded.first_seen_at), \
         last_seen_at = MAX(installation_version.last_seen_at, excluded.last_seen_at)",
        places(seen.len(), 4)
    );
    conn.execute_raw(statement(conn, &sql, values)).await?;
    let sql = format!(
        "DELETE FROM installation_version WHERE (installation_id, version) IN (SELECT installation_id, version FROM \
         (SELECT installation_id, version, ROW_NUMBER() OVER (PARTITION BY installation_id ORDER BY last_seen_at DESC) \
         AS place FROM installation_version WHERE installation_id IN ({})) AS ranked WHERE place > {VERSIONS_KEPT})",
        list_of(1, seen.len())
    );
    conn.execute_raw(statement(conn, &sql, seen.iter().map(|(id, _, _)| Value::from(*id)))).await?;
    let values = seen.iter().flat_map(|(_, app, v)| {
        [
            Value::from(*app),
            v.text.clone().into(),
            v.order.key.clone().into(),
            i64::from(v.order.prerelease).into(),
            v.first_ms.into(),
            v.last_ms.into(),
        ]
    });
    let sql = format!(
        "INSERT INTO app_version (app, version, version_key, prerelease, first_seen_at, last_seen_at) VALUES {} \
         ON CONFLICT (app, version) DO UPDATE SET version_key = excluded.version_key, \
         prerelease = excluded.prerelease, last_seen_at = MAX(app_version.last_seen_at, excluded.last_seen_at)",
        places(seen.len(), 6)
    );
    conn.execute_raw(statement(conn, &sql, values)).await.map(drop)
}

async fn note_days(conn: &impl ConnectionTrait, seen: &[(Uuid, Pending)]) -> Result<(), DbErr> {
    let mut days: BTreeMap<i64, Vec<Uuid>> = BTreeMap::new();
    for (id, p) in seen {
        days.entry(p.last_ms.div_euclid(DAY_MS)).or_default().push(*id);
    }
    for (day, ids) in days {
        active(conn, &ids, day).await?;
    }
    Ok(())
}

/// The last version of a day is that of the day.
async fn active(conn: &impl ConnectionTrait, ids: &[Uuid], day: i64) -> Result<(), DbErr> {
    let sql = format!(
        "INSERT INTO installation_day (day, installation_id, app, version) \
         SELECT $1, id, app, app_version FROM installation WHERE id IN ({}) \
         ON CONFLICT (day, installation_id) DO UPDATE SET version = excluded.version",
        list_of(2, ids.len())
    );
    let values = std::iter::once(Value::from(day)).chain(ids.iter().map(|id| Value::from(*id)));
    conn.execute_raw(statement(conn, &sql, values)).await.map(drop)
}

/// Notes that these, which are connected, are still there.
pub async fn still_there(conn: &impl ConnectionTrait, ids: &[Uuid], now_ms: i64) -> Result<(), DbErr> {
    let values = std::iter::once(Value::from(now_ms)).chain(ids.iter().map(|id| Value::from(*id)));
    let sql = format!(
        "UPDATE installation SET last_seen_at = MAX(last_seen_at, $1) WHERE id IN ({})",
        list_of(2, ids.len())
    );
    conn.execute_raw(statement(conn, &sql, values)).await?;
    active(conn, ids, now_ms.div_euclid(DAY_MS)).await
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

/// How many installations are kept.
pub async fn count(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let found = Count::find_by_statement(statement(conn, "SELECT COUNT(*) AS count FROM installation", []));
    Ok(found.one(conn).await?.map_or(0, |row| row.count))
}

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

/// Those that were silent the longest.
pub async fn most_silent(conn: &impl ConnectionTrait, limit: i64) -> Result<Vec<Uuid>, DbErr> {
    let sql = "SELECT id FROM installation ORDER BY last_seen_at, id LIMIT $1";
    let rows = Id::find_by_statement(statement(conn, sql, [limit.into()])).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Removes installations, with all that hangs on them but their events and diagnostics, of which there may be many.
pub async fn remove(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Result<u64, DbErr> {
    let values = || ids.iter().map(|id| Value::from(*id));
    let places = list_of(1, ids.len());
    for table in ["installation_version", "installation_day", "installation_settings"] {
        let sql = format!("DELETE FROM {table} WHERE installation_id IN ({places})");
        conn.execute_raw(statement(conn, &sql, values())).await?;
    }
    let sql = format!("DELETE FROM installation WHERE id IN ({places})");
    Ok(conn.execute_raw(statement(conn, &sql, values())).await?.rows_affected())
}

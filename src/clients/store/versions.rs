//! Versions of one installation, and how many installations had which version on a day.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use super::installations::DAY_MS;
use super::list::LATEST_SEEN_DAYS;
use crate::db::{Needle, statement};

/// Versions known of all applications together: a program that makes its version up must not fill the database.
const VERSIONS_KEPT: u64 = 10_000;

/// A version that an installation has had.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Had {
    pub version: String,
    pub first_seen_at: i64,
    pub last_seen_at: i64,
}

/// Versions of an installation, the newest first.
pub async fn of(conn: &impl ConnectionTrait, installation: Uuid) -> Result<Vec<Had>, DbErr> {
    let sql = "SELECT version, first_seen_at, last_seen_at FROM installation_version WHERE installation_id = $1 \
        ORDER BY first_seen_at DESC, version DESC";
    Had::find_by_statement(statement(conn, sql, [installation.into()])).all(conn).await
}

/// Installations of one version on one day.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Active {
    pub day: i64,
    pub app: String,
    pub version: String,
    pub prerelease: i64,
    /// Whether it is the latest version of its application now.
    pub latest: i64,
    pub installations: i64,
}

/// Active installations from one day to another, both included; of one application, whatever the case, or of all.
pub async fn active(
    conn: &impl ConnectionTrait,
    app: Option<&str>,
    days: (i64, i64),
    now_ms: i64,
) -> Result<Vec<Active>, DbErr> {
    // Days up to the last one that was counted stand in `version_day`, and what is left of them elsewhere is being
    // removed.
    let app = app.map(Needle::whole);
    let of_app = app.as_ref().map_or_else(|| "$3 IS NULL".to_owned(), |app| app.found_in("d.app", "$3"));
    let sql = format!(
        "SELECT d.day, d.app, d.version, COALESCE(v.version_key, '') AS version_key, \
        COALESCE(v.prerelease, 0) AS prerelease, COALESCE(v.version_key = (SELECT MAX(l.version_key) FROM app_version l \
        WHERE l.app = d.app AND l.prerelease = 0 AND l.last_seen_at >= $4), 0) AS latest, d.installations FROM \
        (SELECT day, app, version, installations FROM version_day WHERE day BETWEEN $1 AND $2 UNION ALL \
        SELECT day, app, version, COUNT(*) AS installations FROM installation_day WHERE day BETWEEN $1 AND $2 \
        AND day > COALESCE((SELECT MAX(day) FROM version_day), -1) GROUP BY day, app, version) d \
        LEFT JOIN app_version v ON v.app = d.app AND v.version = d.version \
        WHERE {of_app} ORDER BY d.app, version_key DESC, d.version, d.day"
    );
    let seen = now_ms - LATEST_SEEN_DAYS * DAY_MS;
    let app = app.map(|app| app.value());
    let values = [days.0.into(), days.1.into(), app.into(), seen.into()];
    Active::find_by_statement(statement(conn, &sql, values)).all(conn).await
}

#[derive(FromQueryResult)]
struct Day {
    day: i64,
}

/// The first day before `today` that is not counted yet.
pub async fn uncounted(conn: &impl ConnectionTrait, today: i64) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT day FROM installation_day WHERE day < $1 \
        AND day > COALESCE((SELECT MAX(day) FROM version_day), -1) ORDER BY day LIMIT 1";
    Ok(Day::find_by_statement(statement(conn, sql, [today.into()])).one(conn).await?.map(|row| row.day))
}

/// Counts a day that is over.
pub async fn count_day(conn: &impl ConnectionTrait, day: i64) -> Result<(), DbErr> {
    let sql = "INSERT INTO version_day (day, app, version, installations) \
        SELECT day, app, version, COUNT(*) FROM installation_day WHERE day = $1 GROUP BY day, app, version \
        ON CONFLICT (day, app, version) DO NOTHING";
    conn.execute_raw(statement(conn, sql, [day.into()])).await.map(drop)
}

/// Removes some of what was counted; true when nothing is left of it.
pub async fn sweep_counted(conn: &impl ConnectionTrait, limit: u64) -> Result<bool, DbErr> {
    let sql = format!(
        "DELETE FROM installation_day WHERE (day, installation_id) IN (SELECT day, installation_id FROM \
         installation_day WHERE day <= COALESCE((SELECT MAX(day) FROM version_day), -1) LIMIT {limit})"
    );
    Ok(conn.execute_raw(statement(conn, &sql, [])).await?.rows_affected() < limit)
}

/// Removes some of the counts of days before `day`, and versions that nobody has had since; true when nothing is left.
pub async fn forget_before(conn: &impl ConnectionTrait, day: i64, limit: u64) -> Result<bool, DbErr> {
    let counts = format!(
        "DELETE FROM version_day WHERE (day, app, version) IN (SELECT day, app, version FROM version_day \
         WHERE day < $1 LIMIT {limit})"
    );
    let versions = format!(
        "DELETE FROM app_version WHERE (app, version) IN (SELECT app, version FROM app_version \
         WHERE last_seen_at < $1 OR last_seen_at < (SELECT last_seen_at FROM app_version ORDER BY last_seen_at DESC \
         LIMIT 1 OFFSET {VERSIONS_KEPT}) LIMIT {limit})"
    );
    let a = conn.execute_raw(statement(conn, &counts, [day.into()])).await?.rows_affected();
    let b = conn.execute_raw(statement(conn, &versions, [(day * DAY_MS).into()])).await?.rows_affected();
    Ok(a < limit && b < limit)
}

//! Settings of installations, and reports that they are asked for.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::super::orders::{ActiveSettings, LogLevel};
use super::list_of;
use crate::db::statement;

#[derive(FromQueryResult)]
struct SettingsRow {
    installation_id: Uuid,
    log_level: Option<String>,
    sampling: Option<f64>,
    set_by: String,
    set_at: i64,
    until: i64,
}

/// All that is set.
pub async fn settings(conn: &impl ConnectionTrait) -> Result<Vec<(Uuid, ActiveSettings)>, DbErr> {
    let sql = "SELECT installation_id, log_level, sampling, set_by, set_at, until FROM installation_settings";
    let rows = SettingsRow::find_by_statement(statement(conn, sql, [])).all(conn).await?;
    let read = |row: SettingsRow| {
        let SettingsRow { installation_id, log_level, sampling, set_by, set_at, until } = row;
        (installation_id, ActiveSettings::stored(log_level.as_deref(), sampling, until, set_by, set_at))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Sets or replaces.
pub async fn set(conn: &impl ConnectionTrait, installation: Uuid, s: &ActiveSettings) -> Result<(), DbErr> {
    let sql = "INSERT INTO installation_settings (installation_id, log_level, sampling, set_by, set_at, until) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (installation_id) DO UPDATE SET log_level = excluded.log_level, \
        sampling = excluded.sampling, set_by = excluded.set_by, set_at = excluded.set_at, until = excluded.until";
    let values: [Value; 6] = [
        installation.into(),
        s.log_level.map(LogLevel::as_str).into(),
        s.sampling.into(),
        s.set_by.clone().into(),
        s.set_at.ms().into(),
        s.until.ms().into(),
    ];
    conn.execute_raw(statement(conn, sql, values)).await.map(drop)
}

/// Ends settings; gives how many there were.
pub async fn unset(conn: &impl ConnectionTrait, installations: &[Uuid]) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM installation_settings WHERE installation_id IN ({})",
        list_of(1, installations.len())
    );
    let values = installations.iter().map(|id| Value::from(*id));
    Ok(conn.execute_raw(statement(conn, &sql, values)).await?.rows_affected())
}

/// Ends settings if they are over by `now_ms`.
pub async fn unset_before(
    conn: &impl ConnectionTrait,
    installation: Uuid,
    now_ms: i64,
) -> Result<bool, DbErr> {
    let sql = "DELETE FROM installation_settings WHERE installation_id = $1 AND until <= $2";
    let ended = conn.execute_raw(statement(conn, sql, [installation.into(), now_ms.into()])).await?;
    Ok(ended.rows_affected() > 0)
}

#[derive(FromQueryResult)]
struct Request {
    installation_id: Uuid,
    id: Uuid,
}

/// Reports that are asked for and have not come: installation and id, the oldest first.
pub async fn requests(conn: &impl ConnectionTrait) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    let sql = "SELECT installation_id, id FROM diagnostic WHERE received_at IS NULL ORDER BY id";
    let rows = Request::find_by_statement(statement(conn, sql, [])).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.installation_id, row.id)).collect())
}

/// Those of one installation.
pub async fn requests_of(conn: &impl ConnectionTrait, installation: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let sql = "SELECT installation_id, id FROM diagnostic WHERE installation_id = $1 AND received_at IS NULL ORDER BY id";
    let rows = Request::find_by_statement(statement(conn, sql, [installation.into()])).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

//! How many bytes there are, so that nobody counts: of signals by day and kind, of contexts, and of groups of errors.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::db::statement;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What stands beside the signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    Contexts,
    Groups,
}

impl Beside {
    fn name(self) -> &'static str {
        match self {
            Self::Contexts => "contexts",
            Self::Groups => "groups",
        }
    }
}

/// A change of what signals take.
#[derive(Debug, Default)]
pub struct Change(BTreeMap<(i64, i64), (i64, i64)>);

impl Change {
    /// Notes one signal of a kind (its number). It counts for the day that its id says, which is not today after the clock
    /// was set back.
    pub fn note(&mut self, received_ms: i64, kind: i64, bytes: i64) {
        let (signals, sum) = self.0.entry((received_ms.div_euclid(DAY_MS), kind)).or_default();
        *signals += 1;
        *sum += bytes;
    }

    /// Adds what was noted.
    pub async fn add(self, conn: &impl ConnectionTrait) -> Result<(), DbErr> {
        for ((day, kind), (signals, bytes)) in self.0 {
            let sql = "INSERT INTO signal_usage (day, kind, signals, bytes) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (day, kind) DO UPDATE SET signals = signals + excluded.signals, bytes = bytes + excluded.bytes";
            let values = [day.into(), kind.into(), signals.into(), bytes.into()];
            conn.execute_raw(statement(conn, sql, values)).await?;
        }
        Ok(())
    }

    /// Takes off what was noted.
    pub async fn take_off(self, conn: &impl ConnectionTrait) -> Result<(), DbErr> {
        for ((day, kind), (signals, bytes)) in self.0 {
            let sql = "UPDATE signal_usage SET signals = signals - $3, bytes = bytes - $4 WHERE day = $1 AND kind = $2";
            let values = [day.into(), kind.into(), signals.into(), bytes.into()];
            conn.execute_raw(statement(conn, sql, values)).await?;
            let sql = "DELETE FROM signal_usage WHERE day = $1 AND kind = $2 AND signals <= 0";
            conn.execute_raw(statement(conn, sql, [day.into(), kind.into()])).await?;
        }
        Ok(())
    }
}

/// Adds to what stands beside the signals; takes off when it is negative.
pub async fn change(conn: &impl ConnectionTrait, of: Beside, bytes: i64) -> Result<(), DbErr> {
    if bytes == 0 {
        return Ok(());
    }
    let sql = "UPDATE telemetry_usage SET bytes = bytes + $2 WHERE what = $1";
    conn.execute_raw(statement(conn, sql, [of.name().into(), bytes.into()])).await.map(drop)
}

#[derive(FromQueryResult)]
struct Bytes {
    bytes: i64,
}

async fn sum(conn: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let row = Bytes::find_by_statement(statement(conn, sql, [])).one(conn).await?;
    Ok(row.map_or(0, |row| row.bytes))
}

/// Bytes of all signals, with what stands beside them.
pub async fn size(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let signals = sum(conn, "SELECT COALESCE(SUM(bytes), 0) AS bytes FROM signal_usage").await?;
    let beside = sum(conn, "SELECT COALESCE(SUM(bytes), 0) AS bytes FROM telemetry_usage").await?;
    Ok(signals + beside)
}

/// Bytes of groups of errors.
pub async fn of_groups(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    sum(conn, "SELECT bytes FROM telemetry_usage WHERE what = 'groups'").await
}

#[derive(FromQueryResult)]
struct Day {
    day: Option<i64>,
}

/// The first day, since 1970, that has a signal of a kind (its number).
pub async fn first_day(conn: &impl ConnectionTrait, kind: i64) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT MIN(day) AS day FROM signal_usage WHERE kind = $1 AND signals > 0";
    let row = Day::find_by_statement(statement(conn, sql, [kind.into()])).one(conn).await?;
    Ok(row.and_then(|row| row.day))
}

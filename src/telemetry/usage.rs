//! How much is stored, beside how much may be.

use sea_orm::DbErr;

use super::signal::Kind;
use super::store::usage;
use super::{Inner, Telemetry};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What signals of one kind take.
#[derive(Clone, Copy, Debug)]
pub struct KindUsage {
    /// Which kind.
    pub kind: Kind,
    /// Days that they are kept.
    pub days: u64,
    /// Age of the oldest, in whole days.
    pub oldest_days: u64,
}

/// What telemetry takes.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Bytes of all signals, with what stands beside them.
    pub bytes: u64,
    /// The most of those.
    pub max_bytes: u64,
    /// Each kind.
    pub kinds: Vec<KindUsage>,
    /// Bytes of source maps.
    pub map_bytes: u64,
    /// Application keys.
    pub keys: u64,
}

impl Telemetry {
    /// What is stored now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn usage(&self) -> Result<Usage, DbErr> {
        let Inner { db, clock, keep, maps, keys, .. } = &*self.inner;
        let (conn, today) = (db.read(), clock.now_ms().div_euclid(DAY_MS));
        let mut kinds = Vec::new();
        for kind in Kind::ALL {
            let oldest = usage::first_day(conn, kind.number()).await?;
            kinds.push(KindUsage {
                kind,
                days: (keep.days_ms(kind) / DAY_MS).unsigned_abs(),
                oldest_days: oldest.map_or(0, |day| (today - day).max(0).unsigned_abs()),
            });
        }
        Ok(Usage {
            bytes: usage::size(conn).await?.max(0).unsigned_abs(),
            max_bytes: keep.max_bytes.unsigned_abs(),
            kinds,
            map_bytes: maps.bytes().await?,
            keys: keys.all().len() as u64,
        })
    }
}

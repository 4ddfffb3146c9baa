//! How much of everybody's agenda one account may fill.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::error::AgendaError;
use super::model::Event;
use super::{occurrences, store};
use crate::auth::Role;
use crate::db::Tx;

/// Events that one account, unless it is an admin's, owns and others see: five such accounts fill no window of the
/// others.
pub const MAX_SHARED: u64 = 1_000;
/// Events that were over so long ago do not count: a window that shows them shows nothing of today, and nobody need
/// tidy up what is past.
const PAST: TimeDelta = TimeDelta::days(400);

/// What one account still may share, within one write job.
pub struct Allowance {
    since: DateTime<Utc>,
    /// `None`: without bound.
    left: Option<u64>,
}

impl Allowance {
    /// What `owner` may still share when somebody of this role writes.
    pub async fn of(tx: &Tx, owner: Uuid, writer: Role, now: DateTime<Utc>) -> Result<Self, AgendaError> {
        let since = now - PAST;
        let left = match writer {
            Role::Admin => None,
            _ => {
                let shared = store::shared(tx.conn(), owner, since, MAX_SHARED).await?;
                Some(MAX_SHARED.saturating_sub(shared))
            }
        };
        Ok(Self { since, left })
    }

    /// Takes a place for what `before` becomes, if it needs one that it has not; false when there is none.
    pub fn take(&mut self, before: Option<&Event>, after: &Event) -> bool {
        if !needs_place(before, after, self.since) {
            return true;
        }
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

fn needs_place(before: Option<&Event>, after: &Event, since: DateTime<Utc>) -> bool {
    let counts =
        |event: &Event| event.is_shared() && occurrences::span(&event.plan).1.is_none_or(|end| end >= since);
    counts(after) && !before.is_some_and(counts)
}

/// Refuses what would be one shared event too many of its owner. Comes before it is written.
pub async fn check(
    tx: &Tx,
    writer: Role,
    now: DateTime<Utc>,
    before: Option<&Event>,
    after: &Event,
) -> Result<(), AgendaError> {
    // Most changes need no count.
    if !needs_place(before, after, now - PAST) {
        return Ok(());
    }
    let mut allowance = Allowance::of(tx, after.owner_id, writer, now).await?;
    if allowance.take(before, after) { Ok(()) } else { Err(AgendaError::SharedFull) }
}

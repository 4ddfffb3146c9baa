//! What people make of many errors at once, and who is told of it.

use poem_openapi::Object;
use poem_openapi::types::Example;
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use super::state::ErrorState;
use super::store;
use crate::clock::Clock;
use crate::db::Db;
use crate::realtime::{Hub, Publication};

/// What administrators are told of: errors that somebody resolved, ignored or opened again.
pub const CHANNEL: &str = "monitor:errors";

/// Sets states, and tells of it. Clones share everything.
#[derive(Clone)]
pub struct States {
    db: Db,
    clock: Clock,
    hub: Hub,
}

impl States {
    /// Writes to `db`, and publishes on `hub`.
    pub fn new(db: Db, clock: Clock, hub: Hub) -> Self {
        Self { db, clock, hub }
    }

    /// Sets the state of errors; gives those that there are.
    ///
    /// # Errors
    /// When the database fails: then nothing is changed.
    pub async fn set(&self, ids: Vec<Uuid>, state: ErrorState, by: &str) -> Result<Vec<Uuid>, DbErr> {
        let (hub, now, by) = (self.hub.clone(), self.clock.now_ms(), by.to_owned());
        let job = self.db.write(move |tx| {
            Box::pin(async move {
                let mut known = Vec::new();
                for id in ids {
                    if store::set_state(tx.conn(), id, state, now).await? {
                        known.push(id);
                    }
                }
                let told = json!({"ids": known, "state": state.as_str(), "by": by});
                if !known.is_empty() {
                    tx.after_commit(move || hub.publish(CHANNEL, Publication::transient(&told)));
                }
                Ok(known)
            })
        });
        job.await
    }
}

/// What changes of several errors
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ErrorsChange {
    /// Ids of the errors
    #[oai(validator(min_items = 1, max_items = 100))]
    pub ids: Vec<Uuid>,
    /// What people make of them
    pub state: ErrorState,
}

impl Example for ErrorsChange {
    fn example() -> Self {
        Self {
            ids: vec![Uuid::from_u128(0x6f1d_2c3b_4a59_4877_8695_a4b3_c2d1_e0ff)],
            state: ErrorState::Resolved,
        }
    }
}

/// The errors that were changed
#[derive(Debug, Object)]
#[oai(example)]
pub struct ErrorsChanged {
    /// Ids of those that there are
    pub ids: Vec<Uuid>,
}

impl Example for ErrorsChanged {
    fn example() -> Self {
        Self { ids: ErrorsChange::example().ids }
    }
}

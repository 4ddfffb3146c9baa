//! What the server tells one account: the channel `user:<id>` and the short stream behind it.
//!
//! Every client of the account is subscribed to it by the server. Slices call [`Inbox::push`] inside their write
//! job, so that a change and the news of it are committed together: a client that was away recovers the news by
//! offset. What the news says belongs to the slice that tells it.

mod rt;
mod store;

use std::sync::Arc;

use sea_orm::DbErr;
use serde::Serialize;
use serde_json::value::to_raw_value;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::realtime::{Hub, Publication};

/// Publications kept for each account: a few days of a busy calendar. Older ones make a recovery fail, and the
/// client reads the state anew.
pub const KEPT: i64 = 200;

/// The channel of an account.
pub fn channel(user: Uuid) -> String {
    format!("user:{user}")
}

/// Tells accounts things. Clones share everything.
#[derive(Clone, Debug)]
pub struct Inbox {
    db: Db,
    hub: Hub,
    clock: Clock,
}

impl Inbox {
    /// An inbox over these.
    pub fn new(db: Db, hub: Hub, clock: Clock) -> Self {
        Self { db, hub, clock }
    }

    /// Tells each of `users` the same: stored with the rest of `tx`, published once that is durable.
    /// Accounts that are disabled or unknown are passed over.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Panics
    /// When `data` cannot be JSON, such as a map with keys that are not strings.
    pub async fn push(&self, tx: &Tx, users: &[Uuid], data: &impl Serialize) -> Result<(), DbErr> {
        let json = to_raw_value(data).expect("payloads are plain structs");
        let stored = store::append(tx.conn(), users, json.get(), self.clock.now_ms()).await?;
        let (hub, data) = (self.hub.clone(), Arc::<serde_json::value::RawValue>::from(json));
        tx.after_commit(move || {
            for (user, offset) in stored {
                hub.publish(&channel(user), Publication { offset, data: data.clone(), info: None });
            }
        });
        Ok(())
    }
}

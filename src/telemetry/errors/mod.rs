//! Errors of client applications: exceptions that are the same fault, with versions and clients affected.
//!
//! Owns reading, and what people make of them: open, resolved, ignored. Groups are made where signals are stored; which
//! exceptions belong together stands in `groups`.

mod api;
mod change;
mod seen;
mod state;
mod store;

use sea_orm::DbErr;

pub use api::{ErrorsApi, Tag};
pub use change::{CHANNEL, States};
pub use state::ErrorState;
pub use store::GroupRow;

use crate::db::Db;

/// The groups that were seen last.
///
/// # Errors
/// When the database fails.
pub async fn latest(db: &Db, limit: i64) -> Result<Vec<GroupRow>, DbErr> {
    store::list(db.read(), &store::Wanted::default(), store::Order::LastSeen, None, limit).await
}

//! Removing installations with all that is known of them, in steps that keep no other write waiting.

use sea_orm::DbErr;
use uuid::Uuid;

use super::fleet::Fleet;
use super::store::installations;

impl Fleet {
    /// Removes a few installations; gives how many there were.
    pub(super) async fn remove(&self, ids: Vec<Uuid>) -> Result<u64, DbErr> {
        let fleet = self.clone();
        let removed = self.inner.db.write(move |tx| {
            Box::pin(async move {
                let removed = installations::remove(tx.conn(), &ids).await?;
                tx.after_commit(move || fleet.forget_sessions(&ids));
                Ok(removed)
            })
        });
        removed.await
    }
}

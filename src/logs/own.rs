//! Lines of the server that name one account: for its owner, and to erase them.

use sea_orm::DbErr;
use uuid::Uuid;

use super::Logs;
use super::line::LogLine;
use super::store::{self, Of};

/// Lines erased in one write job: some milliseconds.
const STEP: u64 = 1_000;

impl Logs {
    /// How many lines name an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept_of(&self, account: Uuid) -> Result<Of, DbErr> {
        store::sum(self.db.read(), account).await
    }

    /// Lines that name an account, the oldest first, from the one after the id `after`; with the id to go on after, if there
    /// is more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_account(
        &self,
        account: Uuid,
        after: i64,
        limit: u64,
    ) -> Result<(Vec<LogLine>, Option<i64>), DbErr> {
        let rows = store::of(self.db.read(), account, after, limit).await?;
        let next = rows.last().filter(|_| rows.len() as u64 == limit).map(store::ServerRow::id);
        Ok((rows.iter().map(store::ServerRow::line).collect(), next))
    }

    /// Erases the lines that name an account, in small steps; gives how many there were.
    ///
    /// # Errors
    /// When the database fails: a part may be erased already.
    pub async fn erase(&self, account: Uuid) -> Result<u64, DbErr> {
        let mut erased = 0;
        loop {
            let step = self
                .db
                .write(move |tx| Box::pin(async move { store::delete_of(tx.conn(), account, STEP).await }));
            let gone = step.await?;
            self.ring.shrunk(gone);
            erased += gone.lines.unsigned_abs();
            if gone.lines.unsigned_abs() < STEP {
                return Ok(erased);
            }
        }
    }
}

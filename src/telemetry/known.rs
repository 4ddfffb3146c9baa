//! Contexts whose row is known, so that it need not be looked up for every batch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::context::ContextHash;
use crate::db::Tx;

/// Contexts remembered, some 4 MB: the sessions and pages of the last minutes.
const CONTEXTS: usize = 50_000;
/// After how long a context's last use is written again, in milliseconds. Retention keeps contexts that were used within
/// a day.
const AGE_MS: i64 = 3_600_000;

/// Rows, and when their use was last written. Clones share them.
#[derive(Clone, Default)]
pub struct KnownContexts(Arc<Mutex<Rows>>);

/// Rows with the time of their last write.
pub type Rows = HashMap<ContextHash, (i64, i64)>;

impl KnownContexts {
    /// The row, unless its use is to be written again.
    pub fn row(&self, hash: &ContextHash, now: i64) -> Option<i64> {
        let known = self.0.lock().expect("no panic while held").get(hash).copied();
        known.filter(|(_, at)| now - at < AGE_MS).map(|(id, _)| id)
    }

    /// Remembers rows that are committed.
    pub fn learn(&self, rows: Rows) {
        let mut known = self.0.lock().expect("no panic while held");
        if known.len() + rows.len() > CONTEXTS {
            known.clear();
        }
        known.extend(rows);
    }

    /// Forgets all, for a job that deletes some: neither a later job of its commit nor one after it may take them for known.
    pub fn forget(&self, tx: &Tx) {
        let clear = |known: &Self| known.0.lock().expect("no panic while held").clear();
        clear(self);
        let known = self.clone();
        // Again, as an earlier job of the commit may remember one that is deleted here.
        tx.after_commit(move || clear(&known));
    }
}

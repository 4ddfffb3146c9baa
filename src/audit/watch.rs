//! From a request that asked for an administrator to its row, also when nobody waits for the answer.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Action, Audit, Mark, Outcome};
use crate::auth::Identity;

/// Watches one request that may change something.
///
/// A caller who leaves ends the work on the request, yet not the write that it may have begun: dropped before
/// [`Watch::answered`], this writes the row as well.
#[derive(Debug)]
pub struct Watch {
    audit: Audit,
    mark: Mark,
    who: Arc<Identity>,
    /// Id of the operation, and the parameters of its path.
    operation: (String, Map<String, Value>),
    address: String,
    request_id: String,
    answered: bool,
}

impl Watch {
    /// Begins to watch a request of `who`.
    pub fn new(
        audit: &Audit,
        who: &Arc<Identity>,
        operation: (String, Map<String, Value>),
        address: String,
        request_id: String,
    ) -> Self {
        let mark = Mark::default();
        Self { audit: audit.clone(), mark, who: who.clone(), operation, address, request_id, answered: false }
    }

    /// The mark, to put on the request.
    pub fn mark(&self) -> Mark {
        self.mark.clone()
    }

    /// Writes the row of a request that is about to be answered, if it asked for an administrator.
    pub async fn answered(mut self, status: u16) {
        self.answered = true;
        if let Some(action) = self.action(Outcome::of_status(status), Some(status)) {
            self.audit.record(action).await;
        }
    }

    fn action(&self, outcome: Outcome, status: Option<u16>) -> Option<Action> {
        let marked = self.mark.read();
        if !marked.admitted? && !self.audit.may_try(self.who.user_id) {
            return None;
        }
        let (action, mut target) = self.operation.clone();
        target.extend(marked.about);
        Some(Action {
            user_id: self.who.user_id,
            username: self.who.username.clone(),
            action,
            target,
            outcome,
            status,
            address: self.address.clone(),
            request_id: self.request_id.clone(),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        if let Some(action) = self.action(Outcome::Failed, None) {
            let audit = self.audit.clone();
            self.audit.inner.tasks.spawn(async move { audit.record(action).await });
        }
    }
}

//! Which account a session of the SDK belongs to, so that it can be told to end.
//!
//! A page goes on sending with its application key when the account that was logged in there is disabled. The answer
//! to such a session asks the SDK to begin another one, which is nobody's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use sea_orm::DbErr;
use uuid::Uuid;

use super::intake::Stored;
use super::store;
use crate::db::Db;

/// Sessions remembered, some 5 MB. One that is forgotten is looked up again.
const REMEMBERED: usize = 50_000;

/// Sessions and their accounts; `None` for those without. Clones share everything.
#[derive(Clone)]
pub struct Sessions {
    db: Db,
    accounts: Arc<Mutex<HashMap<String, Option<Uuid>>>>,
}

impl Sessions {
    pub fn new(db: Db) -> Self {
        Self { db, accounts: Arc::default() }
    }

    /// The account that was logged in during a session.
    pub async fn account(&self, session: &str) -> Result<Option<Uuid>, DbErr> {
        if session.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.accounts.lock().expect("no panic while held").get(session) {
            return Ok(*known);
        }
        let account = store::contexts::account_of(self.db.read(), session).await?;
        match account {
            Some(_) => self.remember(session, account),
            // What was learnt meanwhile is newer.
            None => self.forget_first(|accounts| {
                accounts.entry(session.to_owned()).or_insert(None);
            }),
        }
        Ok(account)
    }

    /// Learns from what was stored.
    pub fn learn(&self, stored: &[Stored]) {
        let mut last = None;
        for signal in stored {
            let context = &signal.context;
            // Signals of one batch share a context.
            if last.is_some_and(|last| Arc::ptr_eq(last, context)) {
                continue;
            }
            last = Some(context);
            if let Some(account) = context.account
                && !context.meta.session.is_empty()
            {
                self.remember(&context.meta.session, Some(account));
            }
        }
    }

    fn remember(&self, session: &str, account: Option<Uuid>) {
        self.forget_first(|accounts| {
            accounts.insert(session.to_owned(), account);
        });
    }

    /// Changes what is remembered, after making room.
    fn forget_first(&self, change: impl FnOnce(&mut HashMap<String, Option<Uuid>>)) {
        let mut accounts = self.accounts.lock().expect("no panic while held");
        if accounts.len() >= REMEMBERED {
            accounts.clear();
        }
        change(&mut accounts);
    }
}

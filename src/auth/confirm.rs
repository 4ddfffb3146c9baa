//! Which sessions have shown their password a moment ago: that counts for a while, and no longer than the password does.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::service::Auth;
use super::{AuthError, Identity};
use crate::config::Secret;

/// How long a password counts: some changes one after the other, and not a screen left alone.
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// Sessions, and until when theirs counts. As many as there are sessions of admins at most.
#[derive(Debug, Default)]
pub struct Confirmed {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    until: HashMap<Uuid, DateTime<Utc>>,
    /// How often a password was changed: who looked at one before that may have seen the former.
    changes: u64,
}

impl Confirmed {
    /// What [`Confirmed::confirm`] takes, from before the look at the password.
    fn changes(&self) -> u64 {
        self.known.lock().expect("no panic while held").changes
    }

    /// The password of this session was right; false when something changed meanwhile, and it must be shown again.
    fn confirm(&self, session: Uuid, changes: u64, now: DateTime<Utc>) -> bool {
        let mut known = self.known.lock().expect("no panic while held");
        known.until.retain(|_, until| *until > now);
        let same = known.changes == changes;
        if same {
            known.until.insert(session, now + LASTS);
        }
        same
    }

    /// A password was changed: what this session has shown is the former one. All others of the account have ended.
    pub fn changed(&self, session: Option<Uuid>) {
        let mut known = self.known.lock().expect("no panic while held");
        known.changes += 1;
        session.map(|session| known.until.remove(&session));
    }
}

impl Auth {
    /// Takes the caller's own password once more, within the limits of logging in. Gives until when that counts for their
    /// `session`.
    ///
    /// # Errors
    /// [`AuthError::WrongPassword`], [`AuthError::Limited`], [`AuthError::Busy`].
    pub async fn confirm(
        &self,
        who: &Identity,
        session: Uuid,
        password: Secret,
        address: IpAddr,
    ) -> Result<DateTime<Utc>, AuthError> {
        let changes = self.inner.confirmed.changes();
        match self.check(&who.username, password, address).await {
            Ok((user, _)) if user == who.user_id => {}
            Ok(_) | Err(AuthError::InvalidCredentials) => return Err(AuthError::WrongPassword),
            Err(other) => return Err(other),
        }
        if !self.inner.confirmed.confirm(session, changes, self.inner.clock.now()) {
            return Err(AuthError::Busy);
        }
        self.confirmed(session).ok_or(AuthError::Busy)
    }

    /// Until when what this session has shown counts, if it does.
    pub fn confirmed(&self, session: Uuid) -> Option<DateTime<Utc>> {
        let known = self.inner.confirmed.known.lock().expect("no panic while held");
        known.until.get(&session).copied().filter(|until| *until > self.inner.clock.now())
    }
}

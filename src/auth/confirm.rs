//! Which sessions have shown their password a moment ago.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::clock::Clock;

/// How long a password counts: some changes one after the other, and not a screen left alone.
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// Sessions, and until when theirs counts. As many as there are sessions of admins at most.
#[derive(Debug)]
pub struct Confirmed {
    clock: Clock,
    until: Mutex<HashMap<Uuid, DateTime<Utc>>>,
}

impl Confirmed {
    pub fn new(clock: Clock) -> Self {
        Self { clock, until: Mutex::default() }
    }

    /// The password of this session was right. Gives until when that counts.
    pub fn confirm(&self, session: Uuid) -> DateTime<Utc> {
        let now = self.clock.now();
        let mut known = self.until.lock().expect("no panic while held");
        known.retain(|_, until| *until > now);
        known.insert(session, now + LASTS);
        now + LASTS
    }

    /// Until when this session may change something, if it may.
    pub fn until(&self, session: Uuid) -> Option<DateTime<Utc>> {
        let known = self.until.lock().expect("no panic while held");
        known.get(&session).copied().filter(|until| *until > self.clock.now())
    }
}

//! What an operation leaves on its request when it asks for an administrator.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};
use uuid::Uuid;

/// Shared by a request and by whoever answers for it.
#[derive(Clone, Debug, Default)]
pub struct Mark(Arc<Mutex<Marked>>);

/// What a request asked for.
#[derive(Clone, Debug, Default)]
pub struct Marked {
    /// Whether it needed an administrator's right, and whether its sender had it.
    pub admitted: Option<bool>,
    /// What it was about, beyond what its path says.
    pub about: Map<String, Value>,
}

impl Mark {
    /// The request asks for an administrator's right.
    pub fn asks(&self, admitted: bool) {
        self.0.lock().expect("no panic while held").admitted = Some(admitted);
    }

    /// The request made or met something that its path does not name.
    pub fn about(&self, name: &str, id: Uuid) {
        self.0.lock().expect("no panic while held").about.insert(name.to_owned(), id.to_string().into());
    }

    /// The request changed things that its path does not name.
    pub fn about_all(&self, name: &str, ids: &[Uuid]) {
        let ids: Value = ids.iter().map(Uuid::to_string).collect();
        self.0.lock().expect("no panic while held").about.insert(name.to_owned(), ids);
    }

    /// What was left.
    pub(super) fn read(&self) -> Marked {
        self.0.lock().expect("no panic while held").clone()
    }
}

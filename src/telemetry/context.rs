//! Who and where a batch comes from, as it is stored: the meta, beside what the server itself knows.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::payload::Meta;
use crate::auth::Identity;

/// One row of `signal_contexts`, before it has an id.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// What the sender says.
    pub meta: Meta,
    /// The installation behind it, if the meta tells one from another.
    pub installation: Option<Uuid>,
    /// The account that was logged in.
    pub account: Option<Uuid>,
}

/// What identifies the same context again.
pub type ContextHash = [u8; 32];

impl Context {
    /// The context of a batch.
    pub fn new(meta: Meta, who: Option<&Identity>) -> Self {
        let account = who.map(|who| who.user_id);
        Self { installation: installation(&meta, account), meta, account }
    }

    /// Same meta, application and account: same hash.
    pub fn hash(&self) -> ContextHash {
        let mut hasher = Sha256::new();
        // The application may come from the key instead of the meta.
        for part in [self.meta.app.as_bytes(), self.meta.json.as_bytes()] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.update(self.account.unwrap_or_default());
        hasher.finalize().into()
    }

    /// Who counts as one client: the installation, else the session, else everybody without either.
    pub fn client(&self) -> Uuid {
        self.installation.unwrap_or_else(|| id_of(["session", &self.meta.app, &self.meta.session]))
    }
}

/// The installation that a meta tells of: by its own id, else by user and browser, else by session.
fn installation(meta: &Meta, account: Option<Uuid>) -> Option<Uuid> {
    let user = account.map_or_else(|| meta.user_id.clone(), |id| id.to_string());
    let key = if !meta.installation.is_empty() {
        meta.installation.clone()
    } else if !user.is_empty() {
        let on = if meta.browser.is_empty() { &meta.os } else { &meta.browser };
        format!("user:{user}/{on}")
    } else if !meta.session.is_empty() {
        format!("session:{}", meta.session)
    } else {
        return None;
    };
    Some(id_of(["installation", &meta.app, &key]))
}

fn id_of(parts: [&str; 3]) -> Uuid {
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

//! Who and where a batch comes from, as it is stored: the meta, beside what the server itself knows.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::payload::Meta;
use super::signal::{Kind, Signal};
use crate::auth::Identity;
use crate::clients::{FleetUser, Identified, Known, Sighting, installation_id};

/// One row of `signal_contexts`, before it has an id.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// What the sender says.
    pub meta: Meta,
    /// The installation behind it, if the meta tells one from another.
    pub installation: Option<Uuid>,
    /// What the installation is told by.
    pub key: Option<(String, Identified)>,
    /// The account that was logged in.
    pub account: Option<Uuid>,
}

/// What identifies the same context again.
pub type ContextHash = [u8; 32];

impl Context {
    /// The context of a batch.
    pub fn new(meta: Meta, who: Option<&Identity>) -> Self {
        let account = who.map(|who| who.user_id);
        let known = Known {
            installation: &meta.installation,
            account,
            claimed: &meta.user_id,
            session: &meta.session,
            system: if meta.browser.is_empty() { &meta.os } else { &meta.browser },
        };
        let key = known.key();
        let installation = key.as_ref().map(|(key, _)| installation_id(&meta.app, key));
        Self { installation, key, meta, account }
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

    /// Who counts as one client: the installation, or all of an application's that cannot be told apart.
    pub fn client(&self) -> Uuid {
        self.installation.unwrap_or_else(|| installation_id(&self.meta.app, ""))
    }
}

impl Context {
    /// The installation as it was seen with these signals; `None` when there is none.
    pub fn sighting(
        &self,
        who: Option<&Identity>,
        address: Option<IpAddr>,
        signals: &[Signal],
    ) -> Option<Sighting> {
        let (key, identified) = self.key.clone()?;
        let meta = &self.meta;
        let errors: Vec<&Signal> = signals.iter().filter(|signal| signal.kind == Kind::Exception).collect();
        let claimed = [&meta.user_name, &meta.user_id].into_iter().find(|name| !name.is_empty());
        let user = match who {
            Some(who) => Some(FleetUser { id: Some(who.user_id), name: who.username.clone() }),
            None => claimed.map(|name| FleetUser { id: None, name: name.clone() }),
        };
        Some(Sighting {
            app: meta.app.clone(),
            key,
            identified,
            user,
            app_version: meta.app_version.clone(),
            os: meta.os.clone(),
            os_version: meta.os_version.clone(),
            hostname: meta.hostname.clone(),
            locale: meta.locale.clone(),
            address,
            signals: u32::try_from(signals.len()).unwrap_or(u32::MAX),
            errors: u32::try_from(errors.len()).unwrap_or(u32::MAX),
            last_error: errors.last().map(|error| error.message.clone()),
        })
    }
}

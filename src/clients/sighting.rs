//! What identifies an installation, and what is known of those that were seen since the last flush.

use std::collections::HashMap;
use std::net::IpAddr;

use poem_openapi::Enum;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::version::Version;

/// Longest text kept of what an application says about itself, in characters.
const TEXT: usize = 128;
/// Versions remembered of one installation between two flushes: an update takes longer than that.
const VERSIONS: usize = 4;

/// How an installation is told from others
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Identified {
    /// By the id that the application keeps
    Installation,
    /// By user and system: two machines of a user with the same system are one
    User,
    /// By a session of the application, which ends
    Session,
}

impl Identified {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::User => "user",
            Self::Session => "session",
        }
    }

    /// What [`Identified::as_str`] made.
    pub fn stored(text: &str) -> Self {
        match text {
            "user" => Self::User,
            "session" => Self::Session,
            _ => Self::Installation,
        }
    }
}

/// The id of an installation: the same for the same application and key, always and everywhere.
pub fn installation_id(app: &str, key: &str) -> Uuid {
    let digest = Sha256::digest(format!("installation\0{app}\0{key}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::new_v8(bytes)
}

/// What a key can be made of; empty texts are what is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The id that the application keeps.
    pub installation: &'a str,
    /// The account that is logged in.
    pub account: Option<Uuid>,
    /// The user as claimed by an application where nobody is logged in.
    pub claimed: &'a str,
    /// The session as claimed by the application.
    pub session: &'a str,
    /// Browser or operating system.
    pub system: &'a str,
}

impl Known<'_> {
    /// The key for [`installation_id`], and what it is made of. `None` when nothing tells this one from others.
    pub fn key(&self) -> Option<(String, Identified)> {
        let account = self.account.map(|id| id.to_string());
        let user = account.as_deref().unwrap_or(self.claimed);
        if !self.installation.is_empty() {
            let given = clip(self.installation);
            // Nobody gets at another's row by an id that looks like one of the forms below.
            let taken = ["user:", "session:", "installation:"].iter().any(|form| given.starts_with(form));
            let key = if taken { format!("installation:{given}") } else { given };
            Some((key, Identified::Installation))
        } else if !user.is_empty() {
            Some((format!("user:{}/{}", clip(user), clip(self.system)), Identified::User))
        } else if !self.session.is_empty() {
            Some((format!("session:{}", clip(self.session)), Identified::Session))
        } else {
            None
        }
    }
}

/// The user of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetUser {
    /// The account, when it is logged in; `None` for what an application claims.
    pub id: Option<Uuid>,
    /// Login name, or the name claimed.
    pub name: String,
}

/// One look at an installation. Empty texts are what is not known now; what was known stays.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Application.
    pub app: String,
    /// From [`Known::key`].
    pub key: String,
    /// From [`Known::key`].
    pub identified: Identified,
    /// Who uses it.
    pub user: Option<FleetUser>,
    /// Version of the application.
    pub app_version: String,
    /// Operating system.
    pub os: String,
    /// Version of the operating system.
    pub os_version: String,
    /// Name of the machine.
    pub hostname: String,
    /// Language and region.
    pub locale: String,
    /// Where it was seen from.
    pub address: Option<IpAddr>,
    /// New signals of it.
    pub signals: u32,
    /// Those of them that are errors.
    pub errors: u32,
    /// What the newest of those says.
    pub last_error: Option<String>,
}

/// A version and when it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenVersion {
    pub text: String,
    pub order: Version,
    pub first_ms: i64,
    pub last_ms: i64,
}

/// What came together of one installation since the last flush.
#[derive(Clone, Debug)]
pub struct Pending {
    pub app: String,
    pub key: String,
    pub identified: Identified,
    pub user: Option<FleetUser>,
    pub os: String,
    pub os_version: String,
    pub hostname: String,
    pub locale: String,
    pub address: String,
    pub first_ms: i64,
    pub last_ms: i64,
    pub signals: u64,
    pub errors: u64,
    /// The newest error, and when it came.
    pub last_error: Option<(String, i64)>,
    /// In the order in which they were seen.
    pub versions: Vec<SeenVersion>,
}

impl Pending {
    fn of(s: Sighting, now_ms: i64) -> Self {
        let version = clip(&s.app_version);
        let seen = |text: String| SeenVersion {
            order: Version::parse(&text),
            text,
            first_ms: now_ms,
            last_ms: now_ms,
        };
        Self {
            app: clip(&s.app),
            key: s.key,
            identified: s.identified,
            user: s.user.map(|u| FleetUser { name: clip(&u.name), ..u }),
            os: clip(&s.os),
            os_version: clip(&s.os_version),
            hostname: clip(&s.hostname),
            locale: clip(&s.locale),
            address: s.address.map_or_else(String::new, |a| a.to_string()),
            first_ms: now_ms,
            last_ms: now_ms,
            signals: s.signals.into(),
            errors: s.errors.into(),
            last_error: s.last_error.map(|text| (clip(&text), now_ms)),
            versions: if version.is_empty() { Vec::new() } else { vec![seen(version)] },
        }
    }

    /// Adds what was seen after this.
    fn add(&mut self, later: Self) {
        let replace = |known: &mut String, new: String| {
            if !new.is_empty() {
                *known = new;
            }
        };
        replace(&mut self.os, later.os);
        replace(&mut self.os_version, later.os_version);
        replace(&mut self.hostname, later.hostname);
        replace(&mut self.locale, later.locale);
        replace(&mut self.address, later.address);
        // What is claimed does not replace who is logged in.
        if later.user.as_ref().is_some_and(|u| u.id.is_some())
            || self.user.as_ref().is_none_or(|u| u.id.is_none())
        {
            self.user = later.user.or(self.user.take());
        }
        self.first_ms = self.first_ms.min(later.first_ms);
        self.last_ms = self.last_ms.max(later.last_ms);
        self.signals += later.signals;
        self.errors += later.errors;
        self.last_error = later.last_error.or(self.last_error.take());
        for version in later.versions {
            let known = self.versions.iter().position(|v| v.text == version.text);
            let first_ms = known.map_or(version.first_ms, |at| self.versions.remove(at).first_ms);
            self.versions.push(SeenVersion { first_ms, ..version });
        }
        if self.versions.len() > VERSIONS {
            self.versions.remove(0);
        }
    }
}

/// Installations seen since the last flush, by id.
#[derive(Debug, Default)]
pub struct Waiting(HashMap<Uuid, Pending>);

impl Waiting {
    /// Adds one; false when there is no place for another.
    pub fn add(&mut self, sighting: Sighting, now_ms: i64, most: usize) -> bool {
        let id = installation_id(&clip(&sighting.app), &sighting.key);
        let new = Pending::of(sighting, now_ms);
        if let Some(known) = self.0.get_mut(&id) {
            known.add(new);
        } else if self.0.len() < most {
            self.0.insert(id, new);
        } else {
            return false;
        }
        true
    }

    /// Puts back what could not be stored, behind what was seen since.
    pub fn put_back(&mut self, earlier: Vec<(Uuid, Pending)>) {
        for (id, mut pending) in earlier {
            if let Some(later) = self.0.remove(&id) {
                pending.add(later);
            }
            self.0.insert(id, pending);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes all of them.
    pub fn take(&mut self) -> Vec<(Uuid, Pending)> {
        std::mem::take(&mut self.0).into_iter().collect()
    }
}

/// The first characters, without control characters.
pub fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_made_of_application_and_key() {
        let id = installation_id("desk", "i-1");
        assert_eq!(id, installation_id("desk", "i-1"));
        assert_eq!(id.get_version_num(), 8);
        assert_ne!(id, installation_id("desk", "i-2"));
        assert_ne!(installation_id("a", "b\0c"), installation_id("a\0b", "cc"));
    }

    #[test]
    fn the_best_that_is_known_makes_the_key() {
        let account = Some(Uuid::nil());
        let all = Known { installation: "i-1", account, claimed: "joe", session: "s", system: "Linux" };
        let key = |known: Known<'_>| known.key().map(|(key, _)| key);
        assert_eq!(key(all).unwrap(), "i-1");
        assert_eq!(key(Known { installation: "", ..all }).unwrap(), format!("user:{}/Linux", Uuid::nil()));
        assert_eq!(key(Known { installation: "", account: None, ..all }).unwrap(), "user:joe/Linux");
        assert_eq!(key(Known { session: "s", ..Known::default() }).unwrap(), "session:s");
        assert_eq!(key(Known { system: "Linux", ..Known::default() }), None);
    }

    #[test]
    fn a_given_id_is_never_taken_for_another_form() {
        let given = format!("user:{}/Linux", Uuid::nil());
        let known = Known { installation: &given, ..Known::default() };
        assert_eq!(known.key().unwrap().0, format!("installation:{given}"));
    }
}

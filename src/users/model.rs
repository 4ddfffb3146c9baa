//! Names of accounts, and what everybody may know about one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::auth::Role;

/// Fewest characters of a user name.
const USERNAME_MIN: usize = 3;
/// Most characters of a user name: fits a mention and a column.
const USERNAME_MAX: usize = 32;
/// Most characters of a display name.
const NAME_MAX: usize = 64;

/// The name that an account logs in with and is mentioned by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Accepts 3 to 32 ASCII letters, digits, `.`, `_` and `-`: no two names then look the same.
    ///
    /// # Errors
    /// What the name must be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let fits = (USERNAME_MIN..=USERNAME_MAX).contains(&text.len());
        let clean = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if fits && clean {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 3 to 32 of the letters a-z and A-Z, digits, `.`, `_` and `-`")
        }
    }

    /// The name as written by its owner.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that must be unique.
    pub fn key(&self) -> String {
        key(&self.0)
    }
}

/// The form of a user name by which it is found: without case.
pub fn key(username: &str) -> String {
    username.to_ascii_lowercase()
}

/// The name that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Accepts 1 to 64 characters without control characters; spaces around are dropped.
    ///
    /// # Errors
    /// What the name must be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let fits = (1..=NAME_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 64 characters on one line")
        }
    }

    /// The name of an account that has given none.
    pub fn of(username: &Username) -> Self {
        Self(username.0.clone())
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An account as the whole server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub id: Uuid,
    /// Login name.
    pub username: String,
    /// Name as shown to people.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether it is shut out.
    pub disabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names() {
        for good in ["ann", "Ann.B_c-9", "a".repeat(32).as_str()] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "an", " ann", "ann ", "a b c", "änn", "ann\n", "<b>", "a'--", "a".repeat(33).as_str()]
        {
            assert!(Username::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Username::parse("Ann").unwrap().key(), "ann");
    }

    #[test]
    fn display_names() {
        assert_eq!(DisplayName::parse("  Änn O'Neil <3 ").unwrap().as_str(), "Änn O'Neil <3");
        for bad in ["", "   ", "a\nb", "a\u{0}b", "x".repeat(65).as_str()] {
            assert!(DisplayName::parse(bad).is_err(), "{bad:?}");
        }
    }
}

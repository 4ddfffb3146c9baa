//! What people made of an error.

use poem_openapi::Enum;

/// What people made of an error
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum ErrorState {
    /// To be looked at
    Open,
    /// Mended; seen again, it is open again
    Resolved,
    /// Of no interest, and stays so when it is seen again
    Ignored,
}

impl ErrorState {
    /// The state's number in the database.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The state with this number; open for any other.
    pub fn of_number(number: i64) -> Self {
        [Self::Resolved, Self::Ignored].into_iter().find(|s| s.number() == number).unwrap_or(Self::Open)
    }

    /// The name, as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }
}

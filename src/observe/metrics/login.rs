//! Logins.

use metrics::{Unit, counter, describe_counter};

const LOGINS: &str = "workspace_logins_total";
const FAILURES: &str = "workspace_login_failures_total";

/// Why a login was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFailure {
    /// No such account, or the wrong password.
    Credentials,
    /// The account is disabled.
    Disabled,
    /// Too many failures for this account.
    AccountLimit,
    /// Too many failures from this address.
    AddressLimit,
    /// Too many logins at once on this server.
    Busy,
}

impl LoginFailure {
    const ALL: [Self; 5] =
        [Self::Credentials, Self::Disabled, Self::AccountLimit, Self::AddressLimit, Self::Busy];

    /// The reason as a label, and in the log.
    pub fn label(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Disabled => "disabled",
            Self::AccountLimit => "account_limit",
            Self::AddressLimit => "address_limit",
            Self::Busy => "busy",
        }
    }
}

pub(super) fn describe() {
    describe_counter!(LOGINS, Unit::Count, "Successful logins.");
    describe_counter!(FAILURES, Unit::Count, "Refused logins, by reason.");
    // A rate over a series that appears with its first event misses that event.
    counter!(LOGINS).increment(0);
    for reason in LoginFailure::ALL {
        counter!(FAILURES, "reason" => reason.label()).increment(0);
    }
}

/// Somebody logged in.
pub fn login_succeeded() {
    counter!(LOGINS).increment(1);
}

/// A login was refused.
pub fn login_failed(reason: LoginFailure) {
    counter!(FAILURES, "reason" => reason.label()).increment(1);
}

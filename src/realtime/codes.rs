//! Error and disconnect codes of the protocol; clients decide by them whether to try again.

use crate::observe::Cause;

/// Why a command failed. The connection stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// Number of the protocol, or 4000 and up for our own.
    pub code: u32,
    /// Words of the protocol.
    pub message: &'static str,
    /// Whether the same command may work later.
    pub temporary: bool,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// Close code of the WebSocket: 3500 to 3999 and 4500 to 4999 mean "do not come back".
    pub code: u16,
    /// Close reason.
    pub reason: &'static str,
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal, $temporary:literal;)*) => {
        impl Error {
            $($(#[$doc])* pub const $name: Self = Self { code: $code, message: $message, temporary: $temporary };)*
            /// Every error.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

errors! {
    /// A fault of the server.
    INTERNAL = 100, "internal server error", true;
    /// No such channel.
    UNKNOWN_CHANNEL = 102, "unknown channel", false;
    /// Not allowed.
    PERMISSION_DENIED = 103, "permission denied", false;
    /// No such rpc method.
    METHOD_NOT_FOUND = 104, "method not found", false;
    /// Subscribed before.
    ALREADY_SUBSCRIBED = 105, "already subscribed", false;
    /// Too many channels, or a value too large.
    LIMIT_EXCEEDED = 106, "limit exceeded", false;
    /// The command cannot be understood.
    BAD_REQUEST = 107, "bad request", false;
    /// Not offered in this channel.
    NOT_AVAILABLE = 108, "not available", false;
    /// The token expired: get a new one.
    TOKEN_EXPIRED = 109, "token expired", false;
    /// Too fast.
    TOO_MANY_REQUESTS = 111, "too many requests", true;
    /// The position is not in the stream.
    UNRECOVERABLE_POSITION = 112, "unrecoverable position", false;
    /// The password is asked for again: `console.confirm`.
    CONFIRMATION_REQUIRED = 4001, "confirmation required", false;
    /// The password is not that of the account.
    WRONG_PASSWORD = 4002, "wrong password", false;
    /// What was sent is good and cannot be stored now: the same may come again, a second later.
    UNAVAILABLE = 4003, "unavailable", true;
}

impl Error {
    /// [`Error::INTERNAL`]; logs `cause`, sends nothing of it.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let of = Cause::current();
        let client = of.as_ref().and_then(Cause::client);
        let who = of.as_ref().map_or_else(|| "A realtime command".to_owned(), Cause::to_string);
        tracing::error!(error = %cause, client.id = client, "{who} failed inside the server: {cause}");
        Self::INTERNAL
    }
}

macro_rules! disconnects {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal;)*) => {
        impl Disconnect {
            $($(#[$doc])* pub const $name: Self = Self { code: $code, reason: $reason };)*
            /// Every disconnect.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

disconnects! {
    /// The server stops.
    SHUTDOWN = 3001, "shutdown";
    /// The token expired and was not refreshed.
    EXPIRED = 3005, "connection expired";
    /// The client does not read what it is sent.
    SLOW = 3008, "slow";
    /// Messages were lost on the way: subscribe again from the last offset.
    INSUFFICIENT_STATE = 3010, "insufficient state";
    /// Connect again.
    FORCE_RECONNECT = 3011, "force reconnect";
    /// No answer to a ping.
    NO_PONG = 3012, "no pong";
    /// Too many commands.
    TOO_MANY_REQUESTS = 3013, "too many requests";
    /// The token is not valid.
    INVALID_TOKEN = 3500, "invalid token";
    /// The frame cannot be understood.
    BAD_REQUEST = 3501, "bad request";
    /// No connect command in time.
    STALE = 3502, "stale";
    /// An admin, or the end of the session, closed it.
    FORCE_NO_RECONNECT = 3503, "force disconnect";
    /// The binary protocol is not spoken here.
    INAPPROPRIATE_PROTOCOL = 3506, "inappropriate protocol";
}

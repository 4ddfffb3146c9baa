//! A row of the audit log, to write and as it was written.

use poem_openapi::Enum;
use serde_json::{Map, Value};
use uuid::Uuid;

/// How it ended
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done
    Ok,
    /// It was refused, and changed nothing
    Refused,
    /// The server failed, or the caller left before the answer: it may have been done
    Failed,
}

impl Outcome {
    /// The outcome of a request answered with this status.
    pub fn of_status(status: u16) -> Self {
        match status {
            0..400 => Self::Ok,
            400..500 => Self::Refused,
            _ => Self::Failed,
        }
    }

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// What [`Outcome::as_str`] made.
    pub fn stored(text: &str) -> Self {
        match text {
            "ok" => Self::Ok,
            "refused" => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// What somebody did.
#[derive(Clone, Debug)]
pub struct Action {
    /// The account.
    pub user_id: Uuid,
    /// Its login name now.
    pub username: String,
    /// Id of the operation, or `console.` and the verb.
    pub action: String,
    /// What it was done to: ids and names, and never a secret.
    pub target: Map<String, Value>,
    /// How it ended.
    pub outcome: Outcome,
    /// HTTP status, if it was a request that was answered.
    pub status: Option<u16>,
    /// Address that it came from.
    pub address: String,
    /// Id of the request, or of the connection.
    pub request_id: String,
}

/// A row as it was written; its id is its time.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Id of the row.
    pub id: i64,
    /// The rest.
    pub action: Action,
}

/// Which rows; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Id of the account, or its login name at that time.
    pub user: Option<String>,
    /// This action; all that begin with it and a dot, too.
    pub action: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// From this time on, in milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Before this time.
    pub to_ms: Option<i64>,
}

//! The answer to "who is this?".

use std::fmt;
use std::str::FromStr;

use poem_openapi::Enum;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an account may do. Ordered: each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, Deserialize, Enum, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads what a member may read, writes nothing
    Viewer,
    /// Uses agenda and chat
    Member,
    /// Does everything
    Admin,
}

impl Role {
    /// The role as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Viewer, Self::Member, Self::Admin]
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no role: use admin, member or viewer"))
    }
}

/// What an API token may be used for; it never goes beyond its owner's role.
#[derive(Clone, Copy, Debug, Deserialize, Enum, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Scope {
    /// Read the agenda
    #[oai(rename = "agenda:read")]
    #[serde(rename = "agenda:read")]
    AgendaRead,
    /// Change the agenda
    #[oai(rename = "agenda:write")]
    #[serde(rename = "agenda:write")]
    AgendaWrite,
    /// Read rooms and messages
    #[oai(rename = "chat:read")]
    #[serde(rename = "chat:read")]
    ChatRead,
    /// Post and change messages and rooms
    #[oai(rename = "chat:write")]
    #[serde(rename = "chat:write")]
    ChatWrite,
    /// Read accounts
    #[oai(rename = "users:read")]
    #[serde(rename = "users:read")]
    UsersRead,
    /// Change accounts
    #[oai(rename = "users:write")]
    #[serde(rename = "users:write")]
    UsersWrite,
    /// See connected clients
    #[oai(rename = "clients:read")]
    #[serde(rename = "clients:read")]
    ClientsRead,
    /// Disconnect and notify clients
    #[oai(rename = "clients:write")]
    #[serde(rename = "clients:write")]
    ClientsWrite,
    /// Read the server's state
    #[oai(rename = "monitoring:read")]
    #[serde(rename = "monitoring:read")]
    MonitoringRead,
    /// Read what client applications reported
    #[oai(rename = "signals:read")]
    #[serde(rename = "signals:read")]
    SignalsRead,
    /// Report what happens in a client application
    #[oai(rename = "signals:write")]
    #[serde(rename = "signals:write")]
    SignalsWrite,
    /// Upload and delete source maps of client applications
    #[oai(rename = "source-maps:write")]
    #[serde(rename = "source-maps:write")]
    SourceMapsWrite,
    /// Look after the server: make backups, set what it logs
    #[oai(rename = "server:write")]
    #[serde(rename = "server:write")]
    ServerWrite,
}

impl Scope {
    /// Every scope, with its name.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::AgendaRead, "agenda:read"),
        (Self::AgendaWrite, "agenda:write"),
        (Self::ChatRead, "chat:read"),
        (Self::ChatWrite, "chat:write"),
        (Self::UsersRead, "users:read"),
        (Self::UsersWrite, "users:write"),
        (Self::ClientsRead, "clients:read"),
        (Self::ClientsWrite, "clients:write"),
        (Self::MonitoringRead, "monitoring:read"),
        (Self::SignalsRead, "signals:read"),
        (Self::SignalsWrite, "signals:write"),
        (Self::SourceMapsWrite, "source-maps:write"),
        (Self::ServerWrite, "server:write"),
    ];

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(scope, _)| *scope)
    }

    /// The least role that can use it.
    pub fn least_role(self) -> Role {
        match self {
            Self::AgendaRead | Self::ChatRead | Self::SignalsWrite | Self::UsersRead => Role::Viewer,
            Self::AgendaWrite | Self::ChatWrite => Role::Member,
            Self::UsersWrite
            | Self::ClientsRead
            | Self::ClientsWrite
            | Self::MonitoringRead
            | Self::SignalsRead
            | Self::SourceMapsWrite
            | Self::ServerWrite => Role::Admin,
        }
    }

    /// The name as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a session is carried.
#[derive(Clone, Copy, Debug, Deserialize, Enum, Eq, PartialEq, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// Access and refresh tokens of a program
    Token,
    /// The cookie of a browser on the dashboard
    Cookie,
}

impl SessionKind {
    /// The kind as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cookie => "cookie",
        }
    }
}

/// What the caller showed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credential {
    /// A login.
    Session {
        /// Id of the session.
        id: Uuid,
        /// How it is carried.
        kind: SessionKind,
    },
    /// An API token.
    ApiToken {
        /// Id of the token.
        id: Uuid,
        /// What it may be used for.
        scopes: Vec<Scope>,
    },
}

/// A caller who proved who they are, with the rights they have at this moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// Id of the account.
    pub user_id: Uuid,
    /// Login name.
    pub username: String,
    /// Name as shown to people.
    pub name: String,
    /// Role now, not when the token was made.
    pub role: Role,
    /// What the caller showed.
    pub credential: Credential,
}

impl Identity {
    /// Whether this caller may use `scope`: a session always may, an API token only what it was made for.
    pub fn has_scope(&self, scope: Scope) -> bool {
        match &self.credential {
            Credential::Session { .. } => true,
            Credential::ApiToken { scopes, .. } => scopes.contains(&scope),
        }
    }

    /// Id of the session, when the caller is a login.
    pub fn session_id(&self) -> Option<Uuid> {
        match self.credential {
            Credential::Session { id, .. } => Some(id),
            Credential::ApiToken { .. } => None,
        }
    }
}

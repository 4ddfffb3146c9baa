//! The verbs: their names, what they take, and who may use them.

use crate::auth::Scope;

/// A verb's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Help,
    Clients,
    Client,
    Kick,
    Notify,
    LogLevel,
    Sessions,
    EndSession,
    Users,
    Stats,
    Errors,
    Rooms,
    Audit,
    Backups,
    Backup,
    ServerLogLevel,
    Whoami,
    Tail,
}

/// What an argument is, which is also what completes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Verb,
    Text,
    Client,
    Recipient,
    Installation,
    Level,
    Minutes,
    User,
    Session,
    Condition,
}

/// How often an argument is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Once,
    Optional,
    /// The rest of the line, at least one word.
    Rest,
    /// Any number of words.
    Any,
}

/// An argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    pub name: &'static str,
    pub kind: Kind,
    pub need: Need,
}

/// A verb.
#[derive(Debug)]
pub struct Spec {
    pub name: Name,
    pub word: &'static str,
    pub arguments: &'static [Argument],
    /// Whether it changes something: then the password is asked for again.
    pub changes: bool,
    /// What an API token must be made for; `None` for every admin.
    pub scope: Option<Scope>,
    pub summary: &'static str,
}

const fn argument(name: &'static str, kind: Kind, need: Need) -> Argument {
    Argument { name, kind, need }
}

const fn read(
    name: Name,
    word: &'static str,
    arguments: &'static [Argument],
    scope: Option<Scope>,
    summary: &'static str,
) -> Spec {
    Spec { name, word, arguments, changes: false, scope, summary }
}

const fn change(
    name: Name,
    word: &'static str,
    arguments: &'static [Argument],
    scope: Scope,
    summary: &'static str,
) -> Spec {
    Spec { name, word, arguments, changes: true, scope: Some(scope), summary }
}

/// Every verb, in the order of help.
pub const ALL: &[Spec] = &[
    read(
        Name::Help,
        "help",
        &[argument("verb", Kind::Verb, Need::Optional)],
        None,
        "List the verbs, or explain one",
    ),
    read(
        Name::Clients,
        "clients",
        &[argument("filter", Kind::Text, Need::Optional)],
        Some(Scope::ClientsRead),
        "List connected clients, or those with a text in name, address or version",
    ),
    read(
        Name::Client,
        "client",
        &[argument("id", Kind::Client, Need::Once)],
        Some(Scope::ClientsRead),
        "Show a connected client",
    ),
    change(
        Name::Kick,
        "kick",
        &[argument("client", Kind::Client, Need::Once)],
        Scope::ClientsWrite,
        "Disconnect a client, or all connections of an installation",
    ),
    change(
        Name::Notify,
        "notify",
        &[argument("to", Kind::Recipient, Need::Once), argument("text", Kind::Text, Need::Rest)],
        Scope::ClientsWrite,
        "Send a notice to a client, to the clients of a user, or to all",
    ),
    change(
        Name::LogLevel,
        "loglevel",
        &[
            argument("installation", Kind::Installation, Need::Once),
            argument("level", Kind::Level, Need::Once),
            argument("minutes", Kind::Minutes, Need::Optional),
        ],
        Scope::ClientsWrite,
        "Set how much an installation logs, for 30 minutes unless told otherwise",
    ),
    read(
        Name::Sessions,
        "sessions",
        &[argument("user", Kind::User, Need::Optional)],
        Some(Scope::UsersRead),
        "List sessions, of all accounts or of one",
    ),
    change(
        Name::EndSession,
        "end-session",
        &[argument("id", Kind::Session, Need::Once)],
        Scope::UsersWrite,
        "End a session, and its connections",
    ),
    read(Name::Users, "users", &[], Some(Scope::UsersRead), "List accounts"),
    read(Name::Stats, "stats", &[], Some(Scope::MonitoringRead), "Show how the server is doing"),
    read(Name::Errors, "errors", &[], Some(Scope::SignalsRead), "List the errors that were seen last"),
    read(Name::Rooms, "rooms", &[], Some(Scope::ChatRead), "List the rooms that you may read"),
    read(
        Name::Audit,
        "audit",
        &[],
        Some(Scope::MonitoringRead),
        "List what was done last with an admin's rights",
    ),
    read(
        Name::Backups,
        "backups",
        &[],
        Some(Scope::MonitoringRead),
        "List the backups, and how the server is doing with them",
    ),
    change(Name::Backup, "backup", &[], Scope::ServerWrite, "Make a backup now, and verify it"),
    change(
        Name::ServerLogLevel,
        "server-loglevel",
        &[argument("level", Kind::Level, Need::Once), argument("minutes", Kind::Minutes, Need::Optional)],
        Scope::ServerWrite,
        "Set how much the server itself logs, for 30 minutes unless told otherwise",
    ),
    read(Name::Whoami, "whoami", &[], None, "Show who you are, and whether changes are confirmed"),
    read(
        Name::Tail,
        "tail",
        &[argument("condition", Kind::Condition, Need::Any)],
        Some(Scope::SignalsRead),
        "Follow the logs until Ctrl+C: a level, or conditions such as source=client",
    ),
];

impl Name {
    /// What is known of it.
    pub fn spec(self) -> &'static Spec {
        ALL.iter().find(|spec| spec.name == self).unwrap_or(&ALL[0])
    }

    /// The verb of this name.
    pub fn of(word: &str) -> Option<Self> {
        ALL.iter().find(|spec| spec.word == word).map(|spec| spec.name)
    }
}

impl Spec {
    /// How it is written.
    pub fn usage(&self) -> String {
        let mut usage = self.word.to_owned();
        for argument in self.arguments {
            let name = argument.name;
            usage.push_str(&match argument.need {
                Need::Once | Need::Rest => format!(" <{name}>"),
                Need::Optional => format!(" [{name}]"),
                Need::Any => format!(" [{name} ...]"),
            });
        }
        usage
    }
}

/// The verb that was probably meant: one that begins so, or the one that is at most two letters away.
pub fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let begins = ALL.iter().find(|spec| word.len() >= 2 && spec.word.starts_with(&word));
    let close = || {
        let distances = ALL.iter().map(|spec| (distance(&word, spec.word), spec));
        distances.filter(|(n, spec)| *n <= 2 && *n < spec.word.len()).min_by_key(|(n, _)| *n).map(|(_, s)| s)
    };
    begins.or_else(close).map(|spec| spec.word)
}

/// Letters to add, leave out or change.
fn distance(a: &str, b: &str) -> usize {
    // Longer ones are far from every verb, and need not be compared.
    if a.chars().count() > 20 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, c) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, d) in b.iter().enumerate() {
            let changed = before + usize::from(c != *d);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_verb_is_suggested() {
        for (word, wanted) in [
            ("kcik", Some("kick")),
            ("session", Some("sessions")),
            ("STATS", Some("stats")),
            ("end", Some("end-session")),
            ("loglvl", Some("loglevel")),
            ("rm", None),
            ("", None),
            ("k", None),
        ] {
            assert_eq!(nearest(word), wanted, "{word}");
        }
    }
}

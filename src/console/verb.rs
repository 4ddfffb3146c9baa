//! From a line to a verb with its arguments, each of a type that cannot be wrong.

use std::fmt;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::line;
use super::spec::{self, Name, Need};
use crate::clients::LogLevel;
use crate::logs::Filter;
use crate::telemetry::Level;

/// Longest line in bytes: a notice with its quotes.
const LONGEST: usize = 2_000;
/// Longest notice in characters, that of a notice's title.
const NOTICE: usize = 200;
/// Longest name or filter in characters.
const NAME: usize = 128;
/// A week.
const MINUTES: u16 = 10_080;
/// When the line does not say.
const DEFAULT_MINUTES: u16 = 30;

/// A line that was understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    Help(Option<Name>),
    Clients(Option<Short>),
    Client(Uuid),
    Kick(Uuid),
    Notify(To, Notice),
    LogLevel(Uuid, LogLevel, Minutes),
    Sessions(Option<Short>),
    EndSession(Uuid),
    Users,
    Stats,
    Errors,
    Rooms,
    Audit,
    Backups,
    Backup,
    ServerLogLevel(LogLevel, Minutes),
    Whoami,
    Tail(Box<Conditions>),
}

/// A name or a part of one: 1 to 128 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short(String);

/// What a notice says: 1 to 200 characters in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice(String);

/// From one to a week's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes(u16);

/// Who gets a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    All,
    /// A connection or an installation.
    Id(Uuid),
    User(Short),
}

/// What the tail is asked for, with the channel that has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    pub channel: String,
    pub pairs: Map<String, Value>,
}

impl Short {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Notice {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Minutes {
    pub fn get(self) -> u16 {
        self.0
    }
}

/// Why a line is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Empty,
    TooLong,
    OpenQuote,
    Unknown { nearest: Option<&'static str> },
    Missing { verb: Name, argument: &'static str },
    Wrong { verb: Name, argument: &'static str, why: &'static str },
    Extra { verb: Name, word: String },
}

impl Fault {
    /// The verb, if that much was understood.
    pub fn verb(&self) -> Option<Name> {
        match self {
            Self::Missing { verb, .. } | Self::Wrong { verb, .. } | Self::Extra { verb, .. } => Some(*verb),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("There is nothing to run."),
            Self::TooLong => write!(f, "A line has at most {LONGEST} bytes."),
            Self::OpenQuote => f.write_str("A quote does not end."),
            Self::Unknown { nearest: Some(word) } => {
                write!(f, "There is no such verb. Did you mean `{word}`?")
            }
            Self::Unknown { nearest: None } => f.write_str("There is no such verb: `help` lists them."),
            Self::Missing { argument, .. } => write!(f, "<{argument}> is missing."),
            Self::Wrong { argument, why, .. } => write!(f, "<{argument}> {why}."),
            Self::Extra { word, .. } => write!(f, "`{word}` is too much."),
        }
    }
}

/// Takes arguments one after the other.
struct Arguments {
    verb: Name,
    words: std::vec::IntoIter<line::Word>,
}

impl Arguments {
    fn next(&mut self) -> Option<String> {
        self.words.next().map(|word| word.text)
    }

    /// The value of an argument that must be there.
    fn must<T>(
        &mut self,
        argument: &'static str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<T, Fault> {
        let verb = self.verb;
        let text = self.next().ok_or(Fault::Missing { verb, argument })?;
        parse(&text).map_err(|why| Fault::Wrong { verb, argument, why })
    }

    fn may<T>(
        &mut self,
        argument: &'static str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Fault> {
        let verb = self.verb;
        let value = self.next().map(|text| parse(&text)).transpose();
        value.map_err(|why| Fault::Wrong { verb, argument, why })
    }

    fn rest(&mut self, argument: &'static str) -> Result<String, Fault> {
        let words: Vec<String> = self.words.by_ref().map(|word| word.text).collect();
        if words.is_empty() {
            return Err(Fault::Missing { verb: self.verb, argument });
        }
        Ok(words.join(" "))
    }
}

fn id(text: &str) -> Result<Uuid, &'static str> {
    // The only form that ids are shown in; others would be found twice.
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36).ok_or("is no id")
}

fn short(text: &str) -> Result<Short, &'static str> {
    let fits = (1..=NAME).contains(&text.chars().count()) && !text.contains(char::is_control);
    if fits { Ok(Short(text.to_owned())) } else { Err("must have 1 to 128 characters") }
}

fn notice(text: &str) -> Result<Notice, &'static str> {
    let text = text.trim();
    let fits = (1..=NOTICE).contains(&text.chars().count()) && !text.contains(char::is_control);
    if fits { Ok(Notice(text.to_owned())) } else { Err("must have 1 to 200 characters in one line") }
}

fn to(text: &str) -> Result<To, &'static str> {
    if text == "all" {
        return Ok(To::All);
    }
    match id(text) {
        Ok(id) => Ok(To::Id(id)),
        Err(_) => short(text).map(To::User),
    }
}

fn minutes(text: &str) -> Result<Minutes, &'static str> {
    let number = text.parse().ok().filter(|n| (1..=MINUTES).contains(n));
    number.map(Minutes).ok_or("must be a number from 1 to 10080")
}

/// Reads conditions: `error` is `level=error`, everything else is `name=value`.
fn conditions(arguments: &mut Arguments) -> Result<Conditions, Fault> {
    let mut pairs = Map::new();
    let wrong = |why| Fault::Wrong { verb: Name::Tail, argument: "condition", why };
    while let Some(text) = arguments.next() {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None if Level::ALL.iter().any(|level| level.as_str() == text) => ("level".to_owned(), text),
            None => return Err(wrong("must be a level, or such as source=client")),
        };
        pairs.insert(name, value.into());
    }
    let texts: Vec<(&str, &str)> =
        pairs.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
    let query = serde_urlencoded::to_string(&texts).map_err(|_| wrong("cannot be written"))?;
    Filter::parse(&query).ok_or_else(|| {
        wrong("is not known: use level, kind, source, client, user, app, search or trace_id")
    })?;
    let channel = if query.is_empty() { "monitor:logs".to_owned() } else { format!("monitor:logs?{query}") };
    if channel.len() > crate::realtime::CHANNEL_NAME {
        return Err(wrong("is too long"));
    }
    Ok(Conditions { channel, pairs })
}

impl Verb {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, and with which argument.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::TooLong);
        }
        let found = line::split(text);
        if found.open {
            return Err(Fault::OpenQuote);
        }
        let mut words = found.words.into_iter();
        let Some(first) = words.next() else { return Err(Fault::Empty) };
        let Some(verb) = Name::of(&first.text) else {
            return Err(Fault::Unknown { nearest: spec::nearest(&first.text) });
        };
        let mut given = Arguments { verb, words };
        let known = |text: &str| Name::of(text).ok_or("is no verb");
        let level = |text: &str| LogLevel::named(text).ok_or("must be trace, debug, info, warn or error");
        let parsed = match verb {
            Name::Help => Self::Help(given.may("verb", known)?),
            Name::Clients => Self::Clients(given.may("filter", short)?),
            Name::Client => Self::Client(given.must("id", id)?),
            Name::Kick => Self::Kick(given.must("client", id)?),
            Name::Notify => {
                let to = given.must("to", to)?;
                let text = given.rest("text")?;
                let said = notice(&text).map_err(|why| Fault::Wrong { verb, argument: "text", why })?;
                Self::Notify(to, said)
            }
            Name::LogLevel => {
                let (installation, level) = (given.must("installation", id)?, given.must("level", level)?);
                let minutes = given.may("minutes", minutes)?.unwrap_or(Minutes(DEFAULT_MINUTES));
                Self::LogLevel(installation, level, minutes)
            }
            Name::Sessions => Self::Sessions(given.may("user", short)?),
            Name::EndSession => Self::EndSession(given.must("id", id)?),
            Name::Users => Self::Users,
            Name::Stats => Self::Stats,
            Name::Errors => Self::Errors,
            Name::Rooms => Self::Rooms,
            Name::Audit => Self::Audit,
            Name::Backups => Self::Backups,
            Name::Backup => Self::Backup,
            Name::ServerLogLevel => {
                let level = given.must("level", level)?;
                let minutes = given.may("minutes", minutes)?.unwrap_or(Minutes(DEFAULT_MINUTES));
                Self::ServerLogLevel(level, minutes)
            }
            Name::Whoami => Self::Whoami,
            Name::Tail => Self::Tail(Box::new(conditions(&mut given)?)),
        };
        match given.next() {
            Some(word) => Err(Fault::Extra { verb, word }),
            None => Ok(parsed),
        }
    }

    /// Its name.
    pub fn name(&self) -> Name {
        match self {
            Self::Help(_) => Name::Help,
            Self::Clients(_) => Name::Clients,
            Self::Client(_) => Name::Client,
            Self::Kick(_) => Name::Kick,
            Self::Notify(..) => Name::Notify,
            Self::LogLevel(..) => Name::LogLevel,
            Self::Sessions(_) => Name::Sessions,
            Self::EndSession(_) => Name::EndSession,
            Self::Users => Name::Users,
            Self::Stats => Name::Stats,
            Self::Errors => Name::Errors,
            Self::Rooms => Name::Rooms,
            Self::Audit => Name::Audit,
            Self::Backups => Name::Backups,
            Self::Backup => Name::Backup,
            Self::ServerLogLevel(..) => Name::ServerLogLevel,
            Self::Whoami => Name::Whoami,
            Self::Tail(_) => Name::Tail,
        }
    }

    /// Its arguments, by the names that its usage has.
    pub fn arguments(&self) -> Map<String, Value> {
        let values: Vec<Value> = match self {
            Self::Help(verb) => vec![json!(verb.map(|name| name.spec().word))],
            Self::Clients(text) | Self::Sessions(text) => vec![json!(text.as_ref().map(Short::as_str))],
            Self::Client(id) | Self::Kick(id) | Self::EndSession(id) => vec![json!(id)],
            Self::Notify(to, text) => {
                let to = match to {
                    To::All => json!("all"),
                    To::Id(id) => json!(id),
                    To::User(name) => json!(name.as_str()),
                };
                vec![to, json!(text.as_str())]
            }
            Self::LogLevel(id, level, minutes) => {
                vec![json!(id), json!(level.as_str()), json!(minutes.get())]
            }
            Self::ServerLogLevel(level, minutes) => vec![json!(level.as_str()), json!(minutes.get())],
            Self::Tail(conditions) => return conditions.pairs.clone(),
            Self::Users
            | Self::Stats
            | Self::Errors
            | Self::Rooms
            | Self::Audit
            | Self::Backups
            | Self::Backup
            | Self::Whoami => Vec::new(),
        };
        let names = self.name().spec().arguments.iter().filter(|a| a.need != Need::Any).map(|a| a.name);
        let given = names.zip(values).filter(|(_, value)| !value.is_null());
        given.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
#[path = "verb_tests.rs"]
mod tests;

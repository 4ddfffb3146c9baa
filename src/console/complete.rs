//! What the last word of a line may become.

use serde::Serialize;

use super::line::{self, quoted};
use super::spec::{ALL, Argument, Kind, Name, Need};
use super::{Console, Slices};
use crate::auth::Identity;
use crate::clients;
use crate::realtime::Hub;
use crate::telemetry::Level;

/// Candidates in one answer: more are not looked through.
const MOST: usize = 50;
/// Longest line that is completed, in bytes.
const LONGEST: usize = 2_000;
/// Conditions of the tail that take a value.
const CONDITIONS: [&str; 7] = ["app=", "client=", "kind=", "search=", "source=", "trace_id=", "user="];

/// The answer to a line that is not finished.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Completion {
    /// Where the word begins that a candidate takes the place of, in UTF-16 units as scripts count.
    pub start: usize,
    /// In the order to show them.
    pub candidates: Vec<Candidate>,
}

/// A word that may stand there.
#[derive(Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The word, with quotes when it needs them.
    pub value: String,
    /// What it stands for; may be empty.
    pub hint: String,
}

fn candidate(value: &str, hint: impl Into<String>) -> Candidate {
    Candidate { value: quoted(value), hint: hint.into() }
}

impl Console {
    /// What the last word of `line` may become.
    pub fn complete(&self, who: &Identity, line: &str) -> Completion {
        if line.len() > LONGEST {
            return Completion::default();
        }
        let found = line::split(line);
        let (before, start, word) = match found.words.split_last() {
            Some((last, before)) if found.within => (before, last.start, last.text.as_str()),
            _ => (found.words.as_slice(), line.len(), ""),
        };
        let mut candidates = match before.split_first() {
            None => verbs(word),
            Some((verb, given)) => {
                let name = Name::of(&verb.text);
                // Nobody is told by a completion what the verb would refuse.
                let spec = name.map(Name::spec).filter(|s| s.scope.is_none_or(|scope| who.has_scope(scope)));
                let argument = spec.and_then(|spec| argument(spec.arguments, given.len()));
                argument.map_or_else(Vec::new, |a| of_kind(&self.slices, &self.hub, a.kind, word))
            }
        };
        candidates.truncate(MOST);
        Completion { start: line[..start].encode_utf16().count(), candidates }
    }
}

/// The argument that stands at this place.
fn argument(arguments: &[Argument], place: usize) -> Option<Argument> {
    let last = arguments.last().filter(|last| matches!(last.need, Need::Any | Need::Rest));
    arguments.get(place).or(last).copied()
}

fn verbs(word: &str) -> Vec<Candidate> {
    let fitting = ALL.iter().filter(|spec| spec.word.starts_with(word));
    fitting.map(|spec| candidate(spec.word, spec.summary)).collect()
}

fn of_kind(slices: &Slices, hub: &Hub, kind: Kind, word: &str) -> Vec<Candidate> {
    let begins = |text: &str| text.to_lowercase().starts_with(&word.to_lowercase());
    let users = || {
        let accounts = slices.auth.accounts();
        let fitting = accounts.iter().filter(|a| begins(&a.username));
        fitting.map(|a| candidate(&a.username, a.name.clone())).collect::<Vec<_>>()
    };
    let connected = |installations: bool| {
        let mut fitting: Vec<Candidate> = Vec::new();
        for c in clients::connected(hub) {
            let id = if installations { c.installation } else { c.id }.to_string();
            // By their account as well: nobody knows ids by heart.
            let fits = begins(&id) || (!word.is_empty() && begins(&c.user.username));
            if fits && fitting.len() < MOST && fitting.iter().all(|known| known.value != id) {
                let hint = format!("{} {} {} {}", c.user.username, c.app, c.app_version, c.hostname);
                fitting.push(candidate(&id, hint.trim()));
            }
        }
        fitting
    };
    let levels = |names: &[&str]| names.iter().filter(|l| begins(l)).map(|l| candidate(l, "")).collect();
    match kind {
        Kind::Text | Kind::Minutes => Vec::new(),
        Kind::Verb => verbs(word),
        Kind::Client => connected(false),
        Kind::Installation => connected(true),
        Kind::User => users(),
        Kind::Level => levels(&["trace", "debug", "info", "warn", "error"]),
        Kind::Recipient => {
            let all = begins("all").then(|| candidate("all", ""));
            all.into_iter().chain(users()).chain(connected(false)).collect()
        }
        Kind::Session => {
            let name = |id| slices.auth.account(id).map_or_else(String::new, |a| a.username.clone());
            let sessions =
                slices.auth.every_session().into_iter().map(|s| (s.id.to_string(), name(s.user_id), s));
            let fits = |id: &str, user: &str| begins(id) || (!word.is_empty() && begins(user));
            let fitting = sessions.filter(|(id, user, _)| fits(id, user)).take(MOST);
            fitting.map(|(id, user, s)| candidate(&id, format!("{user} {}", s.device))).collect()
        }
        Kind::Condition => {
            let names = Level::ALL.map(Level::as_str);
            let all = names.into_iter().chain(CONDITIONS).filter(|name| begins(name));
            all.map(|name| candidate(name, "")).collect()
        }
    }
}

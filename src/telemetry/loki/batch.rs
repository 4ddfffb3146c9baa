//! Signals as Loki takes them: entries with a few labels, and pushes of them.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::line;
use super::store::Page;
use crate::telemetry::signal::Level;
use crate::timeline;

/// Environments that are labels: a closed set, as anybody can name one. Others are `other`; the line has the name.
const ENVIRONMENTS: [&str; 13] = [
    "production",
    "prod",
    "preprod",
    "staging",
    "stage",
    "qa",
    "test",
    "testing",
    "development",
    "dev",
    "local",
    "demo",
    "beta",
];

/// What tells streams apart. Few values each, as every combination is a stream that Loki keeps open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Labels {
    app: String,
    env: &'static str,
    kind: &'static str,
    level: &'static str,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The signal.
    pub id: i64,
    labels: Labels,
    line: String,
}

/// The level as a label: the words of `tracing-loki`, which writes the lines of the server.
pub fn level(level: Level) -> &'static str {
    if level == Level::Warning { "warn" } else { level.as_str() }
}

/// The environment as a label.
pub fn environment(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    match ENVIRONMENTS.into_iter().find(|known| *known == name) {
        Some(known) => known,
        None if name.is_empty() => "none",
        None => "other",
    }
}

/// The page's lines. `registered` tells whether an application is one that may be a label.
pub fn entries(page: &Page, registered: impl Fn(&str) -> bool) -> Vec<Entry> {
    let labels: BTreeMap<i64, (String, &'static str)> = page
        .contexts
        .iter()
        .map(|(id, of)| {
            let app = if registered(&of.app) { of.app.clone() } else { "other".to_owned() };
            (*id, (app, environment(&of.environment)))
        })
        .collect();
    let none = super::logfmt::Pairs::default();
    let entry = |row: &super::store::Row| {
        let meta = page.contexts.get(&row.context_id).map_or(&none, |of| &of.meta);
        let (app, env) = labels.get(&row.context_id).cloned().unwrap_or_else(|| ("other".to_owned(), "none"));
        let labels = Labels { app, env, kind: row.signal.kind.as_str(), level: level(row.signal.level) };
        Entry { id: row.id, labels, line: line::line(&row.signal, timeline::ms(row.id), meta) }
    };
    page.rows.iter().map(entry).collect()
}

/// When a signal was received, in nanoseconds since 1970; rises with the id, so that a stream is in order and an entry
/// that is sent again is the same. Only past a million signals in a millisecond several have the same time.
fn nanoseconds(id: i64) -> i64 {
    let sequence = id - timeline::first_id(timeline::ms(id));
    timeline::ms(id) * 1_000_000 + sequence.min(999_999)
}

#[derive(Serialize)]
struct Push<'a> {
    streams: Vec<Stream<'a>>,
}

#[derive(Serialize)]
struct Stream<'a> {
    stream: &'a Labels,
    values: Vec<(String, &'a str)>,
}

/// Bytes of the lines.
pub fn bytes(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.line.len() as u64).sum()
}

/// The body of a push: JSON, compressed.
pub fn body(entries: &[Entry]) -> Vec<u8> {
    let mut streams: BTreeMap<&Labels, Vec<(String, &str)>> = BTreeMap::new();
    for Entry { id, labels, line } in entries {
        streams.entry(labels).or_default().push((nanoseconds(*id).to_string(), line));
    }
    let streams = streams.into_iter().map(|(stream, values)| Stream { stream, values }).collect();
    let json = serde_json::to_vec(&Push { streams }).expect("texts are JSON");
    let mut gzip = GzEncoder::new(Vec::with_capacity(json.len() / 4), Compression::fast());
    gzip.write_all(&json).expect("memory can be written");
    gzip.finish().expect("memory can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_closed_sets() {
        assert_eq!(environment("Production"), "production");
        assert_eq!((environment(""), environment("anne's laptop")), ("none", "other"));
        let levels = Level::ALL.map(level);
        assert_eq!(levels, ["trace", "debug", "info", "warn", "error"]);
    }

    #[test]
    fn times_rise_with_ids() {
        let first = timeline::first_id(1_700_000_000_000);
        let times: Vec<i64> = [0, 1, 2, 999_999, 1 << 20].map(|step| nanoseconds(first + step)).to_vec();
        let start = 1_700_000_000_000_000_000;
        assert_eq!(times, [start, start + 1, start + 2, start + 999_999, start + 1_000_000]);
    }
}

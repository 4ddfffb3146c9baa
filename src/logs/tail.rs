//! The live tail: `monitor:logs` and, with a filter as a query behind a `?`, `monitor:logs?level=warning`.
//!
//! Lines are gathered and published four times a second; each filter that somebody listens to is looked at once, and
//! encoded once for all who listen to it. Beyond a bound lines are left out, and their number is told.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use poem_openapi::types::ToJSON;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::filter::Filter;
use super::line::{Cursor, LogLine, Position};
use super::ring::Ring;
use crate::page;
use crate::realtime::{Hub, Publication};
use crate::telemetry::{Stored, Telemetry};
use crate::told::Listener;

/// Name of the channel, before its filter.
const CHANNEL: &str = "monitor:logs";
/// Filters at once.
const FILTERS: usize = 64;
/// Time between publications.
const TICK: Duration = Duration::from_millis(250);
/// Publications that nobody hears before a filter is forgotten: who has just asked is not in the hub yet.
const UNHEARD: u32 = 8;
/// Lines of one publication: 2,000 a second, more than anybody reads.
const LINES: usize = 500;
/// Bytes of one publication, about: some have to fit into the queue of a reader.
const BYTES: usize = 256 << 10;
/// Publications at once, when those before are late on a busy machine: as many as fit into the queue of a reader.
const LATE: usize = 3;

/// A filter, and for how many publications nobody has listened to it.
struct Heard {
    filter: Filter,
    unheard: u32,
}

/// See the module.
pub struct Tail {
    hub: Hub,
    filters: Mutex<HashMap<String, Heard>>,
    begun: Notify,
}

/// The filter in the name of a channel; `None` when it is none of ours.
pub fn filter(channel: &str) -> Option<Filter> {
    let query = channel.strip_prefix(CHANNEL)?;
    match query.strip_prefix('?') {
        Some(query) => Filter::parse(query),
        None => query.is_empty().then(Filter::default),
    }
}

impl Tail {
    pub fn new(hub: Hub) -> Self {
        Self { hub, filters: Mutex::default(), begun: Notify::new() }
    }

    /// Publishes what `filter` admits to `channel` from now on, as long as somebody listens. `None` when too many do.
    pub fn listen(&self, channel: &str, filter: Filter) -> Option<Filter> {
        let mut filters = self.filters.lock().expect("no panic while held");
        if filters.len() >= FILTERS && !filters.contains_key(channel) {
            return None;
        }
        filters.insert(channel.to_owned(), Heard { filter: filter.clone(), unheard: 0 });
        self.begun.notify_one();
        Some(filter)
    }

    pub async fn run(&self, telemetry: &Telemetry, ring: &Ring, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.begun.notified() => {}
            }
            // Only while somebody listens: what nobody listens to is not even gathered.
            let (mut signals, mut lines, mut last) = (telemetry.tail(), ring.tail(), Instant::now());
            while self.listening() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(TICK) => {}
                }
                let due = last.elapsed().as_millis() / TICK.as_millis();
                last = Instant::now();
                self.publish(&mut signals, &mut lines, usize::try_from(due).unwrap_or(LATE).clamp(1, LATE));
            }
        }
    }

    /// Whether somebody listens.
    fn listening(&self) -> bool {
        !self.filters.lock().expect("no panic while held").is_empty()
    }

    fn publish(&self, signals: &mut Listener<Stored>, lines: &mut Listener<LogLine>, most: usize) {
        let (signals, missed) = signals.drain();
        let (lines, missed_lines) = lines.drain();
        let missed = missed + missed_lines;
        let signals =
            signals.iter().map(|stored| (LogLine::of_signal(stored), &*stored.context.meta.user_id));
        let lines = lines.into_iter().map(|line| (line, ""));
        let mut new: Vec<(LogLine, &str)> = signals.chain(lines).collect();
        new.sort_by_key(|(line, _)| line.position());
        let filters: Vec<(String, Filter)> = {
            let mut filters = self.filters.lock().expect("no panic while held");
            filters.retain(|channel, heard| {
                heard.unheard = if self.hub.subscribers(channel) > 0 { 0 } else { heard.unheard + 1 };
                heard.unheard <= UNHEARD
            });
            filters.iter().map(|(channel, heard)| (channel.clone(), heard.filter.clone())).collect()
        };
        for (channel, filter) in filters {
            let found: Vec<&LogLine> = new
                .iter()
                .filter(|(line, user_key)| filter.admits(line, user_key))
                .map(|(line, _)| line)
                .collect();
            if found.is_empty() && missed == 0 {
                continue;
            }
            for message in messages(&found, missed, most) {
                self.hub.publish(&channel, Publication::transient(&message));
            }
        }
    }
}

/// Publications of the newest lines that fit into so many, the oldest first, which tells how many lines did not. What was
/// `missed` before anybody looked at it counts whatever is asked for.
fn messages(found: &[&LogLine], missed: u64, most: usize) -> Vec<Value> {
    let mut parts: Vec<Part> = Vec::new();
    let mut bytes = BYTES;
    for line in found.iter().rev() {
        // Only now: what is searched for may be in what is left out.
        let line = (*line).clone().shortened();
        let Some(json) = line.to_json() else { continue };
        let more = line.message.len() + line.fields.to_string().len() + 500;
        bytes += more;
        if bytes > BYTES || parts.last().is_some_and(|part| part.lines.len() >= LINES) {
            if parts.len() == most {
                break;
            }
            bytes = more;
            parts.push(Part { lines: Vec::new(), last: line.position() });
        }
        if let Some(part) = parts.last_mut() {
            part.lines.push(json);
        }
    }
    if parts.is_empty() {
        parts.push(Part { lines: Vec::new(), last: None });
    }
    let kept: usize = parts.iter().map(|part| part.lines.len()).sum();
    let mut dropped = missed + (found.len() - kept) as u64;
    let messages = parts.into_iter().rev().map(|Part { mut lines, last }| {
        lines.reverse();
        // Who lost the connection reads on from here.
        let previous = last.map(|at| page::encode(&Cursor::After(at.text())));
        json!({"lines": lines, "dropped": std::mem::take(&mut dropped), "previous": previous})
    });
    messages.collect()
}

/// Lines of one publication, the newest first, and where the newest is.
struct Part {
    lines: Vec<Value>,
    last: Option<Position>,
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::Example;

    use super::*;

    #[test]
    fn what_is_published_and_what_is_left_out_is_all_there_is() {
        let lines: Vec<LogLine> =
            (0..4 * LINES).map(|n| LogLine { id: format!("c{n}"), ..LogLine::example() }).collect();
        for (count, most) in [(0, 1), (1, 1), (LINES / 2, 1), (LINES / 2, 3), (4 * LINES, 1), (4 * LINES, 3)]
        {
            let found: Vec<&LogLine> = lines[..count].iter().collect();
            let messages = messages(&found, 7, most);
            assert!((1..=most).contains(&messages.len()));
            let ids: Vec<&str> = messages
                .iter()
                .flat_map(|message| message["lines"].as_array().unwrap())
                .map(|line| line["id"].as_str().unwrap())
                .collect();
            // The newest of them, in their order, and the number of the others before them.
            let newest: Vec<&str> = lines[count - ids.len()..count].iter().map(|line| &*line.id).collect();
            assert_eq!(ids, newest);
            let dropped: Vec<u64> =
                messages.iter().map(|message| message["dropped"].as_u64().unwrap()).collect();
            assert_eq!((dropped[0], dropped.iter().sum()), (dropped[0], dropped[0]), "told once, and first");
            assert_eq!(dropped[0] as usize, 7 + count - ids.len());
            assert!(ids.len() == count || ids.len() > most * LINES / 2, "{} of {count}", ids.len());
            assert!(messages.iter().all(|message| message["previous"].is_string() == (count > 0)));
        }
    }
}

//! The live tail: `monitor:logs` and, with a filter as a query behind a `?`, `monitor:logs?level=warning`.
//!
//! Lines are gathered and published four times a second; each filter that somebody listens to is looked at once, and
//! encoded once for all who listen to it. Beyond a bound lines are left out, and their number is told.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use poem_openapi::types::ToJSON;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::filter::Filter;
use super::line::{Cursor, LogLine};
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
/// Bytes of one publication, about: it has to fit into the queue of a reader.
const BYTES: usize = 256 << 10;

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
            let (mut signals, mut lines) = (telemetry.tail(), ring.tail());
            while self.listening() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(TICK) => {}
                }
                self.publish(&mut signals, &mut lines);
            }
        }
    }

    /// Whether somebody listens.
    fn listening(&self) -> bool {
        !self.filters.lock().expect("no panic while held").is_empty()
    }

    fn publish(&self, signals: &mut Listener<Stored>, lines: &mut Listener<LogLine>) {
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
            self.hub.publish(&channel, Publication::transient(&message(&found, missed)));
        }
    }
}

/// The newest lines that fit, and how many did not. What was `missed` before anybody looked at it counts whatever is asked for.
fn message(found: &[&LogLine], missed: u64) -> Value {
    let (mut kept, mut bytes) = (Vec::new(), 0);
    for line in found.iter().rev().take(LINES) {
        // Only now: what is searched for may be in what is left out.
        let line = (*line).clone().shortened();
        let Some(json) = line.to_json() else { continue };
        bytes += line.message.len() + line.fields.to_string().len() + 500;
        if bytes > BYTES {
            break;
        }
        kept.push(json);
    }
    kept.reverse();
    let dropped = missed + (found.len() - kept.len()) as u64;
    let last = found.last().and_then(|line| line.position());
    // Who lost the connection reads on from here.
    let previous = last.map(|at| page::encode(&Cursor::After(at.text())));
    json!({"lines": kept, "dropped": dropped, "previous": previous})
}

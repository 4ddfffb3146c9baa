//! What happens, counted and measured by route, client, application, version and view: every second for five minutes in
//! memory, every minute for 30 days in the database.
//!
//! [`Series`] takes what happens by functions that never wait, and answers `Query`. Memory is bounded whatever
//! arrives: labels beyond a number share the label `other`, texts are cut, values that are no numbers are refused, and each
//! of these is counted in a metric. A minute is written when it has ended: a clean stop writes the current one, too, and
//! a crash loses at most the current one.
//!
//! | module | owns |
//! |---|---|
//! | `histogram`, `cell`, `bytes` | values of any size, what happened in a stretch of time, and both in few bytes |
//! | `key` | what is told apart, and how much of it |
//! | `live`, `recent`, `hours` | the current second; the last five minutes; the current hour |
//! | `store`, `keep` | the tables; loading, writing, folding hours into days, deleting |
//! | `plan`, `read`, `view`, `write` | what is asked for; putting it together; the answer; its text |
//!
//! Prometheus metrics, which know no client or user, belong to `observe::metrics`.

mod bytes;
mod cell;
mod histogram;
mod hours;
mod keep;
mod key;
mod live;
mod plan;
mod read;
mod recent;
mod store;
mod view;
mod write;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

pub use cell::Cell;
pub use plan::{Asked, By, Metric, Plan};
pub use view::SeriesAnswer;
pub use write::text;

use crate::clock::Clock;
use crate::db::Db;
use crate::observe::metrics;
use hours::Hours;
use key::{ALL, Group, OTHER};
use live::Live;
use recent::Recent;

/// The aggregates. Clones share them.
#[derive(Clone, Debug)]
pub struct Series {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    db: Db,
    /// Taken for a few look-ups and additions by whoever records. Whoever needs both takes `state` first.
    live: Mutex<Live>,
    state: Mutex<State>,
    /// The clock was set back.
    back: Notify,
}

/// A clock that goes back further than this many seconds begins again there, instead of adding to the current minute
/// until it is past it.
const BACK: i64 = 60;

#[derive(Debug, Default)]
struct State {
    recent: Recent,
    hours: Hours,
}

impl State {
    /// Whether it is at a time that is still to come.
    fn is_ahead(&self, now: i64) -> bool {
        self.hours.minute() * 60 > now + BACK
    }
}

/// Requests of a route, or of all, over some seconds.
#[derive(Clone, Debug)]
pub struct Load {
    /// Method and pattern; empty for all routes together.
    pub route: String,
    /// What happened: milliseconds, and as errors the faults of the server.
    pub cell: Cell,
    /// Seconds of the window in which the server ran.
    pub seconds: u32,
}

impl Series {
    /// Aggregates without any data: [`Self::load`] brings what the database has.
    pub fn new(clock: Clock, db: Db) -> Self {
        let (live, state) = (Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { clock, db, live, state, back: Notify::new() }) }
    }

    /// Counts an answered request. `route` is the pattern of its path, never the path.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.record(Group::RequestsByRoute, "", &format!("{method} {route}"), |cell| {
            cell.count += 1;
            cell.errors += u64::from(status >= 500);
            cell.values.record(took.as_secs_f64() * 1e3);
        });
    }

    /// Counts a round trip to a client, by its installation.
    pub fn round_trip(&self, client: Uuid, took: Duration) {
        self.by_client(Group::RttByClient, client, |cell| {
            cell.count += 1;
            cell.values.record(took.as_secs_f64() * 1e3);
        });
    }

    /// Counts `n` signals of one `kind` (of a closed set, such as `log`), which are errors or are not.
    ///
    /// `client` is the installation that sent them, if it is known; `app` its application.
    pub fn signals(&self, client: Option<Uuid>, app: &str, kind: &'static str, error: bool, n: u64) {
        let add = |cell: &mut Cell| {
            cell.count += n;
            cell.errors += if error { n } else { 0 };
        };
        if n > 0 {
            self.record(Group::SignalsByApp, kind, app, add);
            if let Some(client) = client {
                self.by_client(Group::SignalsByClient, client, add);
            }
        }
    }

    /// Counts a measurement, such as `lcp` in milliseconds, by application, by version and by view of it.
    ///
    /// Any name is taken; names beyond a number share one. A value that is no number is refused: false.
    pub fn measurement(&self, app: &str, version: &str, view: &str, name: &str, value: f64) -> bool {
        if !value.is_finite() {
            metrics::series_refused();
            return false;
        }
        let of = |part: &str| format!("{} {}", or_unknown(app), or_unknown(part));
        let by = [
            (Group::MeasurementsByApp, app.to_owned()),
            (Group::MeasurementsByVersion, of(version)),
            (Group::MeasurementsByView, of(view)),
        ];
        for (group, label) in by {
            self.record(group, name, &label, |cell| {
                cell.count += 1;
                cell.values.record(value);
            });
        }
        true
    }

    /// Notes what the server is like in this second: a number of a closed set of things.
    pub fn gauge(&self, what: &'static str, value: f64) {
        self.record(Group::ServerByGauge, "", what, |cell| {
            cell.count += 1;
            cell.values.record(value);
        });
    }

    fn by_client(&self, group: Group, client: Uuid, add: impl Fn(&mut Cell)) {
        let mut text = Uuid::encode_buffer();
        self.record(group, "", client.hyphenated().encode_lower(&mut text), add);
    }

    fn record(&self, group: Group, name: &str, label: &str, add: impl Fn(&mut Cell)) {
        let second = self.inner.clock.now().timestamp();
        if self.live().record(second, (group, name, label), add) {
            metrics::series_folded(group.metric());
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.inner.live.lock().expect("no panic while held")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().expect("no panic while held")
    }

    /// Takes over what was recorded in seconds that have ended, and gives the state at the current second.
    fn settled(&self) -> (MutexGuard<'_, State>, i64) {
        let mut state = self.state();
        let now = self.inner.clock.now().timestamp();
        if state.is_ahead(now) {
            self.inner.back.notify_one();
        }
        let (seconds, up) = {
            let mut live = self.live();
            (live.take(now), live.index.place(Group::Up, "", OTHER).all)
        };
        for second in seconds {
            state.hours.turn_to(second.second.div_euclid(60));
            for (id, cell) in &second.cells {
                state.hours.add(*id, cell);
            }
            state.recent.push(&second);
        }
        state.hours.turn_to(now.div_euclid(60));
        state.hours.up(up);
        state.recent.cover(now);
        (state, now)
    }

    /// All requests of the last `seconds` full seconds.
    pub fn requests(&self, seconds: i64) -> Load {
        self.whole(Group::RequestsByRoute, seconds)
    }

    /// All signals of the last `seconds` full seconds, and how many were errors.
    pub fn ingested(&self, seconds: i64) -> Load {
        self.whole(Group::SignalsByApp, seconds)
    }

    fn whole(&self, group: Group, seconds: i64) -> Load {
        let (state, now) = self.settled();
        let all: Vec<u32> = self.live().index.families(group, None).map(|f| f.all).collect();
        // Without any there is still to say how long the server ran.
        let windows = if all.is_empty() { vec![0] } else { all };
        let (mut sum, mut known) = (Cell::default(), 0);
        for id in windows {
            let (cell, of) = state.recent.window(id, seconds, now);
            sum.merge(&cell);
            known = of;
        }
        Load { route: ALL.to_owned(), cell: sum, seconds: known }
    }

    /// The requests of the last `seconds` full seconds by route, in no order; routes without any are left out.
    pub fn routes(&self, seconds: i64) -> Vec<Load> {
        let (state, now) = self.settled();
        let routes: Vec<(String, u32)> = {
            let live = self.live();
            let families = live.index.families(Group::RequestsByRoute, None);
            families.flat_map(|f| f.labels.iter().map(|(label, id)| (label.to_string(), *id))).collect()
        };
        let load = |(route, id)| {
            let (cell, seconds) = state.recent.window(id, seconds, now);
            (cell.count > 0).then_some(Load { route, cell, seconds })
        };
        routes.into_iter().filter_map(load).collect()
    }
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { key::UNKNOWN } else { text }
}

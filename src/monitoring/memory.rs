//! What the monitor remembers, and the figures made of it. Pure: whoever samples brings the measurements.

use std::collections::HashMap;

use super::ring::{Ring, SECONDS};
use super::series::Load;
use super::view::{HttpStatus, Latencies, Latency, MonitoringOverview, Rates, RouteLoad, round};
use crate::realtime::Carried;

/// Windows of [`Rates`] in seconds.
pub const WINDOWS: [usize; 3] = [1, MINUTE, SECONDS];
/// Window of the routes' load.
pub const MINUTE: usize = 60;
/// Window of the overview's latency: one second of a quiet server would have no percentiles.
pub const LATENCY: usize = 10;

/// The last five minutes of everything but requests, which `series` counts.
#[derive(Debug, Default)]
pub struct Memory {
    /// How long each "second" really was.
    lengths: Ring<f64>,
    carried: Ring<Carried>,
    points: Ring<MonitoringOverview>,
}

impl Memory {
    /// Adds a second that took `length`.
    pub fn add(&mut self, length: f64, carried: Carried) {
        self.carried.push(carried);
        self.lengths.push(length);
    }

    /// Remembers what was published of a second.
    pub fn remember(&mut self, point: MonitoringOverview) {
        self.points.push(point);
    }

    /// The overviews of the last five minutes, oldest first.
    pub fn points(&self) -> impl Iterator<Item = &MonitoringOverview> {
        self.points.iter()
    }

    /// The newest overview.
    pub fn last_point(&self) -> Option<&MonitoringOverview> {
        self.points.newest(1).next()
    }

    /// What the realtime side carried a second: one count of it.
    pub fn carried(&self, count: fn(&Carried) -> u64) -> Rates {
        self.rates(WINDOWS.map(|w| self.carried.newest(w).map(count).sum::<u64>() as f64))
    }

    fn rates(&self, counts: [f64; 3]) -> Rates {
        let mut counts =
            counts.into_iter().zip(WINDOWS).map(|(count, window)| self.per_second(count, window));
        let mut next = || counts.next().unwrap_or_default();
        Rates { second: next(), minute: next(), five_minutes: next() }
    }

    /// `count` things in the newest `window` seconds, a second. A server that is younger than the window
    /// divides by its age.
    fn per_second(&self, count: impl Into<f64>, window: usize) -> f64 {
        let length: f64 = self.lengths.newest(window).sum();
        if length > 0.0 { round(count.into() / length) } else { 0.0 }
    }
}

/// The HTTP part of the status, of the requests in [`WINDOWS`].
pub fn http(windows: &[Load; 3]) -> HttpStatus {
    let rate = |count: fn(&Load) -> u64| {
        let [second, minute, five_minutes] = windows.each_ref().map(|w| per_second(w, count(w)));
        Rates { second, minute, five_minutes }
    };
    let [second, minute, five_minutes] =
        windows.each_ref().map(|w| round(w.cell.errors as f64 / w.cell.count.max(1) as f64));
    HttpStatus {
        requests_per_second: rate(|w| w.cell.count),
        errors_per_second: rate(|w| w.cell.errors),
        error_rate: Rates { second, minute, five_minutes },
        latency_ms: Latencies {
            second: Latency::of(&windows[0].cell),
            minute: Latency::of(&windows[1].cell),
            five_minutes: Latency::of(&windows[2].cell),
        },
    }
}

/// The load of routes, busiest first; `last` is that of the last second.
pub fn routes(loads: &[Load], last: &[Load]) -> Vec<RouteLoad> {
    let last: HashMap<&str, u64> = last.iter().map(|load| (&*load.route, load.cell.count)).collect();
    let mut routes: Vec<RouteLoad> = loads
        .iter()
        .filter_map(|load| {
            let latency = Latency::of(&load.cell)?;
            let (method, route) = load.route.split_once(' ').unwrap_or(("<other>", "<other>"));
            Some(RouteLoad {
                method: method.to_owned(),
                route: route.to_owned(),
                requests_per_second: per_second(load, load.cell.count),
                errors_per_second: per_second(load, load.cell.errors),
                p50_ms: latency.p50,
                p95_ms: latency.p95,
                p99_ms: latency.p99,
                last_second: last.get(&*load.route).copied().unwrap_or_default(),
            })
        })
        .collect();
    routes.sort_by(|a, b| b.requests_per_second.total_cmp(&a.requests_per_second));
    routes
}

/// `count` of the things in `load`, a second. A server that is younger than the window divides by its age.
pub fn per_second(load: &Load, count: u64) -> f64 {
    if load.seconds > 0 { round(count as f64 / f64::from(load.seconds)) } else { 0.0 }
}

//! What the monitor remembers, and the figures made of it. Pure: whoever samples brings the measurements.

use std::collections::BTreeMap;

use super::recorder::Route;
use super::ring::{RequestRing, Requests, Ring, SECONDS};
use super::view::{HttpStatus, Latencies, Latency, MonitoringOverview, Rates, RouteLoad, round};
use crate::realtime::Carried;

/// Windows of [`Rates`] in seconds.
const WINDOWS: [usize; 3] = [1, MINUTE, SECONDS];
/// Window of the routes' load.
const MINUTE: usize = 60;
/// Window of the overview's latency: one second of a quiet server would have no percentiles.
const LATENCY: usize = 10;

/// The last five minutes.
#[derive(Debug, Default)]
pub struct Memory {
    /// How long each "second" really was.
    lengths: Ring<f64>,
    total: RequestRing,
    routes: BTreeMap<Route, RequestRing>,
    carried: Ring<Carried>,
    points: Ring<MonitoringOverview>,
}

impl Memory {
    /// Adds a second that took `length`.
    pub fn add(&mut self, length: f64, requests: Vec<(Route, Requests)>, carried: Carried) {
        let mut total = Requests::default();
        for (route, second) in requests {
            total.merge(&second);
            self.routes.entry(route).or_default().push(second);
        }
        self.total.push(total);
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

    /// Requests and errors a second in the newest second, and the latency for the overview.
    pub fn now(&self) -> (f64, f64, Option<Latency>) {
        let second = self.total.window(1);
        let latency = Latency::of(&self.total.window(LATENCY));
        (self.per_second(second.latency.total() as f64, 1), self.per_second(second.errors, 1), latency)
    }

    /// The HTTP part of the status.
    pub fn http(&self) -> HttpStatus {
        let [second, minute, five] = WINDOWS.map(|w| self.total.window(w));
        let windows = [&second, &minute, &five];
        let rate = |count: fn(&Requests) -> f64| self.rates(windows.map(count));
        let error_rate = windows.map(|w| round(f64::from(w.errors) / w.latency.total().max(1) as f64));
        HttpStatus {
            requests_per_second: rate(|w| w.latency.total() as f64),
            errors_per_second: rate(|w| f64::from(w.errors)),
            error_rate: rates(error_rate),
            latency_ms: Latencies {
                second: Latency::of(&second),
                minute: Latency::of(&minute),
                five_minutes: Latency::of(&five),
            },
        }
    }

    /// What the realtime side carried a second: one count of it.
    pub fn carried(&self, count: fn(&Carried) -> u64) -> Rates {
        self.rates(WINDOWS.map(|w| self.carried.newest(w).map(count).sum::<u64>() as f64))
    }

    /// The routes asked within the last minute, busiest first.
    pub fn routes(&self) -> Vec<RouteLoad> {
        let mut loads: Vec<RouteLoad> = self
            .routes
            .iter()
            .filter_map(|((method, route), ring)| {
                let window = ring.window(MINUTE);
                let latency = Latency::of(&window)?;
                Some(RouteLoad {
                    method: (*method).to_owned(),
                    route: route.to_string(),
                    requests_per_second: self.per_second(window.latency.total() as f64, MINUTE),
                    errors_per_second: self.per_second(window.errors, MINUTE),
                    p50_ms: latency.p50,
                    p95_ms: latency.p95,
                })
            })
            .collect();
        loads.sort_by(|a, b| b.requests_per_second.total_cmp(&a.requests_per_second));
        loads
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

fn rates([second, minute, five_minutes]: [f64; 3]) -> Rates {
    Rates { second, minute, five_minutes }
}

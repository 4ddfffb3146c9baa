//! Counts requests as they are answered, by method and route pattern.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::histogram::AtomicHistogram;
use super::ring::Requests;

/// Methods and routes told apart. Patterns come from the route tree, so there are never that many; the bound is
/// for a mistake there.
const ROUTES: usize = 512;
/// Where requests beyond [`ROUTES`] are counted.
const REST: &str = "<other>";

/// One route's requests since the last drain.
#[derive(Debug, Default)]
struct Counter {
    errors: AtomicU32,
    latency: AtomicHistogram,
}

/// A method and a route pattern.
pub type Route = (&'static str, Arc<str>);

/// One method's routes.
type Routes = HashMap<Arc<str>, Arc<Counter>>;

/// Counts of all routes.
#[derive(Debug, Default)]
pub struct Recorder {
    methods: RwLock<HashMap<&'static str, Routes>>,
}

impl Recorder {
    /// Counts a request: one look-up and two additions.
    pub fn record(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let counter = self.counter(method, route);
        if status >= 500 {
            counter.errors.fetch_add(1, Ordering::Relaxed);
        }
        counter.latency.record(took);
    }

    /// Takes out what was counted since the last time, for every route that was ever asked.
    pub fn drain(&self) -> Vec<(Route, Requests)> {
        let methods = self.methods.read().expect("no panic while held");
        let counters = methods
            .iter()
            .flat_map(|(method, routes)| routes.iter().map(move |(route, c)| ((*method, route.clone()), c)));
        counters
            .map(|(route, c)| {
                let errors = c.errors.swap(0, Ordering::Relaxed);
                (route, Requests { errors, latency: c.latency.drain() })
            })
            .collect()
    }

    fn counter(&self, method: &'static str, route: &str) -> Arc<Counter> {
        let known = |methods: &HashMap<&str, Routes>| methods.get(method)?.get(route).cloned();
        if let Some(counter) = known(&self.methods.read().expect("no panic while held")) {
            return counter;
        }
        let mut methods = self.methods.write().expect("no panic while held");
        let full = methods.values().map(HashMap::len).sum::<usize>() >= ROUTES;
        let of_method = methods.entry(method).or_default();
        let name = if full && !of_method.contains_key(route) { REST } else { route };
        of_method.entry(name.into()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn routes_and_methods_are_told_apart() {
        let recorder = Recorder::default();
        recorder.record("GET", "/a", 200, MS);
        recorder.record("GET", "/a", 500, MS);
        recorder.record("POST", "/a", 404, MS);
        let mut drained: Vec<_> = recorder
            .drain()
            .into_iter()
            .map(|((method, route), r)| (method, route.to_string(), r.latency.total(), r.errors))
            .collect();
        drained.sort();
        assert_eq!(drained, [("GET", "/a".to_owned(), 2, 1), ("POST", "/a".to_owned(), 1, 0)]);
        assert!(recorder.drain().iter().all(|(_, r)| r.latency.total() == 0));
    }

    #[test]
    fn too_many_routes_share_one_place() {
        let recorder = Recorder::default();
        (0..ROUTES + 100).for_each(|n| recorder.record("GET", &format!("/{n}"), 200, MS));
        recorder.record("GET", "/1", 200, MS);
        let drained = recorder.drain();
        assert_eq!(drained.len(), ROUTES + 1);
        let count = |name: &str| drained.iter().find(|((_, r), _)| &**r == name).unwrap().1.latency.total();
        assert_eq!((count(REST), count("/1")), (100, 2));
    }
}

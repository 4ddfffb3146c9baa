//! What is told apart: metrics, what they are split by, and how many names and labels of each there may be.

use std::collections::HashMap;

/// Longest name or label in bytes: an application and a version or view fit.
const TEXT: usize = 160;
/// Names of measurements told apart, besides [`VITALS`].
const NAMES: usize = 32;
/// Measurements of one name are split into this many times fewer labels when the name is none of [`VITALS`].
const LESS: usize = 5;
/// Where everything beyond a bound is counted.
pub const OTHER: &str = "other";
/// Where is counted what does not say what it belongs to.
pub const UNKNOWN: &str = "<unknown>";
/// Label of all labels together; none of the others is empty.
pub const ALL: &str = "";
/// Measurements that always have room, with the values up to which they are good, and beyond which they are poor
/// (<https://web.dev/articles/vitals>); milliseconds, but for `cls`, which has no unit.
pub const VITALS: [(&str, f64, f64); 5] = [
    ("lcp", 2500.0, 4000.0),
    ("inp", 200.0, 500.0),
    ("cls", 0.1, 0.25),
    ("fcp", 1800.0, 3000.0),
    ("ttfb", 800.0, 1800.0),
];

/// A metric, split by something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Requests: count, faults of the server, milliseconds.
    RequestsByRoute,
    /// Milliseconds from the server's ping to the client's answer.
    RttByClient,
    /// Signals: count, and how many of them are errors.
    SignalsByClient,
    /// The same; the name is the kind of signal.
    SignalsByApp,
    /// What applications measure; the name is what.
    MeasurementsByApp,
    MeasurementsByVersion,
    MeasurementsByView,
    /// What the server itself is like, measured every second; the label is what.
    ServerByGauge,
    /// The minutes in which the server ran.
    Up,
}

impl Group {
    /// Every group with its metric and dimension as they are stored, and how many labels it may have. Clients are as
    /// many as one server serves; routes come from the route tree, where the bound is for a mistake.
    pub const ALL: [(Self, &'static str, &'static str, usize); 9] = [
        (Self::RequestsByRoute, "requests", "route", 512),
        (Self::RttByClient, "rtt", "client", 10_000),
        (Self::SignalsByClient, "signals", "client", 10_000),
        (Self::SignalsByApp, "signals", "app", 100),
        (Self::MeasurementsByApp, "measurements", "app", 100),
        (Self::MeasurementsByVersion, "measurements", "version", 200),
        (Self::MeasurementsByView, "measurements", "view", 500),
        (Self::ServerByGauge, "server", "gauge", 32),
        (Self::Up, "up", "", 1),
    ];

    fn row(self) -> (Self, &'static str, &'static str, usize) {
        Self::ALL.into_iter().find(|row| row.0 == self).unwrap_or(Self::ALL[0])
    }

    /// As it is stored.
    pub fn metric(self) -> &'static str {
        self.row().1
    }

    /// As it is stored.
    pub fn dimension(self) -> &'static str {
        self.row().2
    }

    /// The group of a metric and dimension as they are stored.
    pub fn stored(metric: &str, dimension: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| (row.1, row.2) == (metric, dimension)).map(|row| row.0)
    }

    fn most_labels(self, name: &str) -> usize {
        let most = self.row().3;
        let measured =
            matches!(self, Self::MeasurementsByApp | Self::MeasurementsByVersion | Self::MeasurementsByView);
        if measured && !is_vital(name) { most / LESS } else { most }
    }
}

fn is_vital(name: &str) -> bool {
    VITALS.iter().any(|vital| vital.0 == name)
}

/// What one series is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub group: Group,
    /// Empty where there is nothing to tell apart.
    pub name: Box<str>,
    /// [`ALL`] for the sum of all labels.
    pub label: Box<str>,
}

/// One name of a group.
#[derive(Debug)]
pub struct Family {
    /// The series of all labels together.
    pub all: u32,
    /// The series of each.
    pub labels: HashMap<Box<str>, u32>,
}

/// A series that is known, whether or not it has data now.
#[derive(Debug)]
pub struct Known {
    pub key: Key,
    /// The last day (since 1970) with data.
    pub last_day: i64,
    /// What the database holds of it: none, or the last day as it was written.
    pub stored_day: Option<i64>,
}

/// All series by what they are about. Ids are those of the database.
#[derive(Debug, Default)]
pub struct Index {
    groups: HashMap<Group, HashMap<Box<str>, Family>>,
    known: HashMap<u32, Known>,
    last_id: u32,
}

/// The series to which something is to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub id: u32,
    /// That of all labels together.
    pub all: u32,
    /// Whether it went to [`OTHER`] for want of room.
    pub folded: bool,
}

impl Index {
    /// Where something of this name and label goes; what is new gets a place as long as there is room.
    pub fn place(&mut self, group: Group, name: &str, label: &str) -> Place {
        let (name, label) = (bounded(name), if label.is_empty() { UNKNOWN } else { bounded(label) });
        let names = self.groups.entry(group).or_default();
        let mut folded = false;
        let name = if names.contains_key(name) || is_vital(name) || names.len() < NAMES {
            name
        } else {
            folded = true;
            OTHER
        };
        if !names.contains_key(name) {
            let all = self.add(group, name, ALL);
            let family = Family { all, labels: HashMap::new() };
            self.groups.entry(group).or_default().insert(name.into(), family);
        }
        let family = &self.groups[&group][name];
        if let Some(id) = family.labels.get(label) {
            return Place { id: *id, all: family.all, folded };
        }
        let (all, full) = (family.all, family.labels.len() >= group.most_labels(name));
        let label = if full { OTHER } else { label };
        let id = match family.labels.get(label) {
            Some(id) => *id,
            None => self.add(group, name, label),
        };
        Place { id, all, folded: folded || full }
    }

    fn add(&mut self, group: Group, name: &str, label: &str) -> u32 {
        let id = self.last_id + 1;
        self.restore(id, Key { group, name: name.into(), label: label.into() }, 0, None);
        id
    }

    /// Takes in a series of the database.
    pub fn restore(&mut self, id: u32, key: Key, last_day: i64, stored_day: Option<i64>) {
        self.last_id = self.last_id.max(id);
        let names = self.groups.entry(key.group).or_default();
        if &*key.label == ALL {
            names
                .entry(key.name.clone())
                .and_modify(|f| f.all = id)
                .or_insert_with(|| Family { all: id, labels: HashMap::new() });
        } else if let Some(family) = names.get_mut(&key.name) {
            family.labels.insert(key.label.clone(), id);
        }
        self.known.insert(id, Known { key, last_day, stored_day });
    }

    /// Forgets a series that has no data left.
    pub fn forget(&mut self, id: u32) {
        let Some(Known { key, .. }) = self.known.remove(&id) else { return };
        let Some(names) = self.groups.get_mut(&key.group) else { return };
        if &*key.label == ALL {
            names.remove(&key.name);
        } else if let Some(family) = names.get_mut(&key.name) {
            family.labels.remove(&key.label);
        }
    }

    /// One series.
    pub fn known(&mut self, id: u32) -> Option<&mut Known> {
        self.known.get_mut(&id)
    }

    /// Every series.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Known)> {
        self.known.iter().map(|(id, known)| (*id, known))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// The families of a group with this name, or all of them.
    pub fn families(&self, group: Group, name: Option<&str>) -> impl Iterator<Item = &Family> {
        let names = self.groups.get(&group).into_iter().flatten();
        names.filter(move |(found, _)| name.is_none_or(|name| &***found == name)).map(|(_, family)| family)
    }
}

/// `text`, cut to what is kept of it.
fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_labels_share_one_place() {
        let mut index = Index::default();
        let first = index.place(Group::MeasurementsByApp, "lcp", "0");
        let ids: Vec<Place> =
            (1..300).map(|n| index.place(Group::MeasurementsByApp, "lcp", &n.to_string())).collect();
        let folded: Vec<&Place> = ids.iter().filter(|p| p.folded).collect();
        assert_eq!(folded.len(), 200);
        assert!(folded.iter().all(|p| p.id == folded[0].id && p.all == first.all));
        assert_eq!(index.place(Group::MeasurementsByApp, "lcp", "0"), first);
        assert_eq!(index.len(), 102);
    }

    #[test]
    fn vitals_have_room_when_other_names_have_none() {
        let mut index = Index::default();
        for n in 0..1000 {
            index.place(Group::MeasurementsByView, &format!("name {n}"), "view");
        }
        assert!(!index.place(Group::MeasurementsByView, "cls", "view").folded);
        assert!(index.place(Group::MeasurementsByView, "more", "view").folded);
        assert!(index.len() < 100);
    }

    #[test]
    fn texts_are_cut_between_characters_and_never_empty() {
        let mut index = Index::default();
        let long = "é".repeat(500);
        let a = index.place(Group::SignalsByApp, "log", &long);
        let b = index.place(Group::SignalsByApp, "log", &format!("{long}more"));
        assert_eq!(a, b);
        let id = index.place(Group::SignalsByApp, "log", "").id;
        assert_eq!(&*index.known(id).unwrap().key.label, UNKNOWN);
    }

    #[test]
    fn what_is_forgotten_makes_room() {
        let mut index = Index::default();
        let place = index.place(Group::SignalsByApp, "log", "desk");
        index.forget(place.id);
        index.forget(place.all);
        assert_eq!(index.len(), 0);
        let again = index.place(Group::SignalsByApp, "log", "desk");
        assert!(again.id > place.id && again.all > place.all);
    }
}

//! Installations of client applications.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const KEPT: &str = "workspace_installations";
const FORGOTTEN: &str = "workspace_installations_forgotten_total";
const DROPPED: &str = "workspace_sightings_dropped_total";

const EVENTS_DROPPED: &str = "workspace_client_events_dropped_total";

pub(super) fn describe() {
    describe_gauge!(KEPT, Unit::Count, "Installations of client applications that are known.");
    describe_counter!(
        FORGOTTEN,
        Unit::Count,
        "Installations removed because there were too many, the longest silent first."
    );
    describe_counter!(
        DROPPED,
        Unit::Count,
        "Sightings of installations not noted because too many waited to be written."
    );
    describe_counter!(
        EVENTS_DROPPED,
        Unit::Count,
        "Events of installations not noted because too many waited to be written."
    );
    counter!(EVENTS_DROPPED).increment(0);
    counter!(FORGOTTEN).increment(0);
    counter!(DROPPED).increment(0);
}

/// So many installations are known.
pub fn installations_kept(count: i64) {
    gauge!(KEPT).set(count as f64);
}

/// So many were removed for want of place.
pub fn installations_forgotten(count: usize) {
    counter!(FORGOTTEN).increment(count as u64);
}

/// A sighting was not noted.
pub fn sighting_dropped() {
    counter!(DROPPED).increment(1);
}

/// So many events of installations were not noted.
pub fn client_events_dropped(count: usize) {
    counter!(EVENTS_DROPPED).increment(count as u64);
}

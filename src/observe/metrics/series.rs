//! The aggregates that graphs are made of: how many there are, and what had no room.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const KNOWN: &str = "workspace_series";
const FOLDED: &str = "workspace_series_folded_total";
const REFUSED: &str = "workspace_series_values_refused_total";
const LOST: &str = "workspace_series_rows_lost_total";

pub(super) fn describe() {
    describe_gauge!(KNOWN, Unit::Count, "Series with data within the retention.");
    describe_counter!(
        FOLDED,
        Unit::Count,
        "Values counted as `other`, as there were too many labels, by metric."
    );
    describe_counter!(REFUSED, Unit::Count, "Measurements refused because they were no numbers.");
    describe_counter!(LOST, Unit::Count, "Hours of series dropped because the database did not take them.");
    gauge!(KNOWN).set(0.0);
    for metric in ["requests", "rtt", "signals", "measurements"] {
        counter!(FOLDED, "metric" => metric).increment(0);
    }
    counter!(REFUSED).increment(0);
    counter!(LOST).increment(0);
}

/// There are this many series.
pub fn series_known(series: usize) {
    gauge!(KNOWN).set(series as f64);
}

/// Something of `metric`, a name of a closed set, was counted as `other` for want of room.
pub fn series_folded(metric: &'static str) {
    counter!(FOLDED, "metric" => metric).increment(1);
}

/// A measurement was no number.
pub fn series_refused() {
    counter!(REFUSED).increment(1);
}

/// This many hours of series were dropped, as the database did not take them for long.
pub fn series_lost(hours: usize) {
    counter!(LOST).increment(hours as u64);
}

//! Source maps: what is in memory, and how long it takes to read one.

use std::time::Duration;

use metrics::{Unit, describe_gauge, describe_histogram, gauge, histogram};

const CACHED: &str = "workspace_source_maps_cached_bytes";
const READ: &str = "workspace_source_map_read_duration_seconds";

pub(super) fn describe() {
    describe_gauge!(CACHED, Unit::Bytes, "Memory of the source maps that are ready to resolve stacks.");
    describe_histogram!(READ, Unit::Seconds, "Time to decompress and read a source map.");
    gauge!(CACHED).set(0.0);
}

/// So many bytes of source maps are in memory now.
pub fn source_maps_cached(bytes: usize) {
    gauge!(CACHED).set(bytes as f64);
}

/// A source map was decompressed and read.
pub fn source_map_read(took: Duration) {
    histogram!(READ).record(took);
}

//! Source maps: what is in memory, and how long it takes to read one.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const CACHED: &str = "workspace_source_maps_cached_bytes";
const READ: &str = "workspace_source_map_read_duration_seconds";
/// The names of the official receiver. It labels them by where the page was loaded from; here a map belongs to a version of an
/// application, and whoever sends may name any page: there is one origin. It never downloads any.
const RECEIVER_CACHED: &str = "faro_receiver_sourcemap_cache_size";
const RECEIVER_READS: &str = "faro_receiver_sourcemap_file_reads_total";

pub(super) fn describe() {
    describe_gauge!(CACHED, Unit::Bytes, "Memory of the source maps that are ready to resolve stacks.");
    describe_histogram!(READ, Unit::Seconds, "Time to decompress and read a source map.");
    gauge!(CACHED).set(0.0);
    describe_gauge!(RECEIVER_CACHED, Unit::Count, "Source maps that are ready to resolve stacks.");
    describe_counter!(RECEIVER_READS, Unit::Count, "Source maps that were read, by how it went.");
    gauge!(RECEIVER_CACHED, "origin" => "").set(0.0);
    for status in ["ok", "error"] {
        counter!(RECEIVER_READS, "origin" => "", "status" => status).increment(0);
    }
}

/// So many source maps, of so many bytes, are in memory now.
pub fn source_maps_cached(maps: usize, bytes: usize) {
    gauge!(CACHED).set(bytes as f64);
    gauge!(RECEIVER_CACHED, "origin" => "").set(maps as f64);
}

/// A source map was decompressed and read; without a time it could not be.
pub fn source_map_read(took: Option<Duration>) {
    let status = if took.is_some() { "ok" } else { "error" };
    counter!(RECEIVER_READS, "origin" => "", "status" => status).increment(1);
    if let Some(took) = took {
        histogram!(READ).record(took);
    }
}

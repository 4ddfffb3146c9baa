//! The writer, its commits, and reads.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::db::Db;

const WRITE: &str = "workspace_database_write_duration_seconds";
const COMMIT: &str = "workspace_database_commit_duration_seconds";
const JOBS: &str = "workspace_database_commit_jobs";
const READ: &str = "workspace_database_read_duration_seconds";
const REFUSED: &str = "workspace_database_writes_refused_total";
const QUEUE: &str = "workspace_database_write_queue_depth";
const SIZE: &str = "workspace_database_size_bytes";
const DISK_FREE: &str = "workspace_disk_free_bytes";
const DISK_SIZE: &str = "workspace_disk_size_bytes";

pub(super) fn describe() {
    describe_histogram!(WRITE, Unit::Seconds, "Time of a write from the queue to the durable commit.");
    describe_histogram!(COMMIT, Unit::Seconds, "Time of one group commit, its jobs' statements included.");
    describe_histogram!(JOBS, Unit::Count, "Writes that shared one commit.");
    describe_histogram!(READ, Unit::Seconds, "Time of one query on the read-only connections.");
    describe_counter!(REFUSED, Unit::Count, "Writes refused because the queue stayed full.");
    describe_gauge!(QUEUE, Unit::Count, "Writes that wait for the writer now.");
    describe_gauge!(SIZE, Unit::Bytes, "Size of the database file and its write-ahead log.");
    describe_gauge!(DISK_FREE, Unit::Bytes, "Free room on the disk with the database.");
    describe_gauge!(DISK_SIZE, Unit::Bytes, "Size of the disk with the database.");
    counter!(REFUSED).increment(0);
}

struct Handles {
    write: Histogram,
    commit: Histogram,
    jobs: Histogram,
    read: Histogram,
    refused: Counter,
}

/// Looked up once: these run for every statement.
fn handles() -> &'static Handles {
    static HANDLES: OnceLock<Handles> = OnceLock::new();
    HANDLES.get_or_init(|| {
        super::start();
        Handles {
            write: histogram!(WRITE),
            commit: histogram!(COMMIT),
            jobs: histogram!(JOBS),
            read: histogram!(READ),
            refused: counter!(REFUSED),
        }
    })
}

/// A write waited this long, from the queue to the durable commit.
pub fn write_seconds(took: Duration) {
    handles().write.record(took);
}

/// A group commit took this long.
pub fn commit_seconds(took: Duration) {
    handles().commit.record(took);
}

/// A group commit carried this many jobs.
pub fn write_batch(jobs: usize) {
    handles().jobs.record(jobs as f64);
}

/// A query on the read-only connections took this long.
pub fn read_seconds(took: Duration) {
    handles().read.record(took);
}

/// A write was refused because the queue stayed full.
pub fn write_refused() {
    handles().refused.increment(1);
}

/// What is measured only when somebody looks.
pub(super) fn collect(db: &Db) {
    gauge!(QUEUE).set(db.write_queue_depth() as f64);
    gauge!(SIZE).set(db.size_bytes() as f64);
    if let Some((free, size)) = db.disk_bytes() {
        gauge!(DISK_FREE).set(free as f64);
        gauge!(DISK_SIZE).set(size as f64);
    }
}

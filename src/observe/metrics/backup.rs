//! Backups: when the last one was made, and whether it succeeded.

use metrics::{Unit, describe_gauge, gauge};

const SUCCESS: &str = "workspace_backup_last_success_timestamp_seconds";
const RESULT: &str = "workspace_backup_last_result";
const SIZE: &str = "workspace_backup_last_size_bytes";
const DURATION: &str = "workspace_backup_last_duration_seconds";

pub(super) fn describe() {
    describe_gauge!(
        SUCCESS,
        Unit::Seconds,
        "When the newest verified backup was begun, since 1970; 0 for none."
    );
    describe_gauge!(
        RESULT,
        Unit::Count,
        "1 when the last backup succeeded or there was none yet, 0 when it failed."
    );
    describe_gauge!(SIZE, Unit::Bytes, "Size of the newest verified backup.");
    describe_gauge!(
        DURATION,
        Unit::Seconds,
        "Time that the newest verified backup took, verification included."
    );
    gauge!(SUCCESS).set(0.0);
    gauge!(RESULT).set(1.0);
    gauge!(SIZE).set(0.0);
    gauge!(DURATION).set(0.0);
}

/// This is the newest verified backup: when it was begun in seconds since 1970, its bytes, and the milliseconds it took.
pub fn backup_made(at: i64, bytes: u64, took_ms: u64) {
    gauge!(SUCCESS).set(at as f64);
    gauge!(SIZE).set(bytes as f64);
    gauge!(DURATION).set(took_ms as f64 / 1e3);
}

/// How the last backup ended.
pub fn backup_result(success: bool) {
    gauge!(RESULT).set(f64::from(u8::from(success)));
}

//! The audit log: what it could not take.

use metrics::{Unit, counter, describe_counter};

const LOST: &str = "workspace_audit_lost_total";

pub(super) fn describe() {
    describe_counter!(LOST, Unit::Count, "Rows of the audit log that the database did not take.");
    counter!(LOST).increment(0);
}

/// A row was not written; the log has it.
pub fn audit_lost() {
    counter!(LOST).increment(1);
}

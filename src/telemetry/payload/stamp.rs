//! Times as senders write them.

use chrono::{DateTime, NaiveDateTime};

use super::leaf::Leaf;

/// Milliseconds since 1970: RFC 3339, the same without a zone (taken as UTC), or a number of milliseconds.
/// `None` for anything else, which then happened when it was received.
pub fn ms(leaf: Leaf<'_>) -> Option<i64> {
    let text = leaf.text().ok().flatten()?;
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_millis());
    }
    if let Ok(at) = text.parse::<NaiveDateTime>() {
        return Some(at.and_utc().timestamp_millis());
    }
    let number: f64 = text.parse().ok()?;
    // As a double holds milliseconds exactly, and as chrono can show them.
    (number.is_finite() && number.abs() < 8e15).then_some(number as i64)
}

/// Milliseconds since 1970 of OpenTelemetry's nanoseconds, which are text or a number.
pub fn nanos(leaf: Leaf<'_>) -> Option<i64> {
    let text = leaf.text().ok().flatten()?;
    text.trim().parse::<u64>().ok().filter(|ns| *ns > 0).map(|ns| (ns / 1_000_000) as i64)
}

//! How long signals of client applications are kept, and how much of what explains them.

use super::{ConfigError, values};
use crate::telemetry::Kind;

/// Days of each kind when nothing is said; in the order of [`Kind::ALL`].
const DAYS: [u32; 5] = [14, 90, 30, 30, 7];
/// Longest time, in days.
const MOST_DAYS: u32 = 3_650;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// How long signals are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalRetention {
    days: [u32; 5],
    /// Most bytes of all signals; the oldest go first.
    pub max_bytes: i64,
}

impl SignalRetention {
    /// How long a kind is kept, in milliseconds.
    pub fn days_ms(&self, kind: Kind) -> i64 {
        i64::from(self.days[kind as usize]) * DAY_MS
    }

    /// Reads `SIGNALS_DAYS` and `SIGNALS_MAX_MB`.
    ///
    /// # Errors
    /// The first fault, naming the setting.
    pub fn read(days: &Option<String>, max_mb: &Option<String>) -> Result<Self, ConfigError> {
        let mut kept = DAYS;
        for pair in values::list(days) {
            let known = pair.split_once('=').and_then(|(kind, days)| {
                let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind.trim())?;
                let days = days.trim().parse().ok().filter(|days| (1..=MOST_DAYS).contains(days))?;
                Some((kind, days))
            });
            let (kind, days) = known.ok_or_else(|| {
                ConfigError::new(
                    "SIGNALS_DAYS",
                    format!("found `{pair}`"),
                    "use KIND=DAYS with log, exception, measurement, event or span, and 1 to 3650 days",
                )
            })?;
            kept[kind as usize] = days;
        }
        let megabytes = values::number("SIGNALS_MAX_MB", max_mb, "10240", 1..=100_000_000)?;
        Ok(Self { days: kept, max_bytes: (megabytes << 20).cast_signed() })
    }
}

/// Reads `SOURCE_MAPS_MAX_MB`, into bytes.
///
/// # Errors
/// When it is no number, or out of range.
pub fn source_maps(max_mb: &Option<String>) -> Result<i64, ConfigError> {
    let megabytes = values::number("SOURCE_MAPS_MAX_MB", max_mb, "1024", 1..=100_000_000)?;
    Ok((megabytes << 20).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(days: &str, max_mb: &str) -> Result<SignalRetention, ConfigError> {
        SignalRetention::read(&Some(days.to_owned()), &Some(max_mb.to_owned()))
    }

    #[test]
    fn kinds_that_are_not_named_keep_their_default() {
        let kept = read("exception=365, log = 1", "1").unwrap();
        assert_eq!((kept.days, kept.max_bytes), ([1, 365, 30, 30, 7], 1 << 20));
        assert_eq!(kept.days_ms(Kind::Log), DAY_MS);
    }

    #[test]
    fn wrong_values_are_named() {
        for days in ["logs=1", "log", "log=0", "log=x", "log=4000"] {
            assert_eq!(read(days, "1").unwrap_err().setting, "SIGNALS_DAYS", "{days}");
        }
        assert_eq!(read("log=1", "0").unwrap_err().setting, "SIGNALS_MAX_MB");
        assert_eq!(source_maps(&Some("all".to_owned())).unwrap_err().setting, "SOURCE_MAPS_MAX_MB");
    }
}

//! The bounds, from the configuration and from the slices that keep to them.

use sea_orm::DbErr;

use crate::app::Services;
use crate::audit;
use crate::telemetry::Kind;

/// What a bound is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Bytes,
    Days,
    Seconds,
    Count,
}

/// One bound.
pub struct Bound {
    pub name: &'static str,
    /// The setting that changes it; `None` for one that is fixed.
    pub setting: Option<&'static str>,
    pub value: u64,
    pub measure: Measure,
    pub used: Option<u64>,
}

fn set(
    name: &'static str,
    setting: &'static str,
    value: u64,
    measure: Measure,
    used: impl Into<Option<u64>>,
) -> Bound {
    Bound { name, setting: Some(setting), value, measure, used: used.into() }
}

fn fixed(name: &'static str, value: u64, measure: Measure, used: impl Into<Option<u64>>) -> Bound {
    Bound { name, setting: None, value, measure, used: used.into() }
}

fn days_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Log => "log_days",
        Kind::Exception => "exception_days",
        Kind::Measurement => "measurement_days",
        Kind::Event => "event_days",
        Kind::Span => "span_days",
    }
}

/// Every bound, what is stored first.
pub async fn all(services: &Services) -> Result<Vec<Bound>, DbErr> {
    let config = &services.config;
    let telemetry = services.telemetry.usage().await?;
    let maps_max = config.source_maps_max_bytes.unsigned_abs();
    let mut bounds =
        vec![set("signal_bytes", "SIGNALS_MAX_MB", telemetry.max_bytes, Measure::Bytes, telemetry.bytes)];
    for kind in telemetry.kinds {
        bounds.push(set(days_of(kind.kind), "SIGNALS_DAYS", kind.days, Measure::Days, kind.oldest_days));
    }
    let audited = services.audit.count().await?;
    bounds.extend([
        set("source_map_bytes", "SOURCE_MAPS_MAX_MB", maps_max, Measure::Bytes, telemetry.map_bytes),
        fixed("audit_rows", audit::MOST.unsigned_abs(), Measure::Count, audited),
        fixed("audit_days", audit::KEPT_DAYS.unsigned_abs(), Measure::Days, None),
        fixed("app_keys", crate::telemetry::MAX_KEYS as u64, Measure::Count, telemetry.keys),
        set("session_days", "SESSION_DAYS", config.session_ttl.as_secs() / 86_400, Measure::Days, None),
        set(
            "access_token_seconds",
            "ACCESS_TOKEN_SECONDS",
            config.access_token_ttl.as_secs(),
            Measure::Seconds,
            None,
        ),
        set("connections", "MAX_CONNECTIONS", config.max_connections as u64, Measure::Count, None),
        set(
            "connections_per_address",
            "MAX_CONNECTIONS_PER_ADDRESS",
            config.max_connections_per_address as u64,
            Measure::Count,
            None,
        ),
    ]);
    Ok(bounds)
}

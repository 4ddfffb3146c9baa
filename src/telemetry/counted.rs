//! Counts of what was stored, for Prometheus and for the aggregates.

use std::collections::HashMap;

use uuid::Uuid;

use super::intake::Stored;
use super::keys::AppKeys;
use super::signal::{Kind, Level};
use crate::monitoring::Series;
use crate::observe::metrics;

/// Type of the measurements that the SDK makes by itself.
const WEB_VITALS: &str = "web-vitals";

/// Counts for Prometheus, where applications that have no key share one label, and for the aggregates.
pub fn count(stored: &[Stored], keys: &AppKeys, series: &Series) {
    let mut counts: HashMap<(Option<Uuid>, &str, Kind, Level), u64> = HashMap::new();
    let mut labels: HashMap<&str, &str> = HashMap::new();
    for Stored { context, signal, .. } in stored {
        let meta = &context.meta;
        // Once for each application, as it looks through the keys.
        let label = *labels.entry(&meta.app).or_insert_with(|| label(keys, &meta.app));
        *counts.entry((context.installation, &meta.app, signal.kind, signal.level)).or_default() += 1;
        for (name, value) in &signal.body.values {
            // How much a web vital changed since it was last reported is no measurement of its own.
            if name == "delta" {
                continue;
            }
            series.measurement(&meta.app, &meta.app_version, &meta.view, name, *value);
            if signal.message == WEB_VITALS {
                metrics::web_vital(label, name, *value);
            }
        }
    }
    for ((client, app, kind, level), count) in counts {
        metrics::signals_stored(kind.as_str(), labels[app], level.as_str(), count);
        series.signals(client, app, kind.as_str(), level == Level::Error, count);
    }
}

fn label<'a>(keys: &AppKeys, app: &'a str) -> &'a str {
    if keys.is_registered(app) { app } else { "other" }
}

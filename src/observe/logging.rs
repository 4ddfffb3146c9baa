//! Log lines on stdout: JSON for machines, text for people. And who else gets them.

use std::io::IsTerminal;

use tracing::field::Field;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::ChronoLocal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};
use crate::logs::{Tap, TapLayer};
use crate::observe::loki::{self, ServerLines};

/// The lines, for whoever else wants them.
pub struct Lines {
    /// For the log in the database.
    pub tap: Tap,
    /// For Loki, if there is one.
    pub loki: Option<ServerLines>,
}

/// Starts logging. Later calls change nothing and give no line.
pub fn start(config: &Config) -> Lines {
    let filter: Targets = config.log_filter.parse().unwrap_or_default();
    // Libraries speak only when something is wrong, whatever the filter says of us.
    let quiet =
        ["sqlx", "sea_orm", "sea_orm_migration", "hyper", "h2", "poem", "tungstenite", "reqwest", "rustls"];
    let filter = quiet.iter().fold(filter, |f, target| f.with_target(*target, tracing::Level::WARN));
    let text = match config.log_format {
        LogFormat::Auto => std::io::stdout().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Text => true,
    };
    let layer = if text {
        tracing_subscriber::fmt::layer()
            .with_ansi(std::io::stdout().is_terminal())
            .with_target(false)
            .with_timer(ChronoLocal::new("%H:%M:%S%.3f".to_owned()))
            .fmt_fields(debug_fn(message_only))
            .boxed()
    } else {
        tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed()
    };
    let (tap, kept) = TapLayer::new();
    let (to_loki, loki) = config.loki.as_ref().map(|url| loki::layer(url, config.mode)).unzip();
    let not_own = loki::OWN.iter().fold(filter.clone(), |f, target| f.with_target(*target, LevelFilter::OFF));
    let layers = tracing_subscriber::registry()
        .with(layer.with_filter(filter.clone()))
        .with(tap.with_filter(filter))
        .with(to_loki.map(|layer| layer.with_filter(not_own)));
    let _ = layers.try_init();
    Lines { tap: kept, loki }
}

/// For people a line is its message, which reads alone; the fields are for machines.
fn message_only(writer: &mut Writer<'_>, field: &Field, value: &dyn std::fmt::Debug) -> std::fmt::Result {
    if field.name() == "message" { write!(writer, "{value:?}") } else { Ok(()) }
}

//! Log lines on stdout: JSON for machines, text for people. And who else gets them.

use std::io::IsTerminal;

use tracing::field::Field;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::ChronoLocal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};
use crate::logs::{Apply, Tap, TapLayer};
use crate::observe::loki::{self, ServerLines};

/// The lines, for whoever else wants them.
pub struct Lines {
    /// For the log in the database.
    pub tap: Tap,
    /// For Loki, if there is one.
    pub loki: Option<ServerLines>,
    /// Puts another filter in force.
    pub apply: Apply,
}

/// Libraries that speak only when something is wrong, whatever the filter says of us.
const QUIET: [&str; 9] =
    ["sqlx", "sea_orm", "sea_orm_migration", "hyper", "h2", "poem", "tungstenite", "reqwest", "rustls"];

/// The filter of a text as in `LOG_LEVEL`.
fn filter(text: &str) -> Targets {
    let filter: Targets = text.parse().unwrap_or_default();
    QUIET.iter().fold(filter, |f, target| f.with_target(*target, tracing::Level::WARN))
}

/// The same without the libraries that push to Loki.
fn not_own(filter: Targets) -> Targets {
    loki::OWN.iter().fold(filter, |f, target| f.with_target(*target, LevelFilter::OFF))
}

/// Starts logging. Later calls change nothing and give no line.
pub fn start(config: &Config) -> Lines {
    let chosen = filter(&config.log_filter);
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
    let (said, on_stdout) = reload::Layer::new(chosen.clone());
    let (kept_of, in_database) = reload::Layer::new(chosen.clone());
    let (pushed, in_loki) = reload::Layer::new(not_own(chosen));
    let layers = tracing_subscriber::registry()
        .with(layer.with_filter(said))
        .with(tap.with_filter(kept_of))
        .with(to_loki.map(|layer| layer.with_filter(pushed)));
    let _ = layers.try_init();
    let apply = move |text: &str| {
        let chosen = filter(text);
        // One fails only when its layer is gone, and nobody hears it then.
        let _ = on_stdout.reload(chosen.clone());
        let _ = in_database.reload(chosen.clone());
        let _ = in_loki.reload(not_own(chosen));
    };
    Lines { tap: kept, loki, apply: Box::new(apply) }
}

/// For people a line is its message, which reads alone; the fields are for machines.
fn message_only(writer: &mut Writer<'_>, field: &Field, value: &dyn std::fmt::Debug) -> std::fmt::Result {
    if field.name() == "message" { write!(writer, "{value:?}") } else { Ok(()) }
}

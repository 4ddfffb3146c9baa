//! Where the server's own lines are taken from: a layer of `tracing` that never waits.

use std::fmt;

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::observe::metrics;
use crate::telemetry::Level;

/// Lines that wait to be kept: some seconds of a busy server.
const WAITING: usize = 8_192;
/// Bytes of a message or field that are kept.
const LONGEST: usize = 4 << 10;

/// A line on its way.
#[derive(Clone, Debug)]
pub struct Written {
    /// How much it matters.
    pub level: Level,
    /// Module.
    pub target: &'static str,
    /// The line.
    pub message: String,
    /// Its fields.
    pub fields: Map<String, Value>,
}

/// The receiving end: lines of this process, in their order.
#[derive(Debug)]
pub struct Tap(pub(super) mpsc::Receiver<Written>);

/// The sending end, for the subscriber.
#[derive(Debug)]
pub struct TapLayer(mpsc::Sender<Written>);

impl TapLayer {
    /// Both ends.
    pub fn new() -> (Self, Tap) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), Tap(receiver))
    }
}

impl<S: Subscriber> Layer<S> for TapLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let meta = event.metadata();
        let mut line = Written {
            level: level(*meta.level()),
            target: meta.target(),
            message: String::new(),
            fields: Map::new(),
        };
        event.record(&mut line);
        // stdout has every line; here the newest are lost when the disk is too slow for them, and counted.
        if self.0.try_send(line).is_err() {
            metrics::server_log_dropped();
        }
    }
}

fn level(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warning,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::Trace,
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

impl Written {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Written {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = cut(format!("{value:?}"));
        if field.name() == "message" {
            self.message = text;
        } else {
            self.put(field, text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, cut(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

//! The server's own lines for Loki, through `tracing-loki`, within bounds.
//!
//! By itself that library drops what its channel of 512 has no room for without a word, and keeps what it has taken from
//! the channel without a bound while Loki is away. So its layer stands behind a gate that counts: what it would drop is
//! not handed over, and counted. And its task is not left alone: lines wait in the channel, and go in rounds of one
//! layer, one channel and one task each. A round is tried a few times; then its lines are dropped and counted. Stdout and
//! the log in the database have all of them.
//!
//! Labels are `app`, `kind`, `level` and `env`, as those of signals, which go another way: `telemetry::loki`.

use std::fmt::{self, Write};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_loki::{BackgroundTask, BackgroundTaskController};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::metrics::{self, LokiDropped, LokiFailed, LokiLines};
use crate::config::{LokiUrl, Mode};

/// Lines that wait: what fits into the channel of `tracing-loki`, which has 512 places.
const LINES: usize = 500;
/// Bytes of lines that wait, as they are written in the code: names, texts and numbers.
const BYTES: usize = 2 << 20;
/// Bytes of the longest line: a quarter of what Loki takes unless it is told otherwise.
const LONGEST: usize = 64 << 10;
/// How long lines are gathered for one round, which opens a connection.
const GATHER: Duration = Duration::from_secs(1);
/// How often a round is tried. The library waits 0, 0.5, 1, 2 and 4 seconds in between.
const TRIES: u32 = 6;
/// How soon it is asked whether it goes on.
const AGAIN: Duration = Duration::from_millis(250);
/// Longest try: by itself the library waits for ever.
const PUSH: Duration = Duration::from_secs(5);
/// Longest round, whatever happens.
const ROUND: Duration = Duration::from_secs(90);
/// How long a round may go on after the stop signal. There may be two, together less than tasks are given.
const FINISH: Duration = Duration::from_millis(1_200);

/// Libraries that push, whose lines would make more lines.
pub const OWN: [&str; 5] = ["tracing_loki", "reqwest", "hyper", "h2", "rustls"];

/// The sending end, for the subscriber.
pub struct LokiLayer {
    gate: Arc<Gate>,
    /// Notes what spans carry, which every layer of the library then finds there. Sends nothing.
    spans: tracing_loki::Layer,
}

/// The receiving end: to be run.
pub struct ServerLines {
    gate: Arc<Gate>,
    url: LokiUrl,
    mode: Mode,
}

struct Gate {
    open: Mutex<Round>,
    written: Notify,
    crowded: Notify,
}

/// Lines that go together.
struct Round {
    layer: tracing_loki::Layer,
    controller: BackgroundTaskController,
    task: BackgroundTask,
    lines: usize,
    bytes: usize,
}

/// Both ends.
pub fn layer(url: &LokiUrl, mode: Mode) -> (LokiLayer, ServerLines) {
    let spans = Round::new(url, mode).layer;
    let gate = Arc::new(Gate {
        open: Mutex::new(Round::new(url, mode)),
        written: Notify::new(),
        crowded: Notify::new(),
    });
    (LokiLayer { gate: gate.clone(), spans }, ServerLines { gate, url: url.clone(), mode })
}

impl Round {
    fn new(url: &LokiUrl, mode: Mode) -> Self {
        let env = match mode {
            Mode::Production => "production",
            Mode::Development => "development",
            Mode::Test => "test",
        };
        let labels = [("app", "workspace-server"), ("kind", "server"), ("env", env)];
        let mut builder = tracing_loki::builder();
        for (name, value) in labels {
            builder = builder.label(name, value).expect("the label is not there yet");
        }
        let built = builder.build_controller_url(url.base().clone());
        let (layer, controller, task) = built.expect("a path can be joined to an http URL");
        Self { layer, controller, task, lines: 0, bytes: 0 }
    }
}

impl Gate {
    /// Hands a line over, or counts it as dropped.
    fn pass<S>(&self, event: &Event<'_>, context: Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut size = Size(0);
        event.record(&mut size);
        if size.0 > LONGEST {
            return metrics::loki_dropped(LokiDropped::Long, 1);
        }
        let mut open = self.open.lock().expect("no panic while held");
        if open.lines >= LINES || open.bytes + size.0 > BYTES {
            drop(open);
            return metrics::loki_dropped(LokiDropped::Full, 1);
        }
        open.lines += 1;
        open.bytes += size.0;
        open.layer.on_event(event, context);
        let crowded = open.lines >= LINES / 2 || open.bytes >= BYTES / 2;
        drop(open);
        self.written.notify_one();
        if crowded {
            self.crowded.notify_one();
        }
    }

    /// The lines that wait, if there are some. New ones go into `next`.
    fn take(&self, next: Round) -> Option<Round> {
        let mut open = self.open.lock().expect("no panic while held");
        (open.lines > 0).then(|| std::mem::replace(&mut *open, next))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LokiLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.spans.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.spans.on_record(id, values, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.gate.pass(event, context);
    }
}

impl ServerLines {
    /// Pushes lines until `stop`, and then once more what waits.
    pub async fn run(self, stop: CancellationToken) {
        let mut dropping = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.gate.written.notified() => tokio::select! {
                    // More will come while these wait, but not more than there is room for.
                    () = stop.cancelled() => {}
                    () = self.gate.crowded.notified() => {}
                    () = tokio::time::sleep(GATHER) => {}
                },
            }
            let stopping = stop.is_cancelled();
            if let Some(round) = self.gate.take(Round::new(&self.url, self.mode)) {
                let (lines, bytes) = (round.lines as u64, round.bytes as u64);
                match ship(round, &stop).await {
                    Ok(()) => {
                        metrics::loki_pushed(LokiLines::Server, lines, bytes);
                        dropping = false;
                    }
                    Err(why) => {
                        metrics::loki_dropped(why, lines);
                        if !std::mem::replace(&mut dropping, true) {
                            tracing::warn!(
                                lines,
                                "Loki does not take the server's lines, which are dropped there"
                            );
                        }
                    }
                }
            }
            if stopping {
                return;
            }
        }
    }
}

/// Pushes a round, or tells why not.
async fn ship(round: Round, stop: &CancellationToken) -> Result<(), LokiDropped> {
    let Round { layer, controller, task, .. } = round;
    // The task is to end once everything is sent: the last word in its channel, which has room for it. And the channel
    // must not end before the task, which would go round in it for ever.
    let _open = layer;
    controller.shutdown().await;
    tokio::select! {
        done = tokio::time::timeout(ROUND, tries(task)) => done.unwrap_or(Err(LokiDropped::Failed)),
        () = async { stop.cancelled().await; tokio::time::sleep(FINISH).await } => Err(LokiDropped::Stopped),
    }
}

async fn tries(mut task: BackgroundTask) -> Result<(), LokiDropped> {
    let watch = Watch::default();
    let failed = watch.failed.clone();
    let watch = Dispatch::new(watch);
    let mut failures = 0;
    while failures < TRIES {
        let waited = tokio::time::timeout(PUSH, turn(&mut task, &watch)).await;
        let Ok(tried) = waited else {
            metrics::loki_failed(LokiLines::Server, LokiFailed::Timeout);
            return Err(LokiDropped::Failed);
        };
        if failed.swap(false, Ordering::Relaxed) {
            failures += 1;
            metrics::loki_failed(LokiLines::Server, LokiFailed::Unknown);
        } else if tried {
            return Ok(());
        }
        // It failed, or waits after a failure.
        tokio::time::sleep(AGAIN).await;
    }
    Err(LokiDropped::Failed)
}

/// Lets the task go on until it has nothing more to do, or waits after a failure. Gives whether it pushed.
///
/// After a failure the task ends, with its lines still in it: it can be asked to go on again, and then repeats the push
/// once its own wait is over. That is how version 0.2 is written, and no promise: a test watches it.
async fn turn(task: &mut BackgroundTask, watch: &Dispatch) -> bool {
    let mut tried = false;
    let going = poll_fn(|context| {
        // What the task says of a failure it says to whoever listens on this thread.
        let _listening = tracing::dispatcher::set_default(watch);
        match Pin::new(&mut *task).poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => {
                tried = true;
                Poll::Pending
            }
        }
    });
    // Otherwise the runtime would make it pause while lines are left in the channel, and it would push only a part.
    tokio::task::unconstrained(going).await;
    tried
}

/// Hears that a push failed: the task's only sign is a line of its own.
#[derive(Default)]
struct Watch {
    failed: Arc<AtomicBool>,
}

impl Subscriber for Watch {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR && metadata.target().starts_with("tracing_loki")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::ERROR)
    }

    fn event(&self, _event: &Event<'_>) {
        self.failed.store(true, Ordering::Relaxed);
    }

    fn new_span(&self, _attributes: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _id: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _id: &Id, _follows: &Id) {}

    fn enter(&self, _id: &Id) {}

    fn exit(&self, _id: &Id) {}
}

/// Bytes of a line's fields.
struct Size(usize);

impl Write for Size {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

impl Visit for Size {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += field.name().len();
        let _ = write!(self, "{value:?}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0 += field.name().len() + value.len();
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// A layer for a Loki that nobody asks.
    fn gate() -> (Dispatch, Arc<Gate>) {
        let url = LokiUrl::read(&Some("http://127.0.0.1:9".to_owned())).unwrap().unwrap();
        let (layer, lines) = layer(&url, Mode::Test);
        (Dispatch::new(tracing_subscriber::registry().with(layer)), lines.gate)
    }

    fn dropped(reason: &str) -> u64 {
        let page = metrics::start().render();
        let name = format!("workspace_loki_dropped_total{{reason=\"{reason}\"}} ");
        page.lines().find_map(|line| line.strip_prefix(&name)).unwrap().parse().unwrap()
    }

    #[test]
    fn what_waits_is_bounded_and_the_rest_is_counted() {
        let (dispatch, gate) = gate();
        let before = dropped("full");
        tracing::dispatcher::with_default(&dispatch, || {
            let _span = tracing::info_span!("around", field = 5).entered();
            for n in 0..LINES + 700 {
                tracing::info!(n, "one line of many");
            }
        });
        let open = gate.open.lock().unwrap();
        assert_eq!(open.lines, LINES);
        assert!(open.bytes < LINES * 64, "{}", open.bytes);
        assert!(dropped("full") >= before + 700);
    }

    #[test]
    fn bytes_are_bounded_and_a_line_that_is_too_long_is_not_handed_over() {
        let (dispatch, gate) = gate();
        let (full, long) = (dropped("full"), dropped("long"));
        let text = "x".repeat(LONGEST - 100);
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::info!(text = "x".repeat(LONGEST), "too long");
            for _ in 0..100 {
                tracing::info!(text, "long");
            }
        });
        let open = gate.open.lock().unwrap();
        assert!(open.bytes <= BYTES && open.bytes > BYTES - LONGEST, "{}", open.bytes);
        assert!(dropped("long") > long && dropped("full") >= full + 100 - open.lines as u64);
    }
}

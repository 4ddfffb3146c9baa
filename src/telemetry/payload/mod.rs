//! The Faro payload: from bytes that anybody may have sent to a [`Batch`], or to the reason why not.
//!
//! As lenient as the senders need (a web SDK in many versions, and programs that write the JSON by hand): unknown
//! keys are passed over, scalars of the wrong type are read as text, what is absent or null has a default. What
//! cannot be is refused whole: a batch is stored entirely or not at all.

mod items;
mod leaf;
mod meta;
mod otlp;
mod stamp;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use meta::Meta;

use super::signal::{Body, Signal};
use leaf::{List, Object};

/// Most bytes of a payload, after decompression: what the official receiver takes, too.
pub const MAX_BYTES: usize = 5 << 20;
/// Most signals in a batch: the SDK sends 50; a client that was offline for hours sends more.
pub const MAX_SIGNALS: usize = 2_000;
/// Most bytes of one text: a message, or an attribute. Only what a session's recording holds may be longer, up to the payload's
/// own bound: a frame with a whole page in it.
pub const MAX_TEXT: usize = 256 << 10;
/// Most bytes of an attribute's name.
pub const MAX_NAME: usize = 1 << 10;
/// Most attributes of one signal, or of one part of the meta.
pub const MAX_ATTRIBUTES: usize = 256;
/// Most attributes, values, frames and events of spans of all signals of a payload: what it costs in memory is in proportion to its bytes.
pub const MAX_PARTS: usize = 50_000;
/// Most bytes of the meta, which is kept for every page that a client opens.
pub const MAX_META: usize = 64 << 10;
/// Most frames of a stack: browsers give 10 to 50.
pub const MAX_FRAMES: usize = 500;
/// Most events of a span: OpenTelemetry's SDKs keep 128.
pub const MAX_SPAN_EVENTS: usize = 256;

/// Why a payload is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is no Faro payload.
    #[error("The body is no Faro payload: {0}.")]
    Malformed(String),
    /// One of the bounds above is exceeded.
    #[error("{0}")]
    TooLarge(String),
}

impl PayloadError {
    fn too_large(what: &str, found: usize, most: usize) -> Self {
        Self::TooLarge(format!("{what}: {found}, and at most {most} are taken."))
    }
}

/// What one request carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Who and where.
    pub meta: Meta,
    /// What happened: logs, exceptions, measurements, events, spans, log records of OTLP, in this order.
    pub signals: Vec<Signal>,
    /// Whether every signal says when it happened. Two such batches with the same bytes are one, sent twice.
    pub dated: bool,
}

impl Batch {
    /// Bytes that it takes in memory, about. Its texts have at most [`MAX_BYTES`], its signals and their parts some 15 MB.
    pub fn memory(&self) -> usize {
        // The meta's fields are parts of its text.
        2 * self.meta.json.len() + self.signals.iter().map(Signal::memory).sum::<usize>()
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    logs: Items<'a>,
    #[serde(borrow, default)]
    exceptions: Items<'a>,
    #[serde(borrow, default)]
    measurements: Items<'a>,
    #[serde(borrow, default)]
    events: Items<'a>,
    #[serde(borrow, default)]
    traces: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "resourceSpans")]
    resource_spans: Items<'a>,
    #[serde(borrow, default, rename = "resourceLogs")]
    resource_logs: Items<'a>,
}

/// Signals that are read one by one, so that no more than one is in memory twice.
type Items<'a> = List<&'a RawValue, MAX_SIGNALS>;

fn malformed(e: serde_json::Error) -> PayloadError {
    PayloadError::Malformed(e.to_string())
}

/// Reads a part of the payload.
fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, PayloadError> {
    serde_json::from_str(raw.get()).map_err(malformed)
}

/// What was read so far.
#[derive(Default)]
struct Read {
    signals: Vec<Signal>,
    parts: usize,
}

impl Read {
    fn add(&mut self, signal: Signal) -> Result<(), PayloadError> {
        let Body { attributes, values, frames, events, .. } = &signal.body;
        self.parts += attributes.len() + values.len() + frames.len();
        self.parts += events.iter().map(|event| 1 + event.attributes.len()).sum::<usize>();
        if self.parts > MAX_PARTS {
            return Err(PayloadError::too_large(
                "Attributes, values, frames and events of the payload",
                self.parts,
                MAX_PARTS,
            ));
        }
        self.signals.push(signal);
        if self.signals.len() > MAX_SIGNALS {
            return Err(PayloadError::too_large("Signals of the payload", self.signals.len(), MAX_SIGNALS));
        }
        Ok(())
    }

    fn all<'a, T: Deserialize<'a>>(
        &mut self,
        items: Items<'a>,
        signal: impl Fn(T) -> Result<Signal, PayloadError>,
    ) -> Result<(), PayloadError> {
        for item in items.whole("Signals of the payload")? {
            let Object(item) = read::<Object<T>>(item)?;
            self.add(signal(item)?)?;
        }
        Ok(())
    }
}

/// Reads a payload.
///
/// # Errors
/// [`PayloadError`], which says what is wrong in words for whoever wrote the sender.
pub fn parse(body: &[u8]) -> Result<Batch, PayloadError> {
    if body.len() > MAX_BYTES {
        return Err(PayloadError::too_large("Bytes of the payload", body.len(), MAX_BYTES));
    }
    let Object(wire): Object<Wire<'_>> = serde_json::from_slice(body).map_err(malformed)?;
    let meta = meta::read(wire.meta)?;
    let mut found = Read::default();
    found.all(wire.logs, items::Log::signal)?;
    found.all(wire.exceptions, items::Exception::signal)?;
    found.all(wire.measurements, items::Measurement::signal)?;
    found.all(wire.events, items::Event::signal)?;
    if let Some(traces) = wire.traces {
        let traces = read::<Option<Object<otlp::Otlp<'_>>>>(traces)?;
        traces.map_or(Ok(()), |Object(traces)| traces.signals(&mut found))?;
    }
    let Wire { resource_spans, resource_logs, .. } = wire;
    otlp::Otlp { resource_spans, resource_logs }.signals(&mut found)?;
    let Read { signals, .. } = found;
    let dated = !signals.is_empty() && signals.iter().all(|s| s.client_ms.is_some());
    Ok(Batch { meta, signals, dated })
}

#[cfg(test)]
mod tests;

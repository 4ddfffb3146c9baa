//! The Faro payload: from bytes that anybody may have sent to a [`Batch`], or to the reason why not.
//!
//! As lenient as the senders need (a web SDK in many versions, and programs that write the JSON by hand): unknown
//! keys are passed over, scalars of the wrong type are read as text, what is absent or null has a default. What
//! cannot be is refused whole: a batch is stored entirely or not at all.

mod items;
mod leaf;
mod meta;
mod stamp;
mod traces;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use meta::Meta;

use super::signal::Signal;
use leaf::Object;

/// Most bytes of a payload, after decompression: what the official receiver takes, too.
pub const MAX_BYTES: usize = 5 << 20;
/// Most signals in a batch: the SDK sends 50; a client that was offline for hours sends more.
pub const MAX_SIGNALS: usize = 2_000;
/// Most bytes of one text: a message, or an attribute. Frames of a session's recording are the largest.
pub const MAX_TEXT: usize = 256 << 10;
/// Most attributes of one signal, or of one part of the meta.
pub const MAX_ATTRIBUTES: usize = 256;
/// Most bytes of the meta, which is kept for every page that a client opens.
pub const MAX_META: usize = 64 << 10;
/// Most frames of a stack: browsers give 10 to 50.
pub const MAX_FRAMES: usize = 500;

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
    /// What happened: logs, exceptions, measurements, events, spans, in this order.
    pub signals: Vec<Signal>,
    /// Whether every signal says when it happened. Two such batches with the same bytes are one, sent twice.
    pub dated: bool,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    logs: Option<Vec<Object<items::Log<'a>>>>,
    #[serde(borrow, default)]
    exceptions: Option<Vec<Object<items::Exception<'a>>>>,
    #[serde(borrow, default)]
    measurements: Option<Vec<Object<items::Measurement<'a>>>>,
    #[serde(borrow, default)]
    events: Option<Vec<Object<items::Event<'a>>>>,
    #[serde(borrow, default)]
    traces: Option<Object<traces::Traces<'a>>>,
}

/// Reads a payload.
///
/// # Errors
/// [`PayloadError`], which says what is wrong in words for whoever wrote the sender.
pub fn parse(body: &[u8]) -> Result<Batch, PayloadError> {
    if body.len() > MAX_BYTES {
        return Err(PayloadError::too_large("Bytes of the payload", body.len(), MAX_BYTES));
    }
    let malformed = |e: serde_json::Error| PayloadError::Malformed(e.to_string());
    let Object(body): Object<Body<'_>> = serde_json::from_slice(body).map_err(malformed)?;
    let meta = meta::read(body.meta)?;
    let lists = [
        body.logs.as_ref().map_or(0, Vec::len),
        body.exceptions.as_ref().map_or(0, Vec::len),
        body.measurements.as_ref().map_or(0, Vec::len),
        body.events.as_ref().map_or(0, Vec::len),
        body.traces.as_ref().map_or(0, |traces| traces.0.len()),
    ];
    let count = lists.iter().sum();
    if count > MAX_SIGNALS {
        return Err(PayloadError::too_large("Signals of the payload", count, MAX_SIGNALS));
    }
    let mut signals = Vec::with_capacity(count);
    for Object(log) in body.logs.into_iter().flatten() {
        signals.push(log.signal()?);
    }
    for Object(exception) in body.exceptions.into_iter().flatten() {
        signals.push(exception.signal()?);
    }
    for Object(measurement) in body.measurements.into_iter().flatten() {
        signals.push(measurement.signal()?);
    }
    for Object(event) in body.events.into_iter().flatten() {
        signals.push(event.signal()?);
    }
    if let Some(Object(traces)) = body.traces {
        traces.signals(&mut signals)?;
    }
    let dated = !signals.is_empty() && signals.iter().all(|s| s.client_ms.is_some());
    Ok(Batch { meta, signals, dated })
}

#[cfg(test)]
mod tests;

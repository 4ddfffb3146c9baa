//! Logs, exceptions, measurements and events as the SDK writes them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::leaf::{Attributes, Leaf, List};
use super::{MAX_BYTES, MAX_FRAMES, MAX_TEXT, PayloadError, read, stamp};
use crate::telemetry::signal::{self, Body, Frame, Kind, Level, Signal};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Trace<'a> {
    #[serde(borrow)]
    trace_id: Leaf<'a>,
    #[serde(borrow)]
    span_id: Leaf<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Action<'a> {
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    id: Leaf<'a>,
    #[serde(borrow)]
    parent_id: Leaf<'a>,
}

fn action(action: Option<Action<'_>>) -> Option<signal::Action> {
    action.map(|a| signal::Action { name: a.name.label(), id: a.id.label(), parent_id: a.parent_id.label() })
}

/// Ids of a trace, which may be empty and need not be hexadecimal.
fn ids(trace: Option<Trace<'_>>) -> (Option<String>, Option<String>) {
    let trace = trace.unwrap_or_default();
    let id = |leaf: Leaf<'_>| Some(leaf.label()).filter(|id| !id.is_empty());
    (id(trace.trace_id), id(trace.span_id))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Log<'a> {
    #[serde(borrow)]
    timestamp: Leaf<'a>,
    #[serde(borrow)]
    level: Leaf<'a>,
    #[serde(borrow)]
    message: Leaf<'a>,
    #[serde(borrow)]
    context: Attributes<'a>,
    #[serde(borrow)]
    trace: Option<Trace<'a>>,
    #[serde(borrow)]
    action: Option<Action<'a>>,
}

impl Log<'_> {
    pub fn signal(self) -> Result<Signal, PayloadError> {
        let word = self.level.label();
        let level = Level::meant(&word);
        let (trace_id, span_id) = ids(self.trace);
        Ok(Signal {
            kind: Kind::Log,
            level,
            client_ms: stamp::ms(self.timestamp),
            trace_id,
            span_id,
            message: self.message.text()?.unwrap_or_default(),
            body: Body {
                attributes: self.context.read()?,
                level: Some(word).filter(|word| !word.is_empty() && word != level.as_str()),
                action: action(self.action),
                ..Body::default()
            },
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Exception<'a> {
    #[serde(borrow)]
    timestamp: Leaf<'a>,
    #[serde(borrow)]
    r#type: Leaf<'a>,
    #[serde(borrow)]
    value: Leaf<'a>,
    #[serde(borrow)]
    stacktrace: Option<&'a RawValue>,
    #[serde(borrow)]
    context: Attributes<'a>,
    #[serde(borrow)]
    trace: Option<Trace<'a>>,
    #[serde(borrow)]
    action: Option<Action<'a>>,
    #[serde(borrow)]
    fingerprint: Leaf<'a>,
    #[serde(borrow)]
    fatal: Leaf<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stack<'a> {
    #[serde(borrow)]
    frames: List<WireFrame<'a>, MAX_FRAMES>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireFrame<'a> {
    #[serde(borrow)]
    function: Leaf<'a>,
    #[serde(borrow)]
    module: Leaf<'a>,
    #[serde(borrow)]
    filename: Leaf<'a>,
    #[serde(borrow)]
    lineno: Leaf<'a>,
    #[serde(borrow)]
    colno: Leaf<'a>,
}

impl WireFrame<'_> {
    fn frame(self) -> Result<Frame, PayloadError> {
        let position = |leaf: Leaf<'_>| leaf.number().filter(|n| (0.0..=f64::from(u32::MAX)).contains(n));
        Ok(Frame {
            function: self.function.text()?.unwrap_or_default(),
            module: self.module.text()?.unwrap_or_default(),
            filename: self.filename.text()?.unwrap_or_default(),
            lineno: position(self.lineno).map(|n| n as u32),
            colno: position(self.colno).map(|n| n as u32),
        })
    }
}

impl Exception<'_> {
    pub fn signal(self) -> Result<Signal, PayloadError> {
        let stack = self.stacktrace.map(read::<Option<Stack<'_>>>).transpose()?.flatten();
        let frames = stack.unwrap_or_default().frames.whole("Frames of a stack")?;
        let (trace_id, span_id) = ids(self.trace);
        let (r#type, value) = (self.r#type.label(), self.value.text()?.unwrap_or_default());
        let message = match (r#type.as_str(), value.as_str()) {
            (t, "") => t.to_owned(),
            ("", v) => v.to_owned(),
            (t, v) => format!("{t}: {v}"),
        };
        Ok(Signal {
            kind: Kind::Exception,
            level: Level::Error,
            client_ms: stamp::ms(self.timestamp),
            trace_id,
            span_id,
            message,
            body: Body {
                attributes: self.context.read()?,
                r#type,
                value,
                frames: frames.into_iter().map(WireFrame::frame).collect::<Result<_, _>>()?,
                fingerprint: self.fingerprint.label(),
                fatal: self.fatal.boolean().unwrap_or_default(),
                action: action(self.action),
                ..Body::default()
            },
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Measurement<'a> {
    #[serde(borrow)]
    timestamp: Leaf<'a>,
    #[serde(borrow)]
    r#type: Leaf<'a>,
    #[serde(borrow)]
    values: Attributes<'a>,
    #[serde(borrow)]
    context: Attributes<'a>,
    #[serde(borrow)]
    trace: Option<Trace<'a>>,
    #[serde(borrow)]
    action: Option<Action<'a>>,
}

impl Measurement<'_> {
    pub fn signal(self) -> Result<Signal, PayloadError> {
        let (trace_id, span_id) = ids(self.trace);
        let r#type = self.r#type.label();
        Ok(Signal {
            kind: Kind::Measurement,
            level: Level::Info,
            client_ms: stamp::ms(self.timestamp),
            trace_id,
            span_id,
            message: r#type.clone(),
            body: Body {
                attributes: self.context.read()?,
                r#type,
                values: self.values.numbers()?,
                action: action(self.action),
                ..Body::default()
            },
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event<'a> {
    #[serde(borrow)]
    timestamp: Leaf<'a>,
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    domain: Leaf<'a>,
    #[serde(borrow)]
    attributes: Attributes<'a>,
    #[serde(borrow)]
    trace: Option<Trace<'a>>,
    #[serde(borrow)]
    action: Option<Action<'a>>,
}

/// Beginning of the names of events that hold a session's recording.
const RECORDING: &str = "faro.session_recording.";

impl Event<'_> {
    pub fn signal(self) -> Result<Signal, PayloadError> {
        let (trace_id, span_id) = ids(self.trace);
        let name = self.name.label();
        let longest = if name.starts_with(RECORDING) { MAX_BYTES } else { MAX_TEXT };
        Ok(Signal {
            kind: Kind::Event,
            level: Level::Info,
            client_ms: stamp::ms(self.timestamp),
            trace_id,
            span_id,
            message: name,
            body: Body {
                attributes: self.attributes.read_up_to(longest)?,
                r#type: self.domain.label(),
                action: action(self.action),
                ..Body::default()
            },
        })
    }
}

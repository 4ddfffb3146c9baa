//! Spans.

use serde::Deserialize;

use super::{Items, Library, Object, Pairs, PayloadError, Read, Resource, Source, attributes, id};
use crate::telemetry::payload::leaf::{Leaf, List};
use crate::telemetry::payload::{MAX_SPAN_EVENTS, read, stamp};
use crate::telemetry::signal::{Body, Kind, Level, Signal, SpanEvent};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OfResource<'a> {
    #[serde(borrow)]
    resource: Option<Resource<'a>>,
    #[serde(borrow)]
    scope_spans: Items<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scope<'a> {
    #[serde(borrow)]
    scope: Option<Library<'a>>,
    #[serde(borrow)]
    spans: Items<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Span<'a> {
    #[serde(borrow)]
    trace_id: Leaf<'a>,
    #[serde(borrow)]
    span_id: Leaf<'a>,
    #[serde(borrow)]
    parent_span_id: Leaf<'a>,
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    kind: Leaf<'a>,
    #[serde(borrow)]
    start_time_unix_nano: Leaf<'a>,
    #[serde(borrow)]
    end_time_unix_nano: Leaf<'a>,
    #[serde(borrow)]
    attributes: Pairs<'a>,
    #[serde(borrow)]
    events: List<Event<'a>, MAX_SPAN_EVENTS>,
    #[serde(borrow)]
    status: Option<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    code: Leaf<'a>,
    #[serde(borrow)]
    message: Leaf<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    time_unix_nano: Leaf<'a>,
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    attributes: Pairs<'a>,
}

impl OfResource<'_> {
    /// Adds a signal for each span.
    pub fn signals(self, found: &mut Read) -> Result<(), PayloadError> {
        let source = Source::of(self.resource)?;
        for scope in self.scope_spans.whole("Scopes of spans")? {
            let Object(scope) = read::<Object<Scope<'_>>>(scope)?;
            let source = source.within(scope.scope)?;
            for span in scope.spans.whole("Signals of the payload")? {
                let Object(span) = read::<Object<Span<'_>>>(span)?;
                found.add(span.signal(&source)?)?;
            }
        }
        Ok(())
    }
}

impl Span<'_> {
    fn signal(self, source: &Source) -> Result<Signal, PayloadError> {
        let Status { code, message } = self.status.unwrap_or_default();
        // 2, or its name: the span failed.
        let failed = matches!(code.label().as_str(), "2" | "STATUS_CODE_ERROR");
        let events = self.events.whole("Events of a span")?;
        Ok(Signal {
            kind: Kind::Span,
            level: if failed { Level::Error } else { Level::Info },
            client_ms: stamp::nanos(self.start_time_unix_nano),
            trace_id: id(self.trace_id),
            span_id: id(self.span_id),
            message: self.name.label(),
            body: Body {
                attributes: attributes(self.attributes)?,
                r#type: source.service.clone(),
                resource: source.resource.clone(),
                scope: source.scope.clone(),
                parent_span_id: self.parent_span_id.label(),
                duration_ms: duration(self.start_time_unix_nano, self.end_time_unix_nano),
                span_kind: kind(self.kind),
                status_message: message.text()?.unwrap_or_default(),
                events: events.into_iter().map(Event::read).collect::<Result<_, _>>()?,
                ..Body::default()
            },
        })
    }
}

impl Event<'_> {
    fn read(self) -> Result<SpanEvent, PayloadError> {
        Ok(SpanEvent {
            name: self.name.label(),
            client_ms: stamp::nanos(self.time_unix_nano),
            attributes: attributes(self.attributes)?,
        })
    }
}

/// The part that a span plays, by its name; nothing for what says nothing.
fn kind(leaf: Leaf<'_>) -> String {
    let kind = leaf.label();
    match kind.as_str() {
        "0" | "SPAN_KIND_UNSPECIFIED" => String::new(),
        "1" => "internal".to_owned(),
        "2" => "server".to_owned(),
        "3" => "client".to_owned(),
        "4" => "producer".to_owned(),
        "5" => "consumer".to_owned(),
        name => name.strip_prefix("SPAN_KIND_").unwrap_or(name).to_ascii_lowercase(),
    }
}

/// In milliseconds; `None` when a time is missing or the end comes before the start.
fn duration(start: Leaf<'_>, end: Leaf<'_>) -> Option<f64> {
    let nanos = |leaf: Leaf<'_>| leaf.text().ok().flatten()?.trim().parse::<u64>().ok();
    Some(nanos(end)?.checked_sub(nanos(start)?)? as f64 / 1e6)
}

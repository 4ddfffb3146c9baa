//! Spans: OTLP in JSON, as the SDK's tracing carries it in `traces`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::leaf::{Leaf, List};
use super::{MAX_ATTRIBUTES, MAX_SIGNALS, MAX_TEXT, PayloadError, Read, read, stamp};
use crate::telemetry::signal::{Body, Kind, Level, Signal};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Traces<'a> {
    #[serde(borrow)]
    resource_spans: List<&'a RawValue, MAX_SIGNALS>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans<'a> {
    #[serde(borrow)]
    resource: Option<Resource<'a>>,
    #[serde(borrow)]
    scope_spans: List<&'a RawValue, MAX_SIGNALS>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    attributes: List<KeyValue<'a>, MAX_ATTRIBUTES>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScopeSpans<'a> {
    #[serde(borrow)]
    spans: List<&'a RawValue, MAX_SIGNALS>,
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
    start_time_unix_nano: Leaf<'a>,
    #[serde(borrow)]
    end_time_unix_nano: Leaf<'a>,
    #[serde(borrow)]
    attributes: List<KeyValue<'a>, MAX_ATTRIBUTES>,
    #[serde(borrow)]
    status: Option<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    code: Leaf<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeyValue<'a> {
    #[serde(borrow)]
    key: Leaf<'a>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// A value of an attribute. Lists and maps are kept as the JSON that they are.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AnyValue<'a> {
    #[serde(borrow)]
    string_value: Leaf<'a>,
    #[serde(borrow)]
    bool_value: Leaf<'a>,
    #[serde(borrow)]
    int_value: Leaf<'a>,
    #[serde(borrow)]
    double_value: Leaf<'a>,
}

impl KeyValue<'_> {
    fn value(&self) -> Result<Option<String>, PayloadError> {
        let Some(raw) = self.value.map(RawValue::get) else { return Ok(None) };
        // What is no object is none of OTLP's values.
        let Ok(any) = serde_json::from_str::<AnyValue<'_>>(raw) else { return Ok(None) };
        for leaf in [any.string_value, any.int_value, any.double_value, any.bool_value] {
            if let Some(text) = leaf.text()? {
                return Ok(Some(text));
            }
        }
        if raw.len() > MAX_TEXT {
            return Err(PayloadError::too_large("Bytes of a text", raw.len(), MAX_TEXT));
        }
        Ok(Some(raw.to_owned()))
    }
}

fn attributes(list: List<KeyValue<'_>, MAX_ATTRIBUTES>) -> Result<BTreeMap<String, String>, PayloadError> {
    let mut attributes = BTreeMap::new();
    for pair in list.whole("Attributes of one thing")? {
        if let Some(value) = pair.value()? {
            attributes.insert(pair.key.label(), value);
        }
    }
    Ok(attributes)
}

impl Traces<'_> {
    /// Adds a signal for each span.
    pub fn signals(self, found: &mut Read) -> Result<(), PayloadError> {
        for resource in self.resource_spans.whole("Resources of spans")? {
            let resource: ResourceSpans<'_> = read(resource)?;
            let of_resource = attributes(resource.resource.unwrap_or_default().attributes)?;
            let service = of_resource.get("service.name").cloned().unwrap_or_default();
            for scope in resource.scope_spans.whole("Scopes of spans")? {
                let scope: ScopeSpans<'_> = read(scope)?;
                for span in scope.spans.whole("Signals of the payload")? {
                    found.add(read::<Span<'_>>(span)?.signal(&service)?)?;
                }
            }
        }
        Ok(())
    }
}

impl Span<'_> {
    fn signal(self, service: &str) -> Result<Signal, PayloadError> {
        let id = |leaf: Leaf<'_>| Some(leaf.label()).filter(|id| !id.is_empty());
        // 2, or its name: the span failed.
        let failed =
            matches!(self.status.unwrap_or_default().code.label().as_str(), "2" | "STATUS_CODE_ERROR");
        Ok(Signal {
            kind: Kind::Span,
            level: if failed { Level::Error } else { Level::Info },
            client_ms: stamp::nanos(self.start_time_unix_nano),
            trace_id: id(self.trace_id),
            span_id: id(self.span_id),
            message: self.name.label(),
            body: Body {
                attributes: attributes(self.attributes)?,
                r#type: service.to_owned(),
                parent_span_id: self.parent_span_id.label(),
                duration_ms: duration(self.start_time_unix_nano, self.end_time_unix_nano),
                ..Body::default()
            },
        })
    }
}

/// In milliseconds; `None` when a time is missing or the end comes before the start.
fn duration(start: Leaf<'_>, end: Leaf<'_>) -> Option<f64> {
    let nanos = |leaf: Leaf<'_>| leaf.text().ok().flatten()?.trim().parse::<u64>().ok();
    Some(nanos(end)?.checked_sub(nanos(start)?)? as f64 / 1e6)
}

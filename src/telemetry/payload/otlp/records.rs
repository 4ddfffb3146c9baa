//! Log records.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Items, Library, Object, Pairs, PayloadError, Read, Resource, Source, attributes, id, text};
use crate::telemetry::payload::leaf::Leaf;
use crate::telemetry::payload::{read, stamp};
use crate::telemetry::signal::{Body, Kind, Level, Signal};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OfResource<'a> {
    #[serde(borrow)]
    resource: Option<Resource<'a>>,
    #[serde(borrow)]
    scope_logs: Items<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Scope<'a> {
    #[serde(borrow)]
    scope: Option<Library<'a>>,
    #[serde(borrow)]
    log_records: Items<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    time_unix_nano: Leaf<'a>,
    #[serde(borrow)]
    observed_time_unix_nano: Leaf<'a>,
    #[serde(borrow)]
    severity_number: Leaf<'a>,
    #[serde(borrow)]
    severity_text: Leaf<'a>,
    #[serde(borrow)]
    event_name: Leaf<'a>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    attributes: Pairs<'a>,
    #[serde(borrow)]
    trace_id: Leaf<'a>,
    #[serde(borrow)]
    span_id: Leaf<'a>,
}

impl OfResource<'_> {
    /// Adds a log for each record.
    pub fn signals(self, found: &mut Read) -> Result<(), PayloadError> {
        let source = Source::of(self.resource)?;
        for scope in self.scope_logs.whole("Scopes of log records")? {
            let Object(scope) = read::<Object<Scope<'_>>>(scope)?;
            let source = source.within(scope.scope)?;
            for record in scope.log_records.whole("Signals of the payload")? {
                let Object(record) = read::<Object<Record<'_>>>(record)?;
                found.add(record.signal(&source)?)?;
            }
        }
        Ok(())
    }
}

impl Record<'_> {
    fn signal(self, source: &Source) -> Result<Signal, PayloadError> {
        let word = self.severity_text.label();
        let level = level(self.severity_number).unwrap_or_else(|| Level::meant(&word));
        let at = stamp::nanos(self.time_unix_nano);
        Ok(Signal {
            kind: Kind::Log,
            level,
            client_ms: at.or_else(|| stamp::nanos(self.observed_time_unix_nano)),
            trace_id: id(self.trace_id),
            span_id: id(self.span_id),
            message: text(self.body)?.unwrap_or_else(|| self.event_name.label()),
            body: Body {
                attributes: attributes(self.attributes)?,
                level: Some(word).filter(|word| !word.is_empty() && word != level.as_str()),
                r#type: source.service.clone(),
                resource: source.resource.clone(),
                scope: source.scope.clone(),
                ..Body::default()
            },
        })
    }
}

/// The level of a severity, of which each level has four; `None` for none.
fn level(severity: Leaf<'_>) -> Option<Level> {
    let text = severity.label();
    match text.parse::<u8>().ok()? {
        1..=4 => Some(Level::Trace),
        5..=8 => Some(Level::Debug),
        9..=12 => Some(Level::Info),
        13..=16 => Some(Level::Warning),
        17..=24 => Some(Level::Error),
        _ => None,
    }
}

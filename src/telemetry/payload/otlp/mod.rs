//! OTLP in JSON: spans and log records, as the SDK's tracing carries them in `traces`, or as its OTLP transport sends them, with
//! nothing around them.
//!
//! Owns what both have in common: resources and the values of attributes.

mod records;
mod spans;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::leaf::{Leaf, List, Object};
use super::{Items, MAX_ATTRIBUTES, MAX_TEXT, PayloadError, Read, read};
use crate::telemetry::signal::Scope;

/// Both lists, beside each other.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Otlp<'a> {
    #[serde(borrow)]
    pub resource_spans: Items<'a>,
    #[serde(borrow)]
    pub resource_logs: Items<'a>,
}

impl Otlp<'_> {
    /// Adds a signal for each span, and for each log record.
    pub fn signals(self, found: &mut Read) -> Result<(), PayloadError> {
        for resource in self.resource_spans.whole("Resources of spans")? {
            let Object(resource) = read::<Object<spans::OfResource<'_>>>(resource)?;
            resource.signals(found)?;
        }
        for resource in self.resource_logs.whole("Resources of log records")? {
            let Object(resource) = read::<Object<records::OfResource<'_>>>(resource)?;
            resource.signals(found)?;
        }
        Ok(())
    }
}

/// What sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    attributes: Pairs<'a>,
}

/// The library that made what a scope has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Library<'a> {
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    version: Leaf<'a>,
    #[serde(borrow)]
    attributes: Pairs<'a>,
}

/// Who sent a signal, as each signal has it.
#[derive(Clone, Debug, Default)]
struct Source {
    /// Name of the service.
    service: String,
    resource: Option<Arc<BTreeMap<String, String>>>,
    scope: Option<Arc<Scope>>,
}

impl Source {
    fn of(resource: Option<Resource<'_>>) -> Result<Self, PayloadError> {
        let mut resource = attributes(resource.unwrap_or_default().attributes)?;
        let service = resource.remove("service.name").unwrap_or_default();
        within("Bytes of a resource", &resource, service.len())?;
        let resource = (!resource.is_empty()).then(|| Arc::new(resource));
        Ok(Self { service, resource, scope: None })
    }

    fn within(&self, library: Option<Library<'_>>) -> Result<Self, PayloadError> {
        let library = library.unwrap_or_default();
        let (name, version) = (library.name.label(), library.version.label());
        let scope = Scope { name, version, attributes: attributes(library.attributes)? };
        within("Bytes of a scope", &scope.attributes, scope.name.len() + scope.version.len())?;
        let scope = (scope != Scope::default()).then(|| Arc::new(scope));
        Ok(Self { scope, ..self.clone() })
    }
}

/// What all signals of a resource or scope have in common is stored with each of them: so much is enough for every SDK,
/// and a small body makes no large database.
fn within(what: &'static str, map: &BTreeMap<String, String>, beside: usize) -> Result<(), PayloadError> {
    let bytes = beside + map.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if bytes > MAX_SOURCE { Err(PayloadError::too_large(what, bytes, MAX_SOURCE)) } else { Ok(()) }
}

/// Most bytes of a resource, and of a scope.
const MAX_SOURCE: usize = 8 << 10;

/// Attributes, as OTLP writes them.
type Pairs<'a> = List<KeyValue<'a>, MAX_ATTRIBUTES>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeyValue<'a> {
    #[serde(borrow)]
    key: Leaf<'a>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// A value. Lists and maps are kept as the JSON that they are.
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

/// A value as text; `None` for what is none of OTLP's values.
fn text(value: Option<&RawValue>) -> Result<Option<String>, PayloadError> {
    let Some(raw) = value.map(RawValue::get) else { return Ok(None) };
    let Ok(Object(any)) = serde_json::from_str::<Object<AnyValue<'_>>>(raw) else { return Ok(None) };
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

fn attributes(list: Pairs<'_>) -> Result<BTreeMap<String, String>, PayloadError> {
    let mut attributes = BTreeMap::new();
    for pair in list.whole("Attributes of one thing")? {
        if let Some(value) = text(pair.value)? {
            attributes.insert(pair.key.label(), value);
        }
    }
    Ok(attributes)
}

/// An id of a trace or span; `None` for an empty one.
fn id(leaf: Leaf<'_>) -> Option<String> {
    Some(leaf.label()).filter(|id| !id.is_empty())
}

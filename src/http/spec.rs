//! The OpenAPI document, with what the framework leaves out of it or says in a way that client generators stumble over.

use poem::http::StatusCode;
use serde_yaml::{Mapping, Value};

/// Keywords that describe a value and do not restrict it.
const ANNOTATIONS: [&str; 7] =
    ["default", "deprecated", "description", "example", "readOnly", "title", "writeOnly"];

/// The document as JSON and as YAML, from what the framework made.
pub fn complete(document: &str) -> (String, String) {
    // This value keeps the order of keys, so that the document reads as its types are written.
    let mut document: Value = serde_json::from_str(document).expect("the framework writes JSON");
    everywhere(&mut document, &mut |mapping| {
        plain_references(mapping);
        described_responses(mapping);
    });
    let schemas =
        document.get_mut("components").and_then(|c| c.get_mut("schemas")).and_then(Value::as_mapping_mut);
    for schema in schemas.into_iter().flat_map(Mapping::values_mut) {
        optional_is_nullable(schema);
    }
    let json = serde_json::to_string_pretty(&document).expect("what was JSON is JSON");
    let yaml = serde_yaml::to_string(&document).expect("what was JSON is YAML");
    (json, yaml)
}

fn everywhere(value: &mut Value, change: &mut impl FnMut(&mut Mapping)) {
    match value {
        Value::Mapping(mapping) => {
            change(mapping);
            mapping.values_mut().for_each(|value| everywhere(value, change));
        }
        Value::Sequence(values) => values.iter_mut().for_each(|value| everywhere(value, change)),
        _ => {}
    }
}

/// A described reference comes as `allOf` of the reference and a schema that is a mere description: that one
/// becomes part of the whole.
fn plain_references(mapping: &mut Mapping) {
    let Some(parts) = mapping.get_mut("allOf").and_then(Value::as_sequence_mut) else { return };
    let is_annotation = |key: &Value| key.as_str().is_some_and(|key| ANNOTATIONS.contains(&key));
    let (notes, schemas): (Vec<Value>, Vec<Value>) = parts
        .drain(..)
        .partition(|part| part.as_mapping().is_some_and(|part| part.keys().all(is_annotation)));
    *parts = schemas;
    for (key, note) in notes.into_iter().filter_map(|note| note.as_mapping().cloned()).flatten() {
        mapping.entry(key).or_insert(note);
    }
}

/// A response without a description gets the words of its status.
fn described_responses(mapping: &mut Mapping) {
    let Some(responses) = mapping.get_mut("responses").and_then(Value::as_mapping_mut) else { return };
    for (status, response) in responses.iter_mut() {
        let words = status.as_str().and_then(|s| s.parse::<StatusCode>().ok()?.canonical_reason());
        let description = response.get_mut("description").filter(|text| text.as_str() == Some(""));
        if let (Some(description), Some(words)) = (description, words) {
            *description = words.into();
        }
    }
}

/// An optional field is sent as null when it has no value, and null is taken for it; the framework's schema has it
/// optional, but not nullable.
fn optional_is_nullable(schema: &mut Value) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let required = |name: &Value| required.as_sequence().is_some_and(|names| names.contains(name));
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_mapping_mut) else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required(name)) {
        // Null in place of a default would be refused.
        if let Some(property) = property.as_mapping_mut().filter(|property| !property.contains_key("default"))
        {
            nullable(property);
        }
    }
}

fn nullable(property: &mut Mapping) {
    // Whatever stands beside a reference does not count.
    if let Some(reference) = property.remove("$ref") {
        let reference = Mapping::from_iter([("$ref".into(), reference)]);
        property.insert("allOf".into(), Value::Sequence(vec![reference.into()]));
    }
    property.insert("nullable".into(), true.into());
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::complete;

    fn completed(document: &Value) -> Value {
        let (json, yaml) = complete(&document.to_string());
        let from_json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_yaml::from_str::<Value>(&yaml).unwrap(), from_json);
        from_json
    }

    #[test]
    fn optional_fields_are_nullable_and_others_are_not() {
        let field = json!({ "type": "string" });
        let properties = json!({
            "kept": field, "left_out": field, "other": { "$ref": "#/x" }, "limit": { "type": "integer", "default": 5 },
            "described": { "description": "d", "allOf": [{ "$ref": "#/x" }, { "description": "d" }] },
        });
        let schemas = json!({ "A": { "required": ["kept"], "properties": properties } });
        let document = completed(&json!({ "components": { "schemas": schemas } }));
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"],
            json!({
                "kept": field,
                "left_out": { "type": "string", "nullable": true },
                "other": { "allOf": [{ "$ref": "#/x" }], "nullable": true },
                "limit": { "type": "integer", "default": 5 },
                "described": { "allOf": [{ "$ref": "#/x" }], "description": "d", "nullable": true },
            })
        );
    }

    #[test]
    fn responses_say_what_they_are() {
        let responses = json!({ "201": { "description": "" }, "204": { "description": "It is done" } });
        let document = completed(&json!({ "paths": { "/a": { "post": { "responses": responses } } } }));
        assert_eq!(
            document["paths"]["/a"]["post"]["responses"],
            json!({ "201": { "description": "Created" }, "204": { "description": "It is done" } })
        );
    }
}

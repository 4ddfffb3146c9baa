//! The OpenAPI document, with what the framework does not say in it.
//!
//! An optional field is sent as null when it has no value, and null is taken for it; the framework's schema has it
//! optional, but not nullable.

use serde_yaml::{Mapping, Value};

/// The document as JSON and as YAML, from what the framework made.
pub fn complete(document: &str) -> (String, String) {
    // This value keeps the order of keys, so that the document reads as its types are written.
    let mut document: Value = serde_json::from_str(document).expect("the framework writes JSON");
    let schemas =
        document.get_mut("components").and_then(|c| c.get_mut("schemas")).and_then(Value::as_mapping_mut);
    for schema in schemas.into_iter().flat_map(Mapping::values_mut) {
        optional_is_nullable(schema);
    }
    let json = serde_json::to_string_pretty(&document).expect("what was JSON is JSON");
    let yaml = serde_yaml::to_string(&document).expect("what was JSON is YAML");
    (json, yaml)
}

fn optional_is_nullable(schema: &mut Value) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let required = |name: &Value| required.as_sequence().is_some_and(|names| names.contains(name));
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_mapping_mut) else { return };
    for (name, property) in properties.iter_mut().filter(|(name, _)| !required(name)) {
        // Null in place of a default would be refused.
        let Some(fields) = property.as_mapping_mut() else { continue };
        if name.is_string() && !fields.contains_key("default") {
            nullable(fields);
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
    use serde_json::json;

    use super::*;

    #[test]
    fn optional_fields_are_nullable_and_others_are_not() {
        let field = json!({ "type": "string" });
        let properties = json!({
            "kept": field, "left_out": field, "other": { "$ref": "#/x" }, "limit": { "type": "integer", "default": 5 },
        });
        let document = json!({ "components": { "schemas": { "A": { "required": ["kept"], "properties": properties } } } });
        let (json, yaml) = complete(&document.to_string());
        let from_json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            from_json["components"]["schemas"]["A"]["properties"],
            json!({
                "kept": field,
                "left_out": { "type": "string", "nullable": true },
                "other": { "allOf": [{ "$ref": "#/x" }], "nullable": true },
                "limit": { "type": "integer", "default": 5 },
            })
        );
        assert_eq!(serde_yaml::from_str::<serde_json::Value>(&yaml).unwrap(), from_json);
    }
}

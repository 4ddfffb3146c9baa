//! The OpenAPI document, with what the framework leaves out of it or says in a way that client generators stumble over.

use std::collections::HashSet;

use poem::http::StatusCode;
use serde_yaml::{Mapping, Value};

use super::{examples, statuses};

/// Keywords that describe a value, and do not restrict it any further.
const ANNOTATIONS: [&str; 8] =
    ["default", "deprecated", "description", "example", "nullable", "readOnly", "title", "writeOnly"];

/// The document as JSON and as YAML, from what the framework made.
pub fn complete(document: &str) -> (String, String) {
    // This value keeps the order of keys, so that the document reads as its types are written.
    let mut document: Value = serde_json::from_str(document).expect("the framework writes JSON");
    everywhere(&mut document, &mut |mapping| {
        plain_references(mapping);
        described_responses(mapping);
    });
    own_errors(&mut document);
    let requests = request_schemas(&document);
    let schemas =
        document.get_mut("components").and_then(|c| c.get_mut("schemas")).and_then(Value::as_mapping_mut);
    let Some(schemas) = schemas else { return written(&document) };
    for (name, schema) in schemas.iter_mut() {
        optional_is_nullable(schema);
        let known = name.as_str().is_some_and(|name| requests.contains(name));
        if let Some(schema) =
            schema.as_mapping_mut().filter(|schema| known && schema.contains_key("properties"))
        {
            // Unknown fields of requests are refused.
            schema.insert("additionalProperties".into(), false.into());
        }
    }
    examples::compose(schemas);
    written(&document)
}

fn written(document: &Value) -> (String, String) {
    let json = serde_json::to_string_pretty(document).expect("what was JSON is JSON");
    let yaml = serde_yaml::to_string(document).expect("what was JSON is YAML");
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

/// The errors that an operation can give, and no others: some come from what stands before all operations, which the
/// framework does not document, and the type of a handler has them all.
fn own_errors(document: &mut Value) {
    let mut errors = Mapping::new();
    let is_error = |status: &Value| status.as_str().is_some_and(|s| s.starts_with(['4', '5']));
    for_operations(document, |_, responses| {
        for (status, response) in responses.iter().filter(|(status, _)| is_error(status)) {
            errors.entry(status.clone()).or_insert_with(|| response.clone());
        }
    });
    for_operations(document, |operation, responses| {
        for (status, response) in &errors {
            responses.entry(status.clone()).or_insert_with(|| response.clone());
        }
        responses.retain(|status, _| {
            !is_error(status) || status.as_str().is_none_or(|status| statuses::possible(operation, status))
        });
    });
}

/// Calls `change` with every operation and its responses.
fn for_operations(document: &mut Value, mut change: impl FnMut(&Mapping, &mut Mapping)) {
    let paths = document.get_mut("paths").and_then(Value::as_mapping_mut);
    let operations = paths.into_iter().flat_map(Mapping::values_mut).filter_map(Value::as_mapping_mut);
    for operation in operations.flat_map(Mapping::values_mut).filter_map(Value::as_mapping_mut) {
        let Some(Value::Mapping(mut responses)) = operation.remove("responses") else { continue };
        change(operation, &mut responses);
        operation.insert("responses".into(), responses.into());
    }
}

/// Names of the schemas that request bodies are made of.
fn request_schemas(document: &Value) -> HashSet<String> {
    let mut bodies = Vec::new();
    everywhere(&mut document.clone(), &mut |mapping| bodies.extend(mapping.get("requestBody").cloned()));
    let mut names = HashSet::new();
    while let Some(mut value) = bodies.pop() {
        everywhere(&mut value, &mut |mapping| {
            let reference = mapping.get("$ref").and_then(Value::as_str);
            let Some(name) = reference.and_then(|r| r.strip_prefix("#/components/schemas/")) else { return };
            if names.insert(name.to_owned()) {
                bodies.extend(document.get("components").and_then(|c| c.get("schemas")?.get(name)).cloned());
            }
        });
    }
    names
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
    fn an_operation_has_the_errors_that_it_can_give() {
        let every: serde_json::Map<String, Value> =
            [200, 400, 401, 403, 404, 405, 409, 412, 413, 415, 428, 429, 500, 503]
                .into_iter()
                .map(|status| (status.to_string(), json!({ "description": "d" })))
                .collect();
        let with = |mut operation: Value, security: bool| {
            operation["responses"] = every.clone().into();
            if security {
                operation["security"] = json!([{ "Bearer": [] }]);
            }
            operation
        };
        let header = |name: &str| json!([{ "name": name, "in": "header" }]);
        let document = completed(&json!({ "paths": { "/a": {
            "get": with(json!({ "operationId": "list" }), true),
            "post": with(json!({ "description": "Never (401 `wrong`), nor 429\n`often`; it takes 409 seconds.", "requestBody": {} }), false),
            "put": with(json!({ "operationId": "replace", "requestBody": {}, "parameters": header("If-Match") }), true),
            "patch": with(json!({ "operationId": "make", "parameters": header("Idempotency-Key") }), true),
        } } }));
        let errors = |method: &str| -> Vec<String> {
            let responses = document["paths"]["/a"][method]["responses"].as_object().unwrap();
            responses
                .keys()
                .filter(|s| !["200", "400", "404", "405", "500", "503"].contains(&s.as_str()))
                .cloned()
                .collect()
        };
        assert_eq!(errors("get"), ["401", "403"]);
        assert_eq!(errors("post"), ["401", "413", "415", "429"]);
        assert_eq!(errors("put"), ["401", "403", "412", "413", "415", "428"]);
        assert_eq!(errors("patch"), ["401", "403", "409"]);
    }

    #[test]
    fn responses_say_what_they_are_and_errors_are_the_same_everywhere() {
        let (created, gone) = (json!({ "description": "" }), json!({ "description": "It is gone" }));
        let document = completed(&json!({ "paths": {
            "/a": { "post": { "responses": { "201": created, "410": gone } } },
            "/b": { "get": { "responses": { "204": { "description": "It is done" } } } },
        } }));
        let responses = |pointer| document.pointer(pointer).unwrap();
        assert_eq!(*responses("/paths/~1a/post/responses/201"), json!({ "description": "Created" }));
        assert_eq!(
            *responses("/paths/~1b/get/responses"),
            json!({ "204": { "description": "It is done" }, "410": gone })
        );
    }

    #[test]
    fn requests_have_no_other_fields() {
        let object =
            |field: &Value| json!({ "type": "object", "required": ["a"], "properties": { "a": field } });
        let reference = json!({ "$ref": "#/components/schemas/Inner" });
        let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Outer" } } } });
        let document = completed(&json!({
            "paths": { "/a": { "post": { "requestBody": body, "responses": {} } } },
            "components": { "schemas": {
                "Outer": object(&json!({ "type": "array", "items": reference })),
                "Inner": object(&json!({ "type": "string" })),
                "Answer": object(&json!({ "type": "string" })),
            } },
        }));
        let closed = |name: &str| document["components"]["schemas"][name].get("additionalProperties");
        assert_eq!(
            ["Outer", "Inner", "Answer"].map(closed),
            [Some(&json!(false)), Some(&json!(false)), None]
        );
    }
}

//! What is wrong with a body, by its schema in the API document. The framework names the type at fault, not the field,
//! and stops at the first; its refusal stands, and this says it in the words of who sent the body.

use chrono::DateTime;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::FieldError;

/// Most faults that are told: more than any form has fields.
const MOST: usize = 20;
/// How deep a body is looked into.
const DEPTH: usize = 16;

/// The faults of `value`, which `schema` describes; `schemas` are the named ones. Rules that cannot be told from types
/// (lengths, patterns) are left to the framework. Nothing of the value is repeated.
pub fn faults(schemas: &Value, schema: &Value, value: &Value) -> Vec<FieldError> {
    let mut faults = Faults { schemas, found: Vec::new() };
    faults.look(schema, value, "", 0);
    faults.found.truncate(MOST);
    faults.found
}

struct Faults<'a> {
    schemas: &'a Value,
    found: Vec<FieldError>,
}

impl Faults<'_> {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        // 128 characters are the most that the document promises.
        self.found.push(FieldError { field: field.chars().take(128).collect(), message: message.into() });
    }

    fn look(&mut self, schema: &Value, value: &Value, field: &str, depth: usize) {
        if depth > DEPTH || self.found.len() >= MOST {
            return;
        }
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
            let schemas = self.schemas;
            return self.look(&schemas[name], value, field, depth + 1);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.look(part, value, field, depth + 1);
        }
        if let Some(words) = wrong_type(schema, value) {
            return self.add(field, words);
        }
        match value {
            Value::Object(given) => self.object(schema, given, field, depth),
            Value::Array(given) => {
                for (index, item) in given.iter().enumerate() {
                    self.look(&schema["items"], item, &format!("{field}[{index}]"), depth + 1);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &Value, given: &Map<String, Value>, field: &str, depth: usize) {
        let Some(known) = schema["properties"].as_object() else { return };
        let below = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !given.contains_key(name) {
                self.add(&below(name), "is missing");
            }
        }
        for (name, value) in given {
            match known.get(name) {
                Some(schema) => self.look(schema, value, &below(name), depth + 1),
                None if schema["additionalProperties"] == false => {
                    self.add(&below(name), "is not known here");
                }
                None => {}
            }
        }
    }
}

/// What `value` must be instead, in words that follow the name of its field.
fn wrong_type(schema: &Value, value: &Value) -> Option<String> {
    let right = match schema["type"].as_str()? {
        "string" => match value.as_str() {
            None => return Some("must be a text".to_owned()),
            Some(text) => return wrong_text(schema, text),
        },
        "integer" if schema["format"].as_str().is_some_and(|format| format.starts_with("uint")) => {
            (value.is_u64(), "must be a whole number, and not negative")
        }
        "integer" => (value.is_i64() || value.is_u64(), "must be a whole number"),
        "number" => (value.is_number(), "must be a number"),
        "boolean" => (value.is_boolean(), "must be true or false"),
        "array" => (value.is_array(), "must be a list"),
        "object" => (value.is_object(), "must be an object"),
        _ => (true, ""),
    };
    (!right.0).then(|| right.1.to_owned())
}

fn wrong_text(schema: &Value, text: &str) -> Option<String> {
    let words: Vec<&str> =
        schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !words.is_empty() && !words.contains(&text) {
        return Some(format!("must be one of {}", words.join(", ")));
    }
    match schema["format"].as_str() {
        Some("uuid") if Uuid::parse_str(text).is_err() => Some("must be a UUID".to_owned()),
        Some("date-time") if DateTime::parse_from_rfc3339(text).is_err() => {
            Some("must be a time such as 2026-11-23T09:00:00Z".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_wrong_field_is_named_where_it_stands() {
        let schemas = json!({
            "Role": {"type": "string", "enum": ["admin", "member"]},
            "Rule": {"type": "object", "required": ["rule"], "properties": {"rule": {"type": "string"}}},
        });
        let schema = json!({
            "type": "object", "required": ["name", "role"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string"},
                "role": {"allOf": [{"$ref": "#/components/schemas/Role"}]},
                "note": {"type": "string", "nullable": true},
                "rule": {"allOf": [{"$ref": "#/components/schemas/Rule"}], "nullable": true},
                "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
            },
        });
        let found = |value: Value| -> Vec<(String, String)> {
            faults(&schemas, &schema, &value).into_iter().map(|f| (f.field, f.message)).collect()
        };
        let told = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(f, m)| ((*f).to_owned(), (*m).to_owned())).collect()
        };
        assert_eq!(found(json!({})), told(&[("name", "is missing"), ("role", "is missing")]));
        assert_eq!(
            found(json!({"name": 7, "role": "king", "rule": {}, "ids": ["x"], "nick": 1})),
            told(&[
                ("ids[0]", "must be a UUID"),
                ("name", "must be a text"),
                ("nick", "is not known here"),
                ("role", "must be one of admin, member"),
                ("rule.rule", "is missing"),
            ])
        );
        assert_eq!(found(json!({"name": null, "role": "admin"})), told(&[("name", "must be a text")]));
        assert_eq!(found(json!([])), told(&[("", "must be an object")]));
        assert_eq!(found(json!({"name": "a", "role": "admin", "note": null, "rule": null})), []);
    }
}

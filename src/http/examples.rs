//! Examples in the API document for what has none of its own: put together from those of its parts.

use serde_yaml::{Mapping, Value};

/// References followed one after the other.
const DEPTH: usize = 12;
const ID: &str = "019aa9ec-3f00-7000-8000-000000000001";
const TIME: &str = "2026-11-22T10:00:00.000Z";
/// Texts by the name of their field, which has one meaning throughout the API.
const TEXTS: [(&str, &str); 27] = [
    ("address", "203.0.113.7"),
    ("app", "desk"),
    ("app_version", "1.4.2"),
    ("csrf_token", "q3Zt0b9Vw1yKx7cRf5uH2g"),
    ("culprit", "openRoom (rooms.js)"),
    ("device", "Firefox on Linux"),
    ("filename", "https://desk.example.org/assets/rooms.js"),
    ("function", "openRoom"),
    ("kind", "connected"),
    ("line_id", "1882545520640000001"),
    ("message", "Cannot read properties of undefined (reading 'id')"),
    ("module", "rooms"),
    ("name", "Ann Martin"),
    ("page", "https://desk.example.org/rooms"),
    ("path", "/ics/9vXq2mLr8sTfKc4w.ics"),
    ("previous", "eyJBZnRlciI6IjE4ODI1NDU1In0"),
    ("session", "hXk29dLq"),
    ("set_by", "root"),
    ("summary", "Connected from 203.0.113.7"),
    ("time_zone", "Europe/Paris"),
    ("title", "Planning"),
    ("token", "wst_9vXq2mLr8sTfKc4wQz"),
    ("type", "TypeError"),
    ("uid", "6d2c1f0e@example.org"),
    ("username", "ann"),
    ("version", "1.4.2"),
    ("view", "rooms"),
];

/// Gives every object among `schemas` an example, unless it has one or holds a text that nobody knows.
pub fn compose(schemas: &mut Mapping) {
    let known = schemas.clone();
    for schema in schemas.values_mut().filter_map(Value::as_mapping_mut) {
        if schema.contains_key("properties")
            && !schema.contains_key("example")
            && let Some(example) = example(&known, schema, 0)
        {
            schema.insert("example".into(), example);
        }
    }
}

fn example(schemas: &Mapping, schema: &Mapping, depth: usize) -> Option<Value> {
    if depth > DEPTH {
        return None;
    }
    if let Some(own) = schema.get("example") {
        return Some(own.clone());
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next()) {
        return example(schemas, schemas.get(name)?.as_mapping()?, depth + 1);
    }
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let first = |key: &str| schema.get(key).and_then(Value::as_sequence).and_then(|values| values.first());
    if let Some(part) = first("allOf").and_then(Value::as_mapping) {
        return example(schemas, part, depth + 1);
    }
    if let Some(word) = first("enum") {
        return Some(word.clone());
    }
    if let Some(least) = schema.get("minimum") {
        return Some(least.clone());
    }
    // Whatever it is, an object is one.
    match (text("type").unwrap_or("object"), text("format")) {
        ("object", _) => object(schemas, schema, depth),
        ("array", _) => {
            let item = schema.get("items").and_then(Value::as_mapping);
            Some(Value::Sequence(
                item.and_then(|item| example(schemas, item, depth + 1)).into_iter().collect(),
            ))
        }
        ("boolean", _) => Some(true.into()),
        ("integer", _) => Some(1.into()),
        ("number", _) => Some(1.5.into()),
        ("string", Some("uuid")) => Some(ID.into()),
        ("string", Some("date-time")) => Some(TIME.into()),
        _ => None,
    }
}

/// What may be null is null when nothing is known of it.
fn object(schemas: &Mapping, schema: &Mapping, depth: usize) -> Option<Value> {
    let mut made = Mapping::new();
    for (name, property) in schema.get("properties").and_then(Value::as_mapping).into_iter().flatten() {
        let property = property.as_mapping()?;
        let nullable = property.get("nullable") == Some(&true.into());
        let text =
            TEXTS.iter().find(|(of, _)| Some(*of) == name.as_str()).map(|(_, text)| Value::from(*text));
        let text = text.filter(|_| property.get("type").and_then(Value::as_str) == Some("string"));
        let value = example(schemas, property, depth + 1).or(text);
        let value = value.or_else(|| nullable.then_some(Value::Null))?;
        made.insert(name.clone(), value);
    }
    Some(made.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole_and_nobody_invents_a_text() {
        let mut schemas: Mapping = serde_yaml::from_str(
            r##"{
            "Item": {"type": "object", "properties": {"name": {"type": "string"}}, "example": {"name": "Ann"}},
            "Page": {"type": "object", "properties": {
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                "next": {"type": "string", "nullable": true},
                "count": {"type": "integer", "minimum": 3}}},
            "Text": {"type": "object", "properties": {"text": {"type": "string"}}},
            "Known": {"type": "object", "properties": {"version": {"type": "string"}, "more": {}}},
            "Round": {"type": "object", "properties": {"round": {"$ref": "#/components/schemas/Round"}}}}"##,
        )
        .unwrap();
        compose(&mut schemas);
        let page: Value =
            serde_yaml::from_str(r#"{"items": [{"name": "Ann"}], "next": null, "count": 3}"#).unwrap();
        assert_eq!(schemas["Page"]["example"], page);
        assert_eq!(schemas["Known"]["example"]["version"], "1.4.2");
        for name in ["Text", "Round"] {
            assert!(schemas[name].get("example").is_none(), "{name}");
        }
    }
}

//! The API document, as tests walk it: what is added to the API later is tested as well.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::TestApp;

/// The document that a server gives.
pub struct Document(Value);

/// One operation of it.
pub struct Operation {
    /// Its `operationId`.
    pub id: String,
    pub method: Method,
    /// From the server's root, with `{names}` of parameters.
    pub path: String,
    value: Value,
}

impl Document {
    pub async fn of(app: &TestApp) -> Self {
        Self(app.anon().get("/api/openapi.json").await.expect(200))
    }

    /// Every operation.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, methods) in self.0["paths"].as_object().unwrap() {
            for (method, value) in methods.as_object().unwrap() {
                let Some(id) = value["operationId"].as_str() else { continue };
                operations.push(Operation {
                    id: id.to_owned(),
                    method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                    path: format!("/api{path}"),
                    value: value.clone(),
                });
            }
        }
        assert!(operations.len() >= 60, "only {} operations", operations.len());
        operations
    }

    /// The schema itself, where this one only names it.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str()) {
            Some(name) => self.0.pointer(name.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    /// The example of the JSON body that an operation takes.
    pub fn example(&self, operation: &Operation) -> Option<Value> {
        let media = operation.json()?;
        let example = media.get("example").or_else(|| self.resolve(&media["schema"]).get("example"));
        Some(example.unwrap_or_else(|| panic!("{} has no example", operation.id)).clone())
    }

    /// `body` with `text` in each place that takes a text in turn, also in those that the body leaves out; with the name of
    /// the place, as in `attendees[0].name`.
    pub fn with_text(&self, operation: &Operation, body: &Value, text: &str) -> Vec<(String, Value)> {
        let Some(media) = operation.json() else { return Vec::new() };
        let places = self.places(&media["schema"], body, text);
        places.into_iter().map(|(place, body)| (place.trim_start_matches('.').to_owned(), body)).collect()
    }

    fn places(&self, schema: &Value, body: &Value, text: &str) -> Vec<(String, Value)> {
        let schema = self.resolve(schema);
        match schema["type"].as_str() {
            // Without a type, anything may stand there.
            Some("string") | None => vec![(String::new(), json!(text))],
            Some("array") => {
                let items = self.places(&schema["items"], &body[0], text).into_iter();
                items.map(|(place, item)| (format!("[0]{place}"), json!([item]))).collect()
            }
            Some("object") => {
                let example = || schema["example"].as_object().cloned().unwrap_or_else(Map::new);
                let whole = body.as_object().cloned().unwrap_or_else(example);
                let fields = schema["properties"].as_object().into_iter().flatten();
                let inside = fields.flat_map(|(name, field)| {
                    let old = whole.get(name).unwrap_or(&Value::Null);
                    let places = self.places(field, old, text).into_iter();
                    places.map(move |(place, new)| (name, place, new))
                });
                inside
                    .map(|(name, place, new)| {
                        let mut whole = whole.clone();
                        whole.insert(name.clone(), new);
                        (format!(".{name}{place}"), whole.into())
                    })
                    .collect()
            }
            Some(_) => Vec::new(),
        }
    }
}

impl Operation {
    /// The media type and schema of its JSON body.
    fn json(&self) -> Option<&Value> {
        let content = self.value.pointer("/requestBody/content")?.as_object()?;
        content.iter().find(|(kind, _)| kind.starts_with("application/json")).map(|(_, media)| media)
    }

    /// Whether it takes a JSON body.
    pub fn takes_json(&self) -> bool {
        self.json().is_some()
    }

    /// Whether it takes a body of any kind.
    pub fn takes_a_body(&self) -> bool {
        self.value.get("requestBody").is_some()
    }

    /// Its parameters of a place: `path`, `query` or `header`.
    pub fn parameters(&self, place: &str) -> Vec<&Value> {
        let all = self.value["parameters"].as_array().into_iter().flatten();
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    /// Its path, with what `id` gives for each parameter.
    pub fn path_with(&self, mut id: impl FnMut(&str) -> String) -> String {
        let parts = self.path.split('/').map(|part| {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            name.map_or_else(|| part.to_owned(), &mut id)
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Whether the document names this status for it.
    pub fn documents(&self, status: u16) -> bool {
        self.value["responses"].get(status.to_string()).is_some()
    }
}

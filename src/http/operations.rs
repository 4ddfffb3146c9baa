//! What the API document says of a route: its path with the names of its parameters, which the framework's own
//! patterns number, and its methods, for the `Allow` header of a 405, which the framework leaves out.

use std::collections::HashMap;

use poem::http::HeaderValue;
use serde_json::Value;

use super::body::Refused;
use super::schema;
use crate::error::FieldError;

/// Paths of the API by the framework's patterns.
#[derive(Debug, Default)]
pub struct Operations {
    paths: HashMap<String, Path>,
    /// The named schemas.
    schemas: Value,
}

#[derive(Debug)]
struct Path {
    name: String,
    allow: HeaderValue,
    /// Schemas of JSON bodies, by method.
    bodies: HashMap<String, Value>,
}

impl Operations {
    /// Reads the paths of `document`, which are served under `base`.
    pub fn of(document: &str, base: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let paths = document["paths"].as_object().into_iter().flatten();
        let known = paths.filter_map(|(path, operations)| {
            let methods: Vec<_> =
                operations.as_object()?.keys().map(|method| method.to_uppercase()).collect();
            let allow = HeaderValue::from_str(&methods.join(", ")).ok()?;
            let name = format!("{base}/api{path}");
            let body = |(method, operation): (&String, &Value)| {
                let content = operation.get("requestBody")?.get("content")?.as_object()?;
                let (_, media) = content.iter().find(|(kind, _)| kind.starts_with("application/json"))?;
                Some((method.to_uppercase(), media["schema"].clone()))
            };
            let bodies = operations.as_object()?.iter().filter_map(body).collect();
            Some((pattern(&name), Path { name, allow, bodies }))
        });
        let paths = known.collect();
        Self { paths, schemas: document["components"]["schemas"].clone() }
    }

    /// The path behind `pattern`, as the document writes it; `pattern` itself when it is none of the API's.
    pub fn name<'a>(&'a self, pattern: &'a str) -> &'a str {
        self.paths.get(pattern).map_or(pattern, |path| &path.name)
    }

    /// The methods of a path.
    pub fn allow(&self, pattern: &str) -> Option<&HeaderValue> {
        self.paths.get(pattern).map(|path| &path.allow)
    }

    /// What is wrong with a body that the framework refused, as far as its schema tells.
    pub fn faults(&self, pattern: &str, refused: &Refused) -> Vec<FieldError> {
        let schema = self.paths.get(pattern).and_then(|path| path.bodies.get(refused.method.as_str()));
        let value = serde_json::from_slice(&refused.bytes);
        match (schema, value) {
            (Some(schema), Ok(value)) => schema::faults(&self.schemas, schema, &value),
            _ => Vec::new(),
        }
    }
}

/// `/rooms/{room_id}/members/{user_id}` is `/rooms/:param0/members/:param1` to the router.
fn pattern(path: &str) -> String {
    let mut number = 0;
    let parts = path.split('/').map(|part| {
        if !part.starts_with('{') {
            return part.to_owned();
        }
        number += 1;
        format!(":param{}", number - 1)
    });
    parts.collect::<Vec<_>>().join("/")
}

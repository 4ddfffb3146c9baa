//! What the API document says of a route: its path with the names of its parameters, which the framework's own
//! patterns number, and its methods, for the `Allow` header of a 405, which the framework leaves out.

use std::collections::{HashMap, HashSet};

use poem::http::HeaderValue;
use serde_json::{Map, Value};

use super::body::Refused;
use super::schema;
use crate::error::FieldError;

/// Most characters kept of a parameter: ids are shorter.
const PARAMETER: usize = 100;

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
    /// Ids of its operations, by method.
    ids: HashMap<String, String>,
    /// Methods that take a body.
    takes_body: HashSet<String>,
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
            let id = |(method, operation): (&String, &Value)| {
                Some((method.to_uppercase(), operation.get("operationId")?.as_str()?.to_owned()))
            };
            let ids = operations.as_object()?.iter().filter_map(id).collect();
            let with_body = operations.as_object()?.iter().filter(|(_, o)| o.get("requestBody").is_some());
            let takes_body = with_body.map(|(method, _)| method.to_uppercase()).collect();
            let bodies = operations.as_object()?.iter().filter_map(body).collect();
            Some((pattern(&name), Path { name, allow, ids, takes_body, bodies }))
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

    /// The operation of a request, and the parameters of its path; `None` when it is none of the API's.
    pub fn operation(&self, method: &str, path: &str) -> Option<(String, Map<String, Value>)> {
        let (known, parameters) = self.find(method, path)?;
        Some((known.ids.get(method)?.clone(), parameters))
    }

    /// Whether the operation of a request takes a body; false when it is none of the API's.
    pub fn takes_body(&self, method: &str, path: &str) -> bool {
        self.find(method, path).is_some_and(|(known, _)| known.takes_body.contains(method))
    }

    fn find(&self, method: &str, path: &str) -> Option<(&Path, Map<String, Value>)> {
        let with_method = self.paths.values().filter(|known| known.ids.contains_key(method));
        let fitting = with_method.filter_map(|known| Some((known, parameters(&known.name, path)?)));
        // Of `/rooms/direct` and `/rooms/{room_id}` the router takes the one that says more.
        fitting.min_by_key(|(_, parameters)| parameters.len())
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

/// The parameters of `path` when it fits to `name`, such as `/rooms/{room_id}`.
fn parameters(name: &str, path: &str) -> Option<Map<String, Value>> {
    let (mut names, mut parts) = (name.split('/'), path.split('/'));
    let mut found = Map::new();
    loop {
        match (names.next(), parts.next()) {
            (None, None) => return Some(found),
            (Some(name), Some(part)) => match name.strip_prefix('{').and_then(|n| n.strip_suffix('}')) {
                Some(name) => {
                    let text: String = part.chars().take(PARAMETER).collect();
                    found.insert(name.to_owned(), text.into());
                }
                None if name == part => {}
                None => return None,
            },
            _ => return None,
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

//! What the API document says of a route: its path with the names of its parameters, which the framework's own
//! patterns number, and its methods, for the `Allow` header of a 405, which the framework leaves out.

use std::collections::HashMap;

use poem::http::HeaderValue;
use serde_json::Value;

/// Paths of the API by the framework's patterns.
#[derive(Debug, Default)]
pub struct Operations(HashMap<String, Path>);

#[derive(Debug)]
struct Path {
    name: String,
    allow: HeaderValue,
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
            Some((pattern(&name), Path { name, allow }))
        });
        Self(known.collect())
    }

    /// The path behind `pattern`, as the document writes it; `pattern` itself when it is none of the API's.
    pub fn name<'a>(&'a self, pattern: &'a str) -> &'a str {
        self.0.get(pattern).map_or(pattern, |path| &path.name)
    }

    /// The methods of a path.
    pub fn allow(&self, pattern: &str) -> Option<&HeaderValue> {
        self.0.get(pattern).map(|path| &path.allow)
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

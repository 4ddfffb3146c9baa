//! Which errors an operation can give: what every handler has in its type is more than that.
//!
//! An operation says in its own description what is particular to it: a status before a code, as in "409 `limit_reached`".
//! What every operation of its kind gives, such as 412 for one that takes `If-Match`, follows from the document.

use serde_yaml::{Mapping, Value};

/// Whether `operation` can give the error `status`.
pub fn possible(operation: &Mapping, status: &str) -> bool {
    let public = !operation.contains_key("security");
    match status {
        "401" | "403" => !public || says(operation, status),
        "409" => says(operation, status) || (!public && takes(operation, "Idempotency-Key")),
        "412" | "428" => takes(operation, "If-Match"),
        "413" | "415" => operation.contains_key("requestBody"),
        "429" => says(operation, status),
        _ => true,
    }
}

/// Whether the description names a code of that status.
fn says(operation: &Mapping, status: &str) -> bool {
    let text = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    // A line may end between the two.
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|pair| pair[0].trim_start_matches('(') == status && pair[1].starts_with('`'))
}

fn takes(operation: &Mapping, parameter: &str) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_sequence);
    parameters.into_iter().flatten().any(|p| p.get("name").and_then(Value::as_str) == Some(parameter))
}

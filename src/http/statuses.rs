//! Which errors an operation can give: what every handler has in its type is more than that.

use serde_yaml::{Mapping, Value};

/// Operations that say "it contradicts what is there"; those with an `Idempotency-Key` can all.
const CONFLICTS: [&str; 16] = [
    "add_reaction",
    "add_room_member",
    "create_app_key",
    "create_token",
    "delete_agenda_event",
    "delete_room",
    "edit_message",
    "import_agenda",
    "remove_room_member",
    "replace_agenda_event",
    "send_diagnostics",
    "set_up",
    "update_agenda_event",
    "update_room",
    "update_user",
    "upload_source_map",
];
/// Public operations that take a credential in their body.
const CREDENTIALS: [&str; 3] = ["log_in", "log_in_with_cookie", "refresh_tokens"];
/// Operations that hash a password on behalf of somebody who may be guessing.
const GUESSES: [&str; 3] = ["change_password", "log_in", "log_in_with_cookie"];

/// Whether `operation` can give the error `status`.
pub fn possible(operation: &Mapping, status: &str) -> bool {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let public = !operation.contains_key("security");
    match status {
        "401" => !public || CREDENTIALS.contains(&id),
        "403" => !public || id == "set_up",
        "409" => {
            CONFLICTS.contains(&id) || (takes(operation, "Idempotency-Key") && !CREDENTIALS.contains(&id))
        }
        "412" | "428" => takes(operation, "If-Match"),
        "413" | "415" => operation.contains_key("requestBody"),
        "429" => GUESSES.contains(&id),
        _ => true,
    }
}

fn takes(operation: &Mapping, parameter: &str) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_sequence);
    parameters.into_iter().flatten().any(|p| p.get("name").and_then(Value::as_str) == Some(parameter))
}

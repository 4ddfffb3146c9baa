//! Changes inside JSON text, which every database engine writes in its own way. This is SQLite's.

/// `column` with the value at each path (such as `$.message.body`) replaced by the JSON text bound at the place
/// beside it (such as `$1`). A path that is not there is left out.
pub fn replaced(column: &str, changes: &[(&str, &str)]) -> String {
    let arguments: String =
        changes.iter().map(|(path, place)| format!(", '{path}', json({place})")).collect();
    format!("json_replace({column}{arguments})")
}

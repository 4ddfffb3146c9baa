//! JSON text in queries, which every database engine reads and writes in its own way. This is SQLite's.

use uuid::Uuid;

/// `column` with the value at each path (such as `$.message.body`) replaced by the JSON text bound at the place
/// beside it (such as `$1`). A path that is not there is left out.
pub fn replaced(column: &str, changes: &[(&str, &str)]) -> String {
    let arguments: String =
        changes.iter().map(|(path, place)| format!(", '{path}', json({place})")).collect();
    format!("json_replace({column}{arguments})")
}

/// Ids as one value, of which there may be more than a statement has places.
pub fn ids(ids: &[Uuid]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", quoted.join(","))
}

/// A query that gives the ids bound by [`ids`] at `place`.
pub fn each_id(place: &str) -> String {
    format!("SELECT unhex(value) FROM json_each({place})")
}

/// Numbers as one value, as [`ids`].
pub fn numbers(numbers: &[i64]) -> String {
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", texts.join(","))
}

/// A query that gives the numbers bound by [`numbers`] at `place`.
pub fn each_number(place: &str) -> String {
    format!("SELECT value FROM json_each({place})")
}

/// Rows of up to three numbers as one value, as [`ids`].
pub fn rows<const N: usize>(rows: &[[i64; N]]) -> String {
    let texts: Vec<String> = rows.iter().map(|row| numbers(row)).collect();
    format!("[{}]", texts.join(","))
}

/// A query that gives the rows bound by [`rows`] at `place`, with columns `a`, `b` and `c`.
pub fn each_row(place: &str) -> String {
    format!("SELECT value ->> 0 AS a, value ->> 1 AS b, value ->> 2 AS c FROM json_each({place})")
}

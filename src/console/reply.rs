//! What a line answers: stable shapes, in which a page finds its words by `code` and `key`.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::spec::Spec;
use super::verb::Fault;

/// The answer to a line.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// Something was said, or done.
    Text {
        /// What it is, for programs.
        code: &'static str,
        /// In English, for people.
        text: String,
        /// What the text was made of.
        values: Map<String, Value>,
    },
    /// Rows of the same kind.
    Table {
        columns: Vec<Column>,
        rows: Vec<Vec<Value>>,
        /// How many there are, of which the rows may be the first.
        total: usize,
    },
    /// The logs are in this channel.
    Tail { channel: String, filter: Map<String, Value> },
    /// Nothing was done.
    Error {
        code: &'static str,
        /// In English, for people.
        text: String,
        /// The argument at fault.
        argument: Option<&'static str>,
        /// How the verb is written.
        usage: Option<String>,
        /// The verb that was probably meant.
        suggestion: Option<&'static str>,
    },
}

/// A column.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Column {
    /// Its name, for programs.
    pub key: &'static str,
    /// How its values are read.
    pub kind: Cell,
}

/// What the values of a column are; each may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Words.
    Text,
    /// An id: never cut short.
    Id,
    /// A number.
    Number,
    /// RFC 3339.
    Time,
}

impl Reply {
    pub fn done(code: &'static str, text: String, values: Value) -> Self {
        let values = match values {
            Value::Object(values) => values,
            _ => Map::new(),
        };
        Self::Text { code, text, values }
    }

    pub fn table(columns: &[(&'static str, Cell)], rows: Vec<Vec<Value>>, total: usize) -> Self {
        let columns = columns.iter().map(|&(key, kind)| Column { key, kind }).collect();
        Self::Table { columns, rows, total }
    }

    /// Names and values, one below the other.
    pub fn pairs(pairs: Vec<(&'static str, Value)>) -> Self {
        let total = pairs.len();
        let rows = pairs.into_iter().map(|(name, value)| vec![json!(name), value]).collect();
        Self::table(&[("name", Cell::Text), ("value", Cell::Text)], rows, total)
    }

    /// What a verb names is not there.
    pub fn missing(argument: &'static str, what: &str) -> Self {
        let text = format!("There is no such {what}.");
        Self::Error { code: "not_found", text, argument: Some(argument), usage: None, suggestion: None }
    }

    /// Whether something was refused.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error { .. })
    }
}

impl From<&Fault> for Reply {
    fn from(fault: &Fault) -> Self {
        let (code, argument, suggestion) = match fault {
            Fault::Empty => ("empty", None, None),
            Fault::TooLong => ("too_long", None, None),
            Fault::OpenQuote => ("open_quote", None, None),
            Fault::Unknown { nearest } => ("unknown_verb", None, *nearest),
            Fault::Missing { argument, .. } => ("missing_argument", Some(*argument), None),
            Fault::Wrong { argument, .. } => ("wrong_argument", Some(*argument), None),
            Fault::Extra { .. } => ("extra_argument", None, None),
        };
        let usage = fault.verb().map(|verb| Spec::usage(verb.spec()));
        Self::Error { code, text: fault.to_string(), argument, usage, suggestion }
    }
}

//! The answer as JSON text, written column by column.
//!
//! A month of ten lines is 50,000 numbers. Made into a tree of values first, as the framework does it, they would cost more
//! than finding them; their schema would not say, either, that a place in a column may be null.

use std::borrow::Cow;
use std::fmt::Write;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

use super::view::{SeriesAnswer, SeriesLine};

/// A number in a column.
pub trait Number: Copy + Send + Sync {
    /// Type and format in the API document.
    const SCHEMA: (&'static str, &'static str);
    /// Appends it.
    fn write(self, out: &mut String);
}

impl Number for u64 {
    const SCHEMA: (&'static str, &'static str) = ("integer", "uint64");

    fn write(self, out: &mut String) {
        write!(out, "{self}").expect("a string takes everything");
    }
}

impl Number for f64 {
    const SCHEMA: (&'static str, &'static str) = ("number", "double");

    /// With as many digits as mean something.
    fn write(self, out: &mut String) {
        let (digits, scale) = match self.abs() {
            v if v >= 100.0 => (1, 1e1),
            v if v >= 1.0 => (3, 1e3),
            _ => (5, 1e5),
        };
        let scaled = (self.abs() * scale).round();
        if scaled > 9e15 {
            // Too large for fractions to be known.
            return write!(out, "{}", self.round()).expect("a string takes everything");
        }
        let (scaled, scale) = (scaled as u64, scale as u64);
        let sign = if self < 0.0 && scaled > 0 { "-" } else { "" };
        write!(out, "{sign}{}", scaled / scale).expect("a string takes everything");
        if scaled % scale > 0 {
            write!(out, ".{:0digits$}", scaled % scale).expect("a string takes everything");
            out.truncate(out.trim_end_matches('0').len());
        }
    }
}

/// A value for each step, or null.
#[derive(Clone, Debug, PartialEq)]
pub struct Column<T>(pub Vec<Option<T>>);

impl<T: Number> Column<T> {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (n, value) in self.0.iter().enumerate() {
            out.push_str(if n == 0 { "" } else { "," });
            match value {
                Some(value) => value.write(out),
                None => out.push_str("null"),
            }
        }
        out.push(']');
    }
}

impl<T: Number> Type for Column<T> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = T;

    fn name() -> Cow<'static, str> {
        format!("column_{}", T::SCHEMA.0).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let item = MetaSchema { nullable: true, ..MetaSchema::new_with_format(T::SCHEMA.0, T::SCHEMA.1) };
        let items = Some(Box::new(MetaSchemaRef::Inline(Box::new(item))));
        MetaSchemaRef::Inline(Box::new(MetaSchema { items, ..MetaSchema::new("array") }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a T> + 'a> {
        Box::new(self.0.iter().flatten())
    }
}

impl<T: Number> ToJSON for Column<T> {
    fn to_json(&self) -> Option<Value> {
        let mut text = String::new();
        self.write(&mut text);
        serde_json::from_str(&text).ok()
    }
}

impl<T: Number + ParseFromJSON> ParseFromJSON for Column<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Vec::parse_from_json(value).map(Self).map_err(ParseError::propagate)
    }
}

/// The whole answer.
pub fn text(mut answer: SeriesAnswer) -> String {
    let lines = std::mem::take(&mut answer.series);
    let times = Column(answer.times.drain(..).map(|time| Some(time.unsigned_abs())).collect());
    let mut head = answer.to_json().unwrap_or_default();
    if let Some(head) = head.as_object_mut() {
        head.remove("times");
        head.remove("series");
    }
    let mut out = head.to_string();
    out.truncate(out.len() - 1);
    out.push_str(",\"times\":");
    times.write(&mut out);
    out.push_str(",\"series\":[");
    for (n, line) in lines.iter().enumerate() {
        out.push_str(if n == 0 { "" } else { "," });
        write_line(line, &mut out);
    }
    out.push_str("]}");
    out
}

fn write_line(line: &SeriesLine, out: &mut String) {
    let named = |name: &str, out: &mut String| {
        out.push_str(",\"");
        out.push_str(name);
        out.push_str("\":");
    };
    out.push_str("{\"label\":");
    out.push_str(&Value::from(line.label.as_str()).to_string());
    named("count", out);
    line.count.write(out);
    if let Some(errors) = &line.errors {
        named("errors", out);
        errors.write(out);
    }
    let columns =
        [("sum", &line.sum), ("p50", &line.p50), ("p75", &line.p75), ("p95", &line.p95), ("p99", &line.p99)];
    for (name, column) in columns {
        if let Some(column) = column {
            named(name, out);
            column.write(out);
        }
    }
    named("total", out);
    out.push_str(&line.total.to_json().unwrap_or_default().to_string());
    out.push('}');
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::Example;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_is_what_the_framework_would_write() {
        let answer = SeriesAnswer::example();
        let written: Value = serde_json::from_str(&text(answer.clone())).unwrap();
        assert_eq!(Some(written), answer.to_json());
        let mut strange = answer;
        strange.series[0].label = "a \"quoted\"\n label".to_owned();
        strange.series.push(strange.series[0].clone());
        let written: Value = serde_json::from_str(&text(strange.clone())).unwrap();
        assert_eq!(Some(written), strange.to_json());
    }

    proptest! {
        #[test]
        fn numbers_are_close_and_json(value in prop_oneof![-1e18f64..1e18, -200f64..200.0, -1f64..1.0]) {
            let mut out = String::new();
            value.write(&mut out);
            let read: f64 = serde_json::from_str(&out).unwrap();
            prop_assert!((read - value).abs() <= (value.abs() * 5.1e-4).max(5.1e-6), "{} {}", value, out);
        }
    }
}

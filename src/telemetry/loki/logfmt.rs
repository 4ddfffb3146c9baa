//! How logfmt is written, in the letter of the Go library that Alloy uses: dashboards match on whole words of a line.

use std::collections::HashMap;
use std::fmt::Write;

/// Powers of ten that Go writes without an exponent (`strconv`, format `g`).
const EXPONENTS: std::ops::Range<i32> = -4..6;

/// Names with values in their order. A name that is set again keeps its place and gets the new value.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    pairs: Vec<(String, String)>,
    places: HashMap<String, usize>,
}

impl Pairs {
    /// Sets a name. An empty value sets nothing.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        if value.is_empty() {
            return;
        }
        match self.places.get(&name) {
            Some(&place) => self.pairs[place].1 = value,
            None => {
                self.places.insert(name.clone(), self.pairs.len());
                self.pairs.push((name, value));
            }
        }
    }

    /// Sets a name that nothing has set.
    pub fn set_new(&mut self, name: &str, value: &str) {
        if !self.places.contains_key(name) {
            self.set(name, value);
        }
    }

    /// Sets all of `others`, each with `prefix` before its name.
    pub fn extend<'a>(&mut self, prefix: &str, others: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for (name, value) in others {
            self.set(format!("{prefix}{name}"), value);
        }
    }

    /// Sets everything that another list has.
    pub fn merge(&mut self, others: &Self) {
        for (name, value) in &others.pairs {
            self.set(name, value);
        }
    }

    /// The line.
    pub fn line(&self) -> String {
        let mut line = String::with_capacity(self.pairs.iter().map(|(n, v)| n.len() + v.len() + 4).sum());
        for (name, value) in &self.pairs {
            let start = line.len();
            line.extend(name.chars().filter(|c| !special(*c)));
            // A name of which nothing is left cannot be written; the rest of the line can.
            if line.len() == start {
                continue;
            }
            line.push('=');
            put_value(&mut line, value);
            line.push(' ');
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }
}

/// What cannot stand in a name, and must stand in quotes in a value.
fn special(c: char) -> bool {
    c <= ' ' || matches!(c, '=' | '"' | '\u{7f}' | '\u{fffd}')
}

fn put_value(line: &mut String, value: &str) {
    // The word without quotes is no text.
    if value == "null" {
        return line.push_str("\"null\"");
    }
    if !value.contains(special) {
        return line.push_str(value);
    }
    line.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            '\0'..'\u{20}' | '\u{7f}' | '\u{fffd}' => {
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            _ => line.push(c),
        }
    }
    line.push('"');
}

/// A number as Go prints it: the shortest text that reads back as the same, with an exponent from a million upwards.
pub fn number(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if !EXPONENTS.contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(pairs: &[(&str, &str)]) -> String {
        let mut list = Pairs::default();
        for (name, value) in pairs {
            list.set(*name, *value);
        }
        list.line()
    }

    #[test]
    fn values_stand_in_quotes_only_where_they_must() {
        assert_eq!(line(&[("a", "plain"), ("b", "two words"), ("c", "")]), r#"a=plain b="two words""#);
        assert_eq!(line(&[("a", "x=1"), ("b", "say \"hi\"")]), r#"a="x=1" b="say \"hi\"""#);
        assert_eq!(line(&[("a", r"C:\dir"), ("b", r"C:\my dir")]), r#"a=C:\dir b="C:\\my dir""#);
        assert_eq!(line(&[("a", "1\n2\r3\t4\u{1}5\u{7f}")]), r#"a="1\n2\r3\t4\u00015\u007f""#);
        assert_eq!(
            line(&[("a", "null"), ("b", "nullable"), ("c", "\u{fffd}")]),
            r#"a="null" b=nullable c="\ufffd""#
        );
        assert_eq!(line(&[("a", "é✓")]), "a=é✓");
    }

    #[test]
    fn names_lose_what_cannot_be_written() {
        assert_eq!(line(&[("a b=\"c", "1"), (" ", "2"), ("d", "3")]), "abc=1 d=3");
    }

    #[test]
    fn the_last_value_takes_the_first_place() {
        assert_eq!(line(&[("a", "1"), ("b", "2"), ("a", "3"), ("b", "")]), "a=3 b=2");
    }

    #[test]
    fn numbers_are_those_of_go() {
        for (value, text) in [
            (14.0, "14"),
            (22.12, "22.12"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (-0.0, "-0"),
            (2_500_000.0, "2.5e+06"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}

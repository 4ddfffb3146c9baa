//! Full-text search, which every database engine does in its own way. This is SQLite's: FTS5.

/// Most words of a query that are looked for: more make it slower, not more precise.
const MAX_WORDS: usize = 16;

/// What to look for: every word, the last one also as the beginning of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// Takes any text; none of it has a meaning to the engine. `None` when there is nothing to look for.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<String> = text
            .split(|c: char| c.is_whitespace() || c == '\0')
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .take(MAX_WORDS)
            .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
            .collect();
        // Whatever follows the last word says that it is whole.
        let beginning = if text.ends_with(char::is_alphanumeric) { "*" } else { "" };
        (!words.is_empty()).then(|| Self(format!("{}{beginning}", words.join(" "))))
    }

    /// The value to bind at the place given to [`matches()`].
    pub fn value(&self) -> String {
        self.0.clone()
    }
}

/// The condition that a row of the index table `index` has all the words bound at `place` (such as `$1`).
pub fn matches(index: &str, place: &str) -> String {
    format!("{index} MATCH {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        let parse = |text| Words::parse(text).map(|w| w.0);
        assert_eq!(parse("red OR gre").unwrap(), r#""red" "OR" "gre"*"#);
        assert_eq!(parse("red ").unwrap(), r#""red""#);
        assert_eq!(parse("c++").unwrap(), r#""c++""#);
        assert_eq!(parse(r#"a"b NEAR(x"#).unwrap(), r#""a""b" "NEAR(x"*"#);
        assert_eq!(parse(" -- * \" \0"), None);
    }
}

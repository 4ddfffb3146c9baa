//! A line as words: divided by spaces, with quotes around what has spaces in it.
//!
//! Between `"` a backslash takes the next character as it is; between `'` nothing is special.

/// A word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without its quotes.
    pub text: String,
    /// Where it begins, quotes included, in bytes.
    pub start: usize,
}

/// A line, divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words in order.
    pub words: Vec<Word>,
    /// The last one has a quote that does not end.
    pub open: bool,
    /// The line ends within the last word, and not behind it.
    pub within: bool,
}

/// Divides a line.
pub fn split(line: &str) -> Words {
    let mut found = Words::default();
    let mut quote = None;
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            found.within = false;
            continue;
        }
        if !found.within {
            found.words.push(Word { text: String::new(), start: at });
            found.within = true;
        }
        let Some(word) = found.words.last_mut() else { continue };
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') => word.text.extend(chars.next().map(|(_, c)| c)),
            (None, '"' | '\'') => quote = Some(c),
            _ => word.text.push(c),
        }
    }
    found.open = quote.is_some();
    found
}

/// Writes a word so that [`split`] reads it as one.
pub fn quoted(text: &str) -> String {
    if !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(line: &str) -> Vec<String> {
        split(line).words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_hold_spaces() {
        assert_eq!(
            texts(r#" notify  all "a \"b\" c" 'd \e' f"g h"i "#),
            ["notify", "all", "a \"b\" c", "d \\e", "fg hi"]
        );
        assert_eq!(texts(r#"a "" b"#), ["a", "", "b"]);
        assert!(split("say \"x").open && split("say 'x").open && !split("say x").open);
        assert!(split("say").within && !split("say ").within && split("say 'a ").within);
        assert_eq!(split("a  'b'").words[1].start, 3);
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_as_it_was(words in prop::collection::vec(".{0,20}", 0..6)) {
            let line: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            let found = split(&line.join(" "));
            prop_assert!(!found.open);
            let texts: Vec<String> = found.words.into_iter().map(|word| word.text).collect();
            prop_assert_eq!(texts, words);
        }
    }
}

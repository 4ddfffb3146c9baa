//! The order of versions, as text that sorts in that order, so that the database can compare them.
//!
//! What begins with a number is ordered as Semantic Versioning says, with any count of numbers (`1.4` is `1.4.0`) and
//! an optional `v` before it; what follows `+` does not count. Anything else (`build 17`, `nightly`) is compared piece
//! by piece, numbers as numbers, and stands before everything that begins with a number.

/// Ends a piece: below everything that a piece may hold.
const END: char = '\u{1}';

/// What tells the parts of a key apart; their order is that of what they mark.
mod mark {
    /// A pre-release follows: before the release itself.
    pub const PRE: char = '1';
    /// The end: before anything longer.
    pub const END: char = '2';
    /// A number follows.
    pub const NUMBER: char = '3';
    /// A word follows: behind numbers.
    pub const WORD: char = '4';
    /// The whole is none of the known forms.
    pub const OTHER: char = '5';
    /// The whole begins with a number.
    pub const NUMBERED: char = '6';
}

/// A version with its place in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Sorts, byte by byte, as versions do. Empty for no version.
    pub key: String,
    /// Whether it is before a release, and therefore never an application's latest version.
    pub prerelease: bool,
}

impl Version {
    /// Reads any text.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self { key: String::new(), prerelease: false };
        }
        let numbered = text.strip_prefix(['v', 'V']).unwrap_or(text);
        if numbered.starts_with(|c: char| c.is_ascii_digit()) { ordered(numbered) } else { other(text) }
    }
}

fn ordered(text: &str) -> Version {
    let text = text.split_once('+').map_or(text, |(before, _)| before);
    let (release, pre) = text.split_once('-').map_or((text, None), |(release, pre)| (release, Some(pre)));
    let mut parts: Vec<&str> = release.split('.').collect();
    // `1.4` and `1.4.0` are the same release.
    while parts.len() > 1 && parts.last().is_some_and(|part| part.bytes().all(|b| b == b'0')) {
        parts.pop();
    }
    let mut key = String::from(mark::NUMBERED);
    parts.iter().for_each(|part| piece(&mut key, part));
    if let Some(pre) = pre {
        key.push(mark::PRE);
        pre.split('.').for_each(|part| piece(&mut key, part));
    }
    key.push(mark::END);
    Version { key, prerelease: pre.is_some() }
}

fn other(text: &str) -> Version {
    let mut key = String::from(mark::OTHER);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        piece(&mut key, run);
        rest = behind;
    }
    key.push(mark::END);
    Version { key, prerelease: false }
}

/// A number with its length before it, so that 9 comes before 10; a word as it is.
fn piece(key: &mut String, text: &str) {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let digits = text.trim_start_matches('0');
        let length = digits.len();
        key.push(mark::NUMBER);
        key.push_str(&format!("{length:03}{digits}"));
    } else {
        key.push(mark::WORD);
        key.push_str(text);
        key.push(END);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        Version::parse(text).key
    }

    #[test]
    fn versions_rise() {
        let rising = [
            "",
            "build 9",
            "build 17",
            "nightly",
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-rc.2",
            "1.0.0-rc.10",
            "1.0.0",
            "1.0.0.1",
            "1.2",
            "1.2.3",
            "v1.10.0",
            "2024.11.3",
            "2024.11.30",
        ];
        for pair in rising.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn ways_to_write_one_version() {
        for same in ["1.4.0", "v1.4", "1.4+build.7", "01.4.0 "] {
            assert_eq!(key(same), key("1.4"), "{same}");
        }
    }

    #[test]
    fn only_what_is_before_a_release_is_a_prerelease() {
        for (text, prerelease) in
            [("1.0.0-rc.1", true), ("1.0.0", false), ("1.0.0+a-b", false), ("my-build", false), ("", false)]
        {
            assert_eq!(Version::parse(text).prerelease, prerelease, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_semantic_versioning(a in semantic(), b in semantic()) {
            let without_build = |text: &str| {
                let mut version = semver::Version::parse(text).unwrap();
                version.build = semver::BuildMetadata::EMPTY;
                version
            };
            prop_assert_eq!(key(&a).cmp(&key(&b)), without_build(&a).cmp(&without_build(&b)), "{} {}", a, b);
        }

        #[test]
        fn any_text_has_a_place(text in ".*") {
            Version::parse(&text);
        }
    }

    fn semantic() -> impl Strategy<Value = String> {
        "(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]?)\\.(0|[1-9])(-([a-c]{1,2}|0|[1-9][0-9]?|[0-9]?[a-c]-)(\\.([a-c]{1,2}|0|[1-9][0-9]?)){0,2})?(\\+[a-z]{1,2})?"
    }
}

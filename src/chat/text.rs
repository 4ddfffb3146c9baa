//! Texts that people write in a chat, checked where they come in.
//!
//! Nothing is escaped or filtered: markup is text like any other, and comes back as it was.

/// Most characters of a message: some four pages.
pub const BODY_MAX: usize = 8000;
/// Most characters of a room's name.
pub const NAME_MAX: usize = 80;
/// Most characters of a room's topic.
pub const TOPIC_MAX: usize = 250;
/// Most characters of a nonce: a UUID, and as much again.
pub const NONCE_MAX: usize = 64;
/// Most characters of a quoted message.
const EXCERPT: usize = 140;
/// Most accounts that one message can mention: beyond that it is no mention but a mailing list.
const MENTIONS: usize = 50;

/// The text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(String);

impl Body {
    /// Takes 1 to [`BODY_MAX`] characters after dropping white space at the end.
    ///
    /// # Errors
    /// What the text must be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_end();
        if text.trim_start().is_empty() {
            return Err("must not be empty".to_owned());
        }
        if text.chars().count() > BODY_MAX {
            return Err(format!("must have at most {BODY_MAX} characters"));
        }
        if text.contains('\0') {
            return Err("must not contain NUL".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The user names after an `@`, in the form in which they are found, each once.
    ///
    /// A dot, dash or underscore at the end may be punctuation or part of the name: both are given.
    pub fn mentioned(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut before = ' ';
        for (at, c) in self.0.char_indices() {
            // `ann@example.org` mentions nobody.
            if c == '@' && !before.is_alphanumeric() {
                let rest = &self.0[at + 1..];
                let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
                let name = rest[..end].to_ascii_lowercase();
                let bare = name.trim_end_matches(['.', '-', '_']).to_owned();
                for name in [bare, name] {
                    if !name.is_empty() && !names.contains(&name) && names.len() < MENTIONS {
                        names.push(name);
                    }
                }
            }
            before = c;
        }
        names
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// The beginning of `body`, as quoted by an answer.
pub fn excerpt(body: &str) -> String {
    match body.char_indices().nth(EXCERPT) {
        None => body.to_owned(),
        Some((end, _)) => format!("{}…", &body[..end]),
    }
}

macro_rules! line {
    ($(#[$doc:meta])* $name:ident, $min:literal, $max:expr, $must:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes one line of text; spaces around are dropped.
            ///
            /// # Errors
            /// What the text must be.
            pub fn parse(text: &str) -> Result<Self, String> {
                let text = text.trim();
                let length = text.chars().count();
                if ($min..=$max).contains(&length) && !text.chars().any(char::is_control) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(format!(concat!("must have ", $must, " {} characters, on one line"), $max))
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

line!(
    /// The name of a room.
    RoomName, 1, NAME_MAX, "1 to"
);
line!(
    /// What a room is about.
    Topic, 0, TOPIC_MAX, "at most"
);
line!(
    /// What a client calls its message, so that posting it twice is one message.
    Nonce, 1, NONCE_MAX, "1 to"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        assert_eq!(Body::parse("  hi \n\n").unwrap().as_str(), "  hi");
        assert_eq!(Body::parse(&"ä".repeat(BODY_MAX)).unwrap().as_str().chars().count(), BODY_MAX);
        for bad in ["", " \n\t", "a\0b", "ä".repeat(BODY_MAX + 1).as_str()] {
            assert!(Body::parse(bad).is_err());
        }
        let markup = "<script>'; DROP TABLE users; --</script>\u{202e}";
        assert_eq!(Body::parse(markup).unwrap().as_str(), markup);
    }

    #[test]
    fn mentions() {
        let mentioned = |text| Body::parse(text).unwrap().mentioned();
        assert_eq!(mentioned("@Ann, look (@bob_2): x@y.org @ @ann"), ["ann", "bob_2"]);
        assert_eq!(mentioned("ask @ann."), ["ann", "ann."]);
        assert_eq!(mentioned("@@ann é@bob"), ["ann"]);
        let crowd: String = (0..200).map(|n| format!("@user{n} ")).collect();
        assert_eq!(mentioned(&crowd).len(), MENTIONS);
    }

    #[test]
    fn lines() {
        assert_eq!(RoomName::parse(" Design <b> ").unwrap().as_str(), "Design <b>");
        assert_eq!(Topic::parse("").unwrap().as_str(), "");
        for bad in ["", "  ", "a\nb", "a\u{7f}", "x".repeat(NAME_MAX + 1).as_str()] {
            assert!(RoomName::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Topic::parse(&"x".repeat(TOPIC_MAX + 1)).is_err());
        assert!(Nonce::parse("").is_err());
    }

    #[test]
    fn excerpts_end_between_characters() {
        assert_eq!(excerpt("short"), "short");
        let long = excerpt(&"é".repeat(500));
        assert_eq!(long.chars().count(), EXCERPT + 1);
        assert!(long.ends_with('…'));
    }
}

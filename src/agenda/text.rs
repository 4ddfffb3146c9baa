//! The words of an event, each with its bounds: a value of these types cannot be wrong.

/// Text of at most `MAX` characters; `LINES` says whether it may have several lines. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<const MAX: usize, const LINES: bool>(String);

/// What an event is called.
pub type Title = Text<200, false>;
/// Where it is.
pub type Place = Text<500, false>;
/// Free text about it.
pub type Notes = Text<20_000, true>;
/// What an attendee is called.
pub type Name = Text<200, false>;

impl<const MAX: usize, const LINES: bool> Text<MAX, LINES> {
    /// Trims, and makes line ends `\n`. The error is for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty".into());
        }
        let text =
            if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into() };
        if text.chars().count() > MAX {
            return Err(format!("has more than {MAX} characters"));
        }
        let allowed = |c: char| !c.is_control() || (LINES && matches!(c, '\n' | '\t'));
        if !text.chars().all(allowed) {
            return Err(if LINES {
                "has control characters"
            } else {
                "has line breaks or control characters"
            }
            .into());
        }
        Ok(Self(text))
    }

    /// Makes foreign text fit: what [`Self::parse`] refuses is cut or becomes a space. `None` when nothing is left.
    pub fn fit(text: &str) -> Option<Self> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let keep = |c: char| if c.is_control() && !(LINES && matches!(c, '\n' | '\t')) { ' ' } else { c };
        let text: String = text.trim().chars().take(MAX).map(keep).collect();
        Self::parse(&text).ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `#rrggbb`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color(String);

impl Color {
    pub fn parse(text: &str) -> Result<Self, String> {
        let hex =
            text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        hex.map(|_| Self(text.to_ascii_lowercase())).ok_or_else(|| "is #rrggbb, such as #2f6fed".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address that can stand after `mailto:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Email(String);

impl Email {
    /// Not a proof that the address works, only that it is one: one `@`, something on both sides, no blanks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let sound = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && !"<>\",;:\\".contains(c))
        };
        match text.split_once('@') {
            // 254: the longest address that SMTP carries.
            Some((user, host)) if text.len() <= 254 && sound(user) && sound(host) && !host.contains('@') => {
                Ok(Self(text.to_ascii_lowercase()))
            }
            _ => Err("is not an e-mail address".into()),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What tells an event from all others, in every calendar. Foreign ones are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(String);

impl Uid {
    /// Up to 255 characters without control characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.len() > 255 || text.chars().any(char::is_control) {
            return Err("UID has 1 to 255 characters".into());
        }
        Ok(Self(text.into()))
    }

    pub fn of(id: uuid::Uuid) -> Self {
        Self(id.to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds_are_in_characters() {
        assert!(Title::parse(&"é".repeat(200)).is_ok());
        assert_eq!(Title::parse(&"é".repeat(201)).unwrap_err(), "has more than 200 characters");
        assert_eq!(Title::parse(" \t ").unwrap_err(), "is empty");
        assert_eq!(Title::parse("a\nb").unwrap_err(), "has line breaks or control characters");
        assert_eq!(Notes::parse("a\r\nb\rc").unwrap().as_str(), "a\nb\nc");
        assert!(Notes::parse("a\0b").is_err());
        assert_eq!(Title::fit(&format!("a\nb{}", "c".repeat(300))).unwrap().as_str().len(), 200);
    }

    #[test]
    fn addresses_and_colors() {
        assert_eq!(Email::parse("Ann@Example.org").unwrap().as_str(), "ann@example.org");
        for wrong in ["", "ann", "@b", "a@", "a b@c", "a@b@c", "a@b\r\nX: y", "<a@b>"] {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Color::parse("#2F6FED").unwrap().as_str(), "#2f6fed");
        for wrong in ["", "#fff", "2f6fed", "#2f6feg", "#2f6fed;", "red"] {
            assert!(Color::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn parsers_never_panic(text in "\\PC{0,40}|[@#a-f\\x00-\\x20]{0,20}") {
            let _ = (Title::parse(&text), Notes::parse(&text), Color::parse(&text), Email::parse(&text), Uid::parse(&text));
        }

        #[test]
        fn what_fits_is_valid(text in any::<String>()) {
            let title = Title::fit(&text).map(|title| title.as_str().to_owned());
            let notes = Notes::fit(&text).map(|notes| notes.as_str().to_owned());
            for fit in [title, notes].into_iter().flatten() {
                prop_assert!(Notes::parse(&fit).is_ok());
            }
        }
    }
}

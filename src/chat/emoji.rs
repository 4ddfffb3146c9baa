//! What a message may be reacted to with: one emoji, as a person sees it.

/// Longest sequence in bytes: a family of four with skin tones has 41, a subdivision's flag 28.
const MAX_BYTES: usize = 64;

const JOINER: char = '\u{200d}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// One emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoji(String);

impl Emoji {
    /// Accepts one emoji: a pictograph (also with skin tone, joined with others, or with tags), a flag, or a keycap.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars().peekable();
        let whole = text.len() <= MAX_BYTES && sequence(&mut chars) && chars.next().is_none();
        whole.then(|| Self(text.to_owned()))
    }

    /// Whether `text` shows the same. The style selector tells only how old fonts should draw it, and not every keyboard
    /// sends it.
    pub fn is(&self, text: &str) -> bool {
        let plain = |text: &str| text.replace(EMOJI_STYLE, "");
        plain(&self.0) == plain(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Takes one emoji from `chars`, after Unicode's definition of emoji sequences (UTS #51).
fn sequence(chars: &mut Chars<'_>) -> bool {
    match chars.next() {
        Some('0'..='9' | '#' | '*') => {
            chars.next_if_eq(&EMOJI_STYLE);
            chars.next() == Some(KEYCAP)
        }
        Some(c) if is_regional(c) => chars.next().is_some_and(is_regional),
        Some(c) => element(c, chars),
        None => false,
    }
}

/// Takes what follows the pictograph `first`, and all that is joined to it.
fn element(first: char, chars: &mut Chars<'_>) -> bool {
    let mut pictograph = Some(first);
    loop {
        if !pictograph.is_some_and(is_pictograph) {
            return false;
        }
        chars.next_if(|&c| c == EMOJI_STYLE || is_skin_tone(c));
        let mut tagged = false;
        while let Some(tag) = chars.next_if(|c| ('\u{e0020}'..='\u{e007f}').contains(c)) {
            tagged = tag != '\u{e007f}';
        }
        if tagged {
            return false;
        }
        if chars.next_if_eq(&JOINER).is_none() {
            return true;
        }
        pictograph = chars.next();
    }
}

fn is_regional(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

fn is_skin_tone(c: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&c)
}

/// Whether `c` is in a block of pictographs; a little wider than the standard's list, which grows every year.
fn is_pictograph(c: char) -> bool {
    matches!(
        u32::from(c),
        0xa9 | 0xae
            | 0x203c
            | 0x2049
            | 0x2122
            | 0x2139
            | 0x2194..=0x21aa
            | 0x231a..=0x23ff
            | 0x24c2
            | 0x25aa..=0x25fe
            | 0x2600..=0x27bf
            | 0x2934..=0x2935
            | 0x2b05..=0x2b55
            | 0x3030
            | 0x303d
            | 0x3297
            | 0x3299
            | 0x1f004..=0x1f1e5
            | 0x1f200..=0x1faff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji() {
        for good in ["👍", "👍🏽", "❤️", "❤", "🇫🇷", "1️⃣", "#⃣", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🤦🏿‍♀️", "✅", "🫠", "©️"]
        {
            assert!(Emoji::parse(good).is_some(), "{good}");
        }
        let endless = format!("👍{}", "\u{200d}👍".repeat(50));
        for bad in [
            "",
            "a",
            "ok",
            "1",
            "👍👍",
            "👍a",
            " 👍",
            "👍\u{200d}",
            "\u{200d}",
            "🇫",
            "🇫🇷🇩🇪",
            "\u{fe0f}",
            "é",
            "<b>",
            "🏴\u{e0067}",
            &endless,
        ] {
            assert!(Emoji::parse(bad).is_none(), "{bad}");
        }
    }
}

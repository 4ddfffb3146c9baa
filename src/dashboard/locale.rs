//! The reader's language: what they chose, or else what their browser asks for.

use std::collections::HashMap;

use poem::Request;
use poem::http::header;
use serde_json::Value;

use super::assets;
use crate::http::identify;

/// Cookie with the chosen language; also written by `dashboard/js/lib/preferences.js`.
pub const COOKIE: &str = "workspace_lang";

/// A language that the dashboard speaks.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Language {
    /// English, also for those whose language we do not speak
    English,
    /// French
    French,
}

impl Language {
    /// Every language, with its code and its name in itself.
    pub const ALL: [(Self, &'static str, &'static str); 2] =
        [(Self::English, "en", "English"), (Self::French, "fr", "Fran\u{e7}ais")];

    /// The code: `en` or `fr`.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(language, ..)| *language == self).map_or("en", |(_, code, _)| code)
    }

    fn from_code(code: &str) -> Option<Self> {
        let primary = code.split('-').next()?.trim();
        Self::ALL
            .iter()
            .find(|(_, code, _)| primary.eq_ignore_ascii_case(code))
            .map(|(language, ..)| *language)
    }

    /// `?lang=`, then the cookie, then `Accept-Language`.
    pub fn of(request: &Request) -> Self {
        Self::asked(request)
            .or_else(|| Self::from_code(identify::named_cookie(request.headers(), COOKIE)?))
            .or_else(|| Self::accepted(request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?))
            .unwrap_or(Self::English)
    }

    /// The language that `?lang=` asks for.
    pub fn asked(request: &Request) -> Option<Self> {
        let (_, code) =
            url::form_urlencoded::parse(request.uri().query()?.as_bytes()).find(|(k, _)| k == "lang")?;
        Self::from_code(&code)
    }

    /// The first of ours in the order of the reader's weights (RFC 9110, 12.5.4).
    fn accepted(header: &str) -> Option<Self> {
        let mut ranges: Vec<(f32, Self)> = header
            .split(',')
            .filter_map(|range| {
                let (code, rest) = range.split_once(';').unwrap_or((range, ""));
                let weight = rest.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
                Some((weight, Self::from_code(code)?)).filter(|(weight, _)| *weight > 0.0)
            })
            .collect();
        ranges.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        ranges.first().map(|(_, language)| *language)
    }
}

/// The words of one language.
pub struct Words(HashMap<String, Value>);

impl Words {
    /// Reads `dashboard/locales/<code>.json`.
    pub fn load(language: Language) -> Self {
        let text =
            assets::text(&format!("locales/{}.json", language.code())).expect("every language has its file");
        Self(serde_json::from_str(&text).expect("a test reads the words of every language"))
    }

    /// A text that is not a plural: those are the browser's.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(uri: &str, cookie: &str, accept: &str) -> Language {
        Language::of(
            &Request::builder()
                .uri(uri.parse().unwrap())
                .header("cookie", cookie)
                .header("accept-language", accept)
                .finish(),
        )
    }

    #[test]
    fn the_choice_wins_over_the_browser() {
        assert_eq!(language("/", "", "fr-CH, fr;q=0.9, en;q=0.8"), Language::French);
        assert_eq!(language("/", "", "de, en;q=0.3, fr;q=0.7"), Language::French);
        assert_eq!(language("/", "", "fr;q=0, en"), Language::English);
        assert_eq!(language("/", "workspace_lang=en", "fr"), Language::English);
        assert_eq!(language("/?lang=fr", "workspace_lang=en", "en"), Language::French);
    }

    #[test]
    fn what_we_do_not_speak_is_english() {
        assert_eq!(language("/?lang=tlh", "workspace_lang=\u{22}", "de;q=x, *"), Language::English);
    }

    #[test]
    fn languages_have_the_same_keys_and_holes() {
        let all: Vec<_> = Language::ALL.iter().map(|(language, ..)| Words::load(*language).0).collect();
        for words in &all[1..] {
            for (key, text) in words {
                let first = all[0].get(key).unwrap_or_else(|| panic!("only one language has {key}"));
                assert_eq!(holes(first), holes(text), "{key}");
            }
            assert_eq!(words.len(), all[0].len());
        }
    }

    #[test]
    fn every_text_that_a_script_asks_for_is_there() {
        let words = Words::load(Language::English).0;
        let mut asked = 0;
        for (path, _) in assets::names("js/") {
            let script = assets::text(&path).unwrap();
            for (at, call) in script.match_indices("t(\"") {
                let own_word = !script[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.');
                let (key, after) = script[at + call.len()..].split_once('"').unwrap();
                // What goes on after the quote is a key put together; the browser tests see those.
                if own_word && after.starts_with([')', ',']) {
                    assert!(words.contains_key(key), "{path} asks for {key}");
                    asked += 1;
                }
            }
        }
        assert!(asked > 20, "found only {asked}");
    }

    /// The names in braces; of a plural, those of its `other`.
    fn holes(text: &Value) -> std::collections::BTreeSet<String> {
        let text = text.get("other").unwrap_or(text).as_str().unwrap();
        text.split('{').skip(1).map(|part| part[..part.find('}').unwrap()].to_owned()).collect()
    }
}

//! What a source map holds, looked at before the library makes it into memory.
//!
//! A map of a few megabytes can be written so that it becomes gigabytes (a mapping of two bytes takes 28, a name of two
//! bytes a hundred, a root stands before every source), or so that its numbers overflow. The bounds stand here.

use std::fmt;

use serde::de::{Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::mappings;

/// Most mappings and lines of a map, 28 bytes each in memory: the largest applications have half of it.
const MAX_MAPPINGS: usize = 4_000_000;
/// Most names, some hundred bytes each in memory.
const MAX_NAMES: usize = 500_000;
/// Most sources.
const MAX_SOURCES: usize = 100_000;
/// Most sections of an index map.
const MAX_SECTIONS: usize = 10_000;
/// Most bytes that roots add to all sources.
const MAX_ROOTS: usize = 16 << 20;

/// Why a body is no source map that can be kept. The text goes to whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is no source map that can be kept: {0}.")]
pub struct Unreadable(pub String);

/// What a map holds, its sections together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Sources.
    pub sources: usize,
    /// Mappings and lines.
    pub mappings: usize,
    /// Names.
    pub names: usize,
    roots: usize,
}

impl Outline {
    /// Reads what a map holds; makes nothing of it.
    ///
    /// # Errors
    /// When it is no source map of version 3, or holds more than is taken.
    pub fn of(json: &[u8]) -> Result<Self, Unreadable> {
        let whole: Part<Sections> =
            serde_json::from_slice(json).map_err(|e| Unreadable(e.to_string().replace('`', "'")))?;
        if whole.version != Some(3) {
            return Err(Unreadable("`version` is not 3".to_owned()));
        }
        if whole.mappings.is_none() && whole.sections.is_none() {
            return Err(Unreadable("it has neither `mappings` nor `sections`".to_owned()));
        }
        let mut outline = Self::default();
        for section in whole.sections.as_ref().map_or(&[][..], |sections| &sections.0) {
            if section.url.is_some() {
                return Err(Unreadable("a section refers to another file by `url`: put it in".to_owned()));
            }
            outline
                .add(section.map.as_ref().ok_or_else(|| Unreadable("a section has no `map`".to_owned()))?)?;
        }
        outline.add(&whole)?;
        for (what, found, most) in [
            ("mappings", outline.mappings, MAX_MAPPINGS),
            ("names", outline.names, MAX_NAMES),
            ("sources", outline.sources, MAX_SOURCES),
            ("bytes of roots", outline.roots, MAX_ROOTS),
        ] {
            if found > most {
                return Err(Unreadable(format!("it has {found} {what}, and at most {most} are taken")));
            }
        }
        Ok(outline)
    }

    fn add<S>(&mut self, part: &Part<S>) -> Result<(), Unreadable> {
        if part.hermes.is_some() {
            return Err(Unreadable("maps with `x_facebook_sources` are not read".to_owned()));
        }
        let count = |list: &Option<Count>| list.as_ref().map_or(0, |list| list.items);
        self.mappings += part.mappings.as_ref().map_or(Ok(0), |Mappings(counted)| counted.clone())?;
        self.names += count(&part.names);
        let lists = [&part.sources, &part.contents, &part.ignored, &part.offsets, &part.modules];
        let sources = lists.into_iter().map(count).max().unwrap_or_default();
        self.sources += sources;
        self.roots = self.roots.saturating_add(part.root.as_ref().map_or(0, |Length(bytes)| bytes * sources));
        Ok(())
    }
}

/// The fields of a map, counted.
#[derive(Deserialize)]
struct Part<S> {
    version: Option<u32>,
    mappings: Option<Mappings>,
    names: Option<Count>,
    sources: Option<Count>,
    #[serde(rename = "sourcesContent")]
    contents: Option<Count>,
    #[serde(rename = "sourceRoot")]
    root: Option<Length>,
    #[serde(rename = "ignoreList")]
    ignored: Option<Count>,
    #[serde(rename = "file")]
    _file: Option<Length>,
    #[serde(rename = "x_facebook_offsets")]
    offsets: Option<Count>,
    #[serde(rename = "x_metro_module_paths")]
    modules: Option<Count>,
    #[serde(rename = "x_facebook_sources")]
    hermes: Option<IgnoredAny>,
    sections: Option<S>,
}

#[derive(Deserialize)]
struct Section {
    map: Option<Part<Nested>>,
    url: Option<IgnoredAny>,
}

/// Mappings, checked and counted where they stand.
struct Mappings(Result<usize, Unreadable>);

/// Length of a text.
struct Length(usize);

/// Items of a list of texts and numbers.
struct Count {
    items: usize,
}

struct Sections(Vec<Section>);

/// Sections within a section, which the format forbids.
struct Nested;

struct Text;

impl Visitor<'_> for Text {
    type Value = Length;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Length, E> {
        Ok(Length(text.len()))
    }

    fn visit_unit<E: Error>(self) -> Result<Length, E> {
        Ok(Length(0))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Length, E> {
        Ok(Length(0))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Length, E> {
        Ok(Length(0))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Length, E> {
        Ok(Length(0))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text)
    }
}

struct Letters;

impl Visitor<'_> for Letters {
    type Value = Mappings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mappings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Mappings, E> {
        Ok(Mappings(mappings::count(text)))
    }
}

impl<'de> Deserialize<'de> for Mappings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Letters)
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Count, A::Error> {
        let mut items = 0;
        while list.next_element::<Length>()?.is_some() {
            items += 1;
        }
        Ok(Count { items })
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items)
    }
}

struct Several;

impl<'de> Visitor<'de> for Several {
    type Value = Sections;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of sections")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sections, A::Error> {
        let mut sections = Vec::new();
        while let Some(section) = list.next_element()? {
            sections.push(section);
            if sections.len() > MAX_SECTIONS {
                return Err(A::Error::custom(format_args!("it has more than {MAX_SECTIONS} sections")));
            }
        }
        Ok(Sections(sections))
    }
}

impl<'de> Deserialize<'de> for Sections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Several)
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("a section has sections of its own"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(map: &Value) -> Result<Outline, Unreadable> {
        Outline::of(map.to_string().as_bytes())
    }

    fn refused(map: &Value, why: &str) {
        let refusal = of(map).unwrap_err().to_string();
        assert!(refusal.contains(why), "{why}: {refusal}");
    }

    fn map() -> Value {
        json!({"version": 3, "sources": ["a.ts", null], "names": ["f", 7], "mappings": "AAAA;CACA"})
    }

    #[test]
    fn what_a_map_holds_is_counted() {
        let outline = of(&map()).unwrap();
        assert_eq!((outline.sources, outline.names, outline.mappings), (2, 2, 4));
        let section = json!({"offset": {"line": 0, "column": 0}, "map": map()});
        let index = of(&json!({"version": 3, "sections": [section, section]})).unwrap();
        assert_eq!((index.sources, index.names, index.mappings), (4, 4, 8));
    }

    #[test]
    fn what_is_no_map_is_told() {
        refused(&json!([1]), "invalid");
        refused(&json!({"mappings": ""}), "`version` is not 3");
        refused(&json!({"version": 3}), "neither");
        refused(&json!({"version": 3, "mappings": "!"}), "cannot be read");
        refused(&json!({"version": 3, "mappings": "", "sources": [{}]}), "a text or a number");
        refused(&json!({"version": 3, "mappings": "", "x_facebook_sources": [[]]}), "x_facebook_sources");
        assert!(Outline::of(b"\x00\xff").is_err());
        assert!(Outline::of("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn sections_have_maps_and_no_sections() {
        let index = |section: Value| json!({"version": 3, "sections": [section]});
        let at = json!({"line": 0, "column": 0});
        refused(&index(json!({"offset": at, "url": "a.map"})), "by `url`");
        refused(&index(json!({"offset": at})), "no `map`");
        refused(&index(json!({"offset": at, "map": index(json!({}))})), "sections of its own");
        let open = r#"{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":"#;
        assert!(Outline::of(open.repeat(100_000).as_bytes()).is_err());
        let many: Vec<Value> = vec![json!({"offset": at, "map": map()}); MAX_SECTIONS + 1];
        refused(&json!({"version": 3, "sections": many}), "more than 10000 sections");
    }

    #[test]
    fn what_would_grow_in_memory_is_bounded() {
        let with = |field: &str, value: Value| {
            let mut map = map();
            map[field] = value;
            map
        };
        refused(&with("mappings", ";".repeat(MAX_MAPPINGS).into()), "mappings, and at most");
        refused(&with("mappings", "A,".repeat(MAX_MAPPINGS).into()), "mappings, and at most");
        refused(&with("names", vec![0; MAX_NAMES + 1].into()), "names, and at most");
        refused(&with("sources", vec![""; MAX_SOURCES + 1].into()), "sources, and at most");
        refused(&with("ignoreList", vec![0; MAX_SOURCES + 1].into()), "sources, and at most");
        let mut rooted = with("sourceRoot", "r".repeat(MAX_ROOTS / 100).into());
        rooted["sources"] = vec![""; 101].into();
        refused(&rooted, "bytes of roots, and at most");
    }
}

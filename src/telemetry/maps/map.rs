//! A source map in memory, and what it says of a place in the script.

use sourcemap::{DecodedMap, SourceMap, Token};

use super::outline::{Outline, Unreadable};

/// Bytes of a mapping in memory.
const MAPPING: usize = size_of::<sourcemap::RawToken>();
/// Bytes that a name or source takes beside its text.
const TEXT: usize = 48;
/// Bytes that any map counts for, so that there are never too many small ones.
const LEAST: usize = 4 << 10;
/// Greatest line or column that is looked up: no script has more.
const MAX_PLACE: u32 = 1 << 30;

/// A source map that was read.
#[derive(Debug)]
pub struct Map {
    decoded: DecodedMap,
    /// What it holds.
    pub outline: Outline,
    /// Bytes that it takes in memory, about.
    pub bytes: usize,
}

/// What a map says of a place in the script.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The source, as the map names it.
    pub file: &'a str,
    /// Line, from 0.
    pub line: u32,
    /// Column, from 0, in UTF-16 code units.
    pub column: u32,
    /// The original name of what stands there, if it was renamed.
    pub name: Option<&'a str>,
    /// The whole source, if the map has it.
    pub content: Option<&'a str>,
    /// Whether a mapping begins at the place itself, and not somewhere before it.
    pub is_exact: bool,
}

impl Map {
    /// Reads a map; takes up to a second. For threads that may be blocked.
    ///
    /// # Errors
    /// When it is no map, or holds more than is taken.
    pub fn read(json: &[u8]) -> Result<Self, Unreadable> {
        let outline = Outline::of(json)?;
        let decoded = sourcemap::decode_slice(json).map_err(|e| Unreadable(e.to_string()))?;
        let texts = (outline.names + outline.sources) * TEXT;
        let bytes = LEAST + json.len() + outline.mappings * MAPPING + texts;
        Ok(Self { decoded, outline, bytes })
    }

    /// What stands at a line and column of the script, both from 1. `None` when the map does not say.
    pub fn place(&self, line: u32, column: u32) -> Option<Place<'_>> {
        let wanted = (line.checked_sub(1)?, column.checked_sub(1)?);
        if wanted.0.max(wanted.1) > MAX_PLACE {
            return None;
        }
        match &self.decoded {
            DecodedMap::Regular(map) => place(map, wanted),
            DecodedMap::Index(index) => {
                let section = index.sections().take_while(|section| section.get_offset() <= wanted).last()?;
                let (line, column) = section.get_offset();
                let inner = (wanted.0 - line, if wanted.0 == line { wanted.1 - column } else { wanted.1 });
                match section.get_sourcemap()? {
                    DecodedMap::Regular(map) => place(map, inner),
                    DecodedMap::Index(_) | DecodedMap::Hermes(_) => None,
                }
            }
            DecodedMap::Hermes(_) => None,
        }
    }
}

fn place(map: &SourceMap, wanted: (u32, u32)) -> Option<Place<'_>> {
    // A mapping of a line above says nothing of this one.
    let token: Token<'_> =
        map.lookup_token(wanted.0, wanted.1).filter(|token| token.get_dst_line() == wanted.0)?;
    let file = token.get_source().filter(|file| !file.is_empty())?;
    Some(Place {
        file,
        line: token.get_src_line(),
        column: token.get_src_col(),
        name: token.get_name().filter(|name| !name.is_empty()),
        content: map.get_source_contents(token.get_src_id()),
        is_exact: token.get_dst_col() == wanted.1,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use sourcemap::SourceMapBuilder;

    use super::*;

    fn read(map: &Value) -> Map {
        Map::read(map.to_string().as_bytes()).unwrap()
    }

    /// Line 1 column 11 of the script is `save` at line 5, column 3 of `a.ts`.
    fn simple() -> Value {
        let mut builder = SourceMapBuilder::new(None);
        builder.add(0, 10, 4, 2, Some("a.ts"), Some("save"), false);
        builder.add(2, 0, 9, 0, Some("a.ts"), None, false);
        let mut json = Vec::new();
        builder.into_sourcemap().to_writer(&mut json).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn a_place_is_that_of_the_last_mapping_of_its_line() {
        let map = read(&simple());
        let place = map.place(1, 11).unwrap();
        assert_eq!(
            (place.file, place.line, place.column, place.name, place.is_exact),
            ("a.ts", 4, 2, Some("save"), true)
        );
        assert!(!map.place(1, 20).unwrap().is_exact);
        for (line, column) in [(1, 10), (2, 1), (2, 99), (4, 1), (0, 0), (1, 0), (u32::MAX, u32::MAX)] {
            assert!(map.place(line, column).is_none(), "{line}:{column}");
        }
    }

    #[test]
    fn sections_count_from_where_they_begin() {
        let section = |line, column| json!({"offset": {"line": line, "column": column}, "map": simple()});
        let map = read(&json!({"version": 3, "sections": [section(0, 0), section(5, 100)]}));
        assert_eq!(map.place(1, 11).map(|place| place.line), Some(4));
        assert_eq!(map.place(6, 111).map(|place| place.line), Some(4));
        assert_eq!(map.place(8, 1).map(|place| place.line), Some(9), "only its first line is moved sideways");
        assert!(map.place(6, 50).is_none() && map.place(6, 105).is_none());
    }

    #[test]
    fn a_mapping_without_a_source_says_nothing() {
        let map = read(&json!({"version": 3, "sources": ["a.ts"], "names": [], "mappings": "AAAA,UAAU,U"}));
        assert!(map.place(1, 1).is_some() && map.place(1, 21).is_none());
    }

    proptest! {
        #[test]
        fn whatever_it_is_there_is_no_panic(
            mappings in "[A-Fg-k0-9+/,;]{0,60}", ranges in "[A-C;]{0,9}",
            line in any::<u32>(), column in any::<u32>(), near in (0_u32..4, 0_u32..50),
        ) {
            let map = json!({"version": 3, "sources": ["a", null], "names": ["n"], "mappings": mappings, "rangeMappings": ranges,
                             "sourcesContent": ["x\ny", null], "sourceRoot": "r"});
            if let Ok(map) = Map::read(map.to_string().as_bytes()) {
                map.place(line, column);
                map.place(near.0, near.1);
            }
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(Map::read(&bytes).is_err());
        }
    }
}

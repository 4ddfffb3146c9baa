//! A stack as its source code says it.
//!
//! A map tells of places, not of functions. What a function is called is known from where it was called: the frame
//! above it stands at the call, and there stands its name. That is taken only where it must be right; otherwise the
//! function has no original name, and the frame's own stays.

use std::sync::Arc;

use super::map::{Map, Place};
use crate::telemetry::signal::Frame;

/// Lines shown before and after the one of a frame.
const AROUND: usize = 3;
/// Most characters of a line that is shown: what is longer was written by a program.
const LINE: usize = 300;

/// Where a frame is in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The source, as the map names it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Name of the function, where it is known for sure.
    pub function: Option<String>,
    /// Name of what stands at the place, if it was renamed.
    pub name: Option<String>,
    /// Lines around it with their numbers, if the map has the source.
    pub source: Vec<(u32, String)>,
}

/// Resolves frames, the innermost first, each with the map of its script if there is one. Takes a while: for threads
/// that may be blocked.
pub fn resolve(frames: &[Frame], maps: &[Option<Arc<Map>>]) -> Vec<Option<Original>> {
    let places: Vec<Option<Place<'_>>> = frames
        .iter()
        .zip(maps)
        .map(|(frame, map)| map.as_ref()?.place(frame.lineno?, frame.colno?))
        .collect();
    let above = places.iter().skip(1).chain([&None]);
    let frames = frames.iter().zip(&places).zip(above);
    frames.map(|((frame, place), caller)| original(frame, place.as_ref()?, caller.as_ref())).collect()
}

fn original(frame: &Frame, place: &Place<'_>, caller: Option<&Place<'_>>) -> Option<Original> {
    Some(Original {
        file: place.file.to_owned(),
        line: place.line.checked_add(1)?,
        column: place.column.checked_add(1)?,
        function: caller.and_then(|call| called(call, &frame.function)).map(str::to_owned),
        name: place.name.filter(|_| place.is_exact).map(str::to_owned),
        source: place.content.map(|content| around(content, place.line)).unwrap_or_default(),
    })
}

/// The original name of a function that the engine calls `raw`, from the place where it is called.
///
/// A renamed name that stands there alone is the function's. Behind a dot it may be that of another, which calls it
/// back (`list.forEach(f)` calls `f`, and not every engine has a frame for `forEach`): it must be what the engine says.
fn called<'a>(call: &Place<'a>, raw: &str) -> Option<&'a str> {
    let written = call.content.and_then(|content| identifier(content, call.line, call.column));
    let engine = raw.rsplit([' ', '.']).next().unwrap_or_default();
    match (call.name.filter(|_| call.is_exact), written) {
        // The map and its source do not belong together.
        (Some(name), Some((text, _))) if name != text => None,
        (Some(name), Some((_, is_member))) => (!is_member || name == engine).then_some(name),
        (Some(name), None) => Some(name),
        (None, Some((text, _))) => (call.is_exact && text == engine).then_some(text),
        (None, None) => None,
    }
}

/// The name that begins at a place of a source, and whether it stands behind a dot.
fn identifier(content: &str, line: u32, column: u32) -> Option<(&str, bool)> {
    let line = content.lines().nth(line as usize)?;
    let mut units = 0;
    let start = line.char_indices().find_map(|(at, c)| {
        let here = (units == column as usize).then_some(at);
        units += c.len_utf16();
        here
    })?;
    let (before, rest) = line.split_at(start);
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
    let name = Some(&rest[..length]).filter(|name| name.starts_with(|c: char| !c.is_ascii_digit()))?;
    Some((name, before.trim_end().ends_with('.')))
}

/// The lines around one, which counts from 0, with their numbers, which count from 1.
fn around(content: &str, line: u32) -> Vec<(u32, String)> {
    let line = line as usize;
    let first = line.saturating_sub(AROUND);
    let lines: Vec<&str> = content.lines().skip(first).take(line - first + 1 + AROUND).collect();
    // A source that ends before the place is another one.
    if lines.len() <= line - first {
        return Vec::new();
    }
    let numbered = lines.into_iter().enumerate().filter_map(|(n, text)| {
        let end = text.char_indices().nth(LINE).map_or(text.len(), |(at, _)| at);
        Some((u32::try_from(first + n + 1).ok()?, text[..end].to_owned()))
    });
    numbered.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &str =
        "first\r\nlet x = saveOrder(y);\nlist.forEach(show);\n  \u{1f600} cart\n    .pay();\nlast";

    fn place<'a>(line: u32, column: u32, name: Option<&'a str>, is_exact: bool) -> Place<'a> {
        Place { file: "a.ts", line, column, name, content: Some(CONTENT), is_exact }
    }

    #[test]
    fn a_renamed_function_has_the_name_at_its_call() {
        assert_eq!(called(&place(1, 8, Some("saveOrder"), true), "a"), Some("saveOrder"));
        let bare = Place { content: None, ..place(1, 8, Some("saveOrder"), true) };
        assert_eq!(called(&bare, "a"), Some("saveOrder"));
        assert_eq!(called(&place(4, 5, None, true), "e.pay"), Some("pay"));
        assert_eq!(called(&place(4, 5, None, true), "async e.pay"), Some("pay"));
        assert_eq!(called(&place(2, 5, Some("forEach"), true), "Array.forEach"), Some("forEach"));
    }

    #[test]
    fn what_may_be_another_functions_name_is_not_taken() {
        for (call, why) in [
            (place(1, 8, Some("saveOrder"), false), "the mapping begins before the call"),
            (place(1, 8, Some("other"), true), "the source is another one"),
            (place(2, 5, Some("forEach"), true), "it calls back"),
            (place(2, 5, None, true), "it calls back"),
            (place(1, 4, None, true), "it is not the engine's name"),
            (place(1, 7, None, true), "no name stands there"),
            (place(99, 0, None, true), "the source ends before"),
            (place(0, 99, None, true), "the line ends before"),
        ] {
            assert_eq!(called(&call, "a"), None, "{why}");
        }
        assert_eq!(called(&place(2, 5, None, true), ""), None);
    }

    #[test]
    fn columns_are_utf_16() {
        assert_eq!(identifier(CONTENT, 3, 5), Some(("cart", false)));
        assert_eq!(identifier(CONTENT, 3, 3), None, "within a character");
        assert_eq!(identifier(CONTENT, 4, 5), Some(("pay", true)));
    }

    #[test]
    fn lines_around_end_where_the_source_does() {
        let numbers = |line| around(CONTENT, line).iter().map(|(number, _)| *number).collect::<Vec<_>>();
        assert_eq!((numbers(0), numbers(5)), (vec![1, 2, 3, 4], vec![3, 4, 5, 6]));
        assert_eq!((numbers(6), numbers(u32::MAX)), (vec![], vec![]));
        assert_eq!(around(CONTENT, 0)[0].1, "first");
        assert_eq!(around(&"\u{e9}".repeat(1_000), 0)[0].1.chars().count(), LINE);
    }
}

//! What happened in one stretch of time, and lists of them in few bytes.

use super::bytes::{self, Reader};
use super::histogram::Histogram;

/// The count is not that of the values: it follows.
const COUNTED: u8 = 1;
/// The number of errors follows.
const ERRORS: u8 = 2;
/// Values follow.
const VALUES: u8 = 4;

/// What happened in a second, a minute, or longer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// How often it happened.
    pub count: u64,
    /// How often of these it went wrong.
    pub errors: u64,
    /// What was measured, if anything is.
    pub values: Histogram,
}

impl Cell {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.errors == 0 && self.values.is_empty()
    }

    /// Adds what happened in `other`.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.errors = self.errors.saturating_add(other.errors);
        self.values.merge(&other.values);
    }

    /// Takes `part` away, which was merged into this one.
    pub fn subtract(&mut self, part: &Self) {
        self.count = self.count.saturating_sub(part.count);
        self.errors = self.errors.saturating_sub(part.errors);
        self.values.subtract(&part.values);
    }

    /// Appends it to a list, under an index of the caller's.
    pub fn append(&self, list: &mut Vec<u8>, index: u32) {
        bytes::put(list, index.into());
        let counted = self.count != self.values.count();
        let flag = |set: bool, flag| if set { flag } else { 0 };
        list.push(
            flag(counted, COUNTED) | flag(self.errors > 0, ERRORS) | flag(!self.values.is_empty(), VALUES),
        );
        if counted {
            bytes::put(list, self.count);
        }
        if self.errors > 0 {
            bytes::put(list, self.errors);
        }
        if !self.values.is_empty() {
            self.values.encode(list);
        }
    }

    fn merge_encoded(&mut self, from: &mut Reader<'_>) -> Option<()> {
        let flags = from.byte().filter(|f| *f < 8)?;
        let counted = if flags & COUNTED != 0 { Some(from.number()?) } else { None };
        let errors = if flags & ERRORS != 0 { from.number()? } else { 0 };
        let values = if flags & VALUES != 0 { self.values.merge_encoded(from)? } else { 0 };
        let count = counted.unwrap_or(values);
        self.count = self.count.saturating_add(count);
        self.errors = self.errors.saturating_add(errors);
        Some(())
    }
}

/// Reads a list and adds each cell to the one of `into` that `place` gives for its index; without one it is passed
/// over. False when the list is damaged: what comes after the damage is lost.
pub fn read(list: &[u8], into: &mut [Cell], place: impl Fn(u32) -> Option<usize>) -> bool {
    let mut reader = Reader::new(list);
    while !reader.is_empty() {
        let Some(index) = reader.small::<u32>() else { return false };
        let mut aside = Cell::default();
        let cell = place(index).and_then(|at| into.get_mut(at)).unwrap_or(&mut aside);
        if cell.merge_encoded(&mut reader).is_none() {
            return false;
        }
    }
    true
}

/// The cells of a list, each by itself.
pub fn cells(list: &[u8]) -> Vec<(u32, Cell)> {
    let (mut reader, mut all) = (Reader::new(list), Vec::new());
    while !reader.is_empty() {
        let mut cell = Cell::default();
        let Some(index) = reader.small::<u32>() else { break };
        if cell.merge_encoded(&mut reader).is_none() {
            break;
        }
        all.push((index, cell));
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn cell() -> impl Strategy<Value = Cell> {
        // Values that an `f32` holds exactly, so that what is read can be compared with what was written.
        let values = prop::collection::vec((0u16..500).prop_map(f64::from), 0..20);
        (any::<bool>(), 0u64..1000, 0u64..50, values).prop_map(|(counts, count, errors, values)| {
            let mut cell = Cell { errors, ..Cell::default() };
            values.iter().for_each(|v| assert!(cell.values.record(*v)));
            cell.count = if counts { count } else { cell.values.count() };
            cell
        })
    }

    fn list(cells: &[(u32, Cell)]) -> Vec<u8> {
        let mut list = Vec::new();
        cells.iter().for_each(|(index, cell)| cell.append(&mut list, *index));
        list
    }

    proptest! {
        #[test]
        fn a_list_is_read_as_it_was_written(cells in prop::collection::vec((0u32..60, cell()), 0..60)) {
            let mut expected: BTreeMap<u32, Cell> = BTreeMap::new();
            for (index, cell) in &cells {
                expected.entry(*index).or_default().merge(cell);
            }
            let mut found = vec![Cell::default(); 60];
            prop_assert!(read(&list(&cells), &mut found, |index| Some(index as usize)));
            for (index, cell) in expected {
                let seen = &found[index as usize];
                prop_assert_eq!((seen.count, seen.errors), (cell.count, cell.errors));
                prop_assert_eq!(seen.values.count(), cell.values.count());
                prop_assert_eq!(seen.values.sum(), cell.values.sum());
            }
        }

        #[test]
        fn lists_are_joined_by_writing_one_after_the_other(
            a in prop::collection::vec((0u32..24, cell()), 0..10),
            b in prop::collection::vec((0u32..24, cell()), 0..10),
        ) {
            let joined = [list(&a), list(&b)].concat();
            prop_assert_eq!(cells(&joined), [cells(&list(&a)), cells(&list(&b))].concat());
        }

        #[test]
        fn damaged_lists_are_read_up_to_the_damage(
            cells in prop::collection::vec((0u32..60, cell()), 1..20),
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut bytes = list(&cells);
            let at = place.index(bytes.len());
            bytes[at] = byte;
            super::cells(&bytes);
            bytes.truncate(at);
            prop_assert!(super::cells(&bytes).len() <= cells.len());
            read(&bytes, &mut [], |_| None);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            super::cells(&bytes);
            read(&bytes, &mut [], |_| None);
        }
    }
}

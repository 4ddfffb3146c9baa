//! The last five minutes, second by second, in memory.

use std::collections::{HashMap, VecDeque};

use super::cell::{Cell, read};
use super::live::Second;

/// Seconds that are remembered.
pub const SECONDS: i64 = 300;
/// Bytes that they may take: 100 KB a second, 5,000 values in 1,000 series each. With more, fewer seconds stay.
const BYTES: usize = 32 * 1024 * 1024;
/// A longer gap means that the clock was moved or the machine slept: nothing is known of that time.
const GAP: i64 = 10;

/// One second: the encoded cells, one after the other, and where each begins, in the order of ids.
#[derive(Debug)]
struct Slot {
    second: i64,
    starts: Vec<(u32, u32)>,
    bytes: Vec<u8>,
}

impl Slot {
    fn of(second: &Second) -> Self {
        let mut cells: Vec<_> = second.cells.iter().collect();
        cells.sort_unstable_by_key(|(id, _)| **id);
        let mut slot =
            Self { second: second.second, starts: Vec::with_capacity(cells.len()), bytes: Vec::new() };
        for (id, cell) in cells {
            // Far below 4 GB: a cell has a few kilobytes at most.
            slot.starts.push((*id, slot.bytes.len() as u32));
            cell.append(&mut slot.bytes, 0);
        }
        slot.bytes.shrink_to_fit();
        slot
    }

    fn size(&self) -> usize {
        self.bytes.len() + self.starts.len() * size_of::<(u32, u32)>() + size_of::<Self>()
    }

    fn add_to(&self, id: u32, cell: &mut Cell) {
        let Ok(at) = self.starts.binary_search_by_key(&id, |start| start.0) else { return };
        let end = self.starts.get(at + 1).map_or(self.bytes.len(), |next| next.1 as usize);
        read(&self.bytes[self.starts[at].1 as usize..end], std::slice::from_mut(cell), |_| Some(0));
    }
}

/// The newest seconds, in order. Those without a slot are not known; a slot without cells was a quiet second.
#[derive(Debug)]
pub struct Recent {
    slots: VecDeque<Slot>,
    size: usize,
    most: usize,
    last: i64,
}

impl Default for Recent {
    fn default() -> Self {
        Self::bounded(BYTES)
    }
}

impl Recent {
    fn bounded(most: usize) -> Self {
        Self { slots: VecDeque::new(), size: 0, most, last: 0 }
    }

    /// Adds a second that has ended.
    pub fn push(&mut self, second: &Second) {
        self.cover(second.second);
        if second.second > self.last {
            self.add(Slot::of(second));
        }
    }

    /// Says that the server ran until `now`: seconds without anything before it were quiet.
    pub fn cover(&mut self, now: i64) {
        if now - self.last > GAP {
            self.last = now - 1;
        }
        while self.last + 1 < now {
            self.add(Slot::of(&Second { second: self.last + 1, ..Second::default() }));
        }
        while self.slots.front().is_some_and(|slot| slot.second < now - SECONDS) {
            self.drop_oldest();
        }
    }

    fn add(&mut self, slot: Slot) {
        self.last = slot.second;
        self.size += slot.size();
        self.slots.push_back(slot);
        while self.size > self.most {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        self.size -= self.slots.pop_front().map_or(0, |slot| slot.size());
    }

    /// The `seconds` before `now`: what happened in a series, and how many of them are known.
    pub fn window(&self, id: u32, seconds: i64, now: i64) -> (Cell, u32) {
        let (mut sum, mut known) = (Cell::default(), 0);
        let newest = self.slots.iter().rev().take_while(|slot| slot.second >= now - seconds);
        for slot in newest.filter(|slot| slot.second < now) {
            slot.add_to(id, &mut sum);
            known += 1;
        }
        (sum, known)
    }

    /// Adds every second of the series `ids` to its place in `cells`, the first of which is the second `from`; marks
    /// those that are known.
    pub fn fill(&self, ids: &[u32], from: i64, cells: &mut [Cell], known: &mut [bool]) {
        for slot in &self.slots {
            let Ok(at) = usize::try_from(slot.second - from) else { continue };
            let (Some(cell), Some(known)) = (cells.get_mut(at), known.get_mut(at)) else { continue };
            *known = true;
            ids.iter().for_each(|id| slot.add_to(*id, cell));
        }
    }

    /// How often something happened, and how often it went wrong, by series, from the second `from` to before `to`.
    pub fn counts(&self, from: i64, to: i64) -> HashMap<u32, (u64, u64)> {
        let mut counts: HashMap<u32, (u64, u64)> = HashMap::new();
        for slot in self.slots.iter().filter(|slot| (from..to).contains(&slot.second)) {
            for (id, _) in &slot.starts {
                let mut cell = Cell::default();
                slot.add_to(*id, &mut cell);
                let sum = counts.entry(*id).or_default();
                *sum = (sum.0 + cell.count, sum.1 + cell.errors);
            }
        }
        counts
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::bounded(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64, counts: &[(u32, u64)]) -> Second {
        let cell = |count| Cell { count, ..Cell::default() };
        Second { second, cells: counts.iter().map(|(id, count)| (*id, cell(*count))).collect() }
    }

    #[test]
    fn quiet_seconds_are_known_and_gaps_are_not() {
        let mut recent = Recent::default();
        recent.push(&second(1000, &[(1, 2)]));
        recent.push(&second(1003, &[(2, 5), (1, 1)]));
        recent.cover(1005);
        recent.push(&second(1100, &[(1, 7)]));
        let (mut cells, mut known) = (vec![Cell::default(); 8], vec![false; 8]);
        recent.fill(&[1], 999, &mut cells, &mut known);
        let counts: Vec<u64> = cells.iter().map(|c| c.count).collect();
        assert_eq!(counts, [0, 2, 0, 0, 1, 0, 0, 0]);
        assert_eq!(known, [false, true, true, true, true, true, false, false]);
        let (window, seconds) = recent.window(1, 200, 1101);
        assert_eq!((window.count, seconds), (10, 6));
        assert_eq!(recent.window(2, 98, 1101).0.count, 5);
    }

    #[test]
    fn five_minutes_stay_and_no_more_than_fit() {
        let mut recent = Recent::bounded(200_000);
        for n in 0..1000 {
            recent.push(&second(n, &[(1, 1)]));
        }
        recent.cover(1000);
        assert_eq!(recent.window(1, 10_000, 1000).0.count, SECONDS as u64);
        let large: Vec<(u32, u64)> = (0..500).map(|id| (id, u64::MAX)).collect();
        for n in 1000..1100 {
            recent.push(&second(n, &large));
        }
        assert!(recent.size <= 200_000 && !recent.slots.is_empty());
        assert!(recent.window(1, 10_000, 1100).1 < 60);
    }
}

//! The current second: where everything is recorded, and the only part that hot paths touch.

use std::collections::HashMap;

use super::cell::Cell;
use super::key::{Group, Index};

/// What happened in one second, by series.
#[derive(Debug, Default)]
pub struct Second {
    /// Since 1970.
    pub second: i64,
    pub cells: HashMap<u32, Cell>,
}

/// The current second, those that nobody has taken yet, and the index of all series.
#[derive(Debug, Default)]
pub struct Live {
    pub index: Index,
    current: Second,
    finished: Vec<Second>,
}

impl Live {
    /// Adds to a series and to that of all labels together: three look-ups. True if it went to a shared place for want
    /// of room.
    pub fn record(
        &mut self,
        second: i64,
        (group, name, label): (Group, &str, &str),
        add: impl Fn(&mut Cell),
    ) -> bool {
        self.turn_to(second);
        let place = self.index.place(group, name, label);
        add(self.current.cells.entry(place.id).or_default());
        add(self.current.cells.entry(place.all).or_default());
        place.folded
    }

    /// Takes the seconds that ended before `second`, in order.
    pub fn take(&mut self, second: i64) -> Vec<Second> {
        self.turn_to(second);
        std::mem::take(&mut self.finished)
    }

    /// Whether something was recorded of a series that nobody has taken yet.
    pub fn holds(&self, id: u32) -> bool {
        self.current.cells.contains_key(&id) || self.finished.iter().any(|s| s.cells.contains_key(&id))
    }

    /// Goes on at `second`, which may be an earlier one; gives what nobody has taken yet.
    pub fn restart(&mut self, second: i64) -> Vec<Second> {
        let ended = std::mem::replace(&mut self.current, Second { second, ..Second::default() });
        self.finished.push(ended);
        std::mem::take(&mut self.finished)
    }

    /// A clock that goes back a little adds to the second that is current.
    fn turn_to(&mut self, second: i64) {
        if second > self.current.second {
            let ended = std::mem::replace(&mut self.current, Second { second, ..Second::default() });
            if !ended.cells.is_empty() {
                self.finished.push(ended);
            }
        }
    }
}

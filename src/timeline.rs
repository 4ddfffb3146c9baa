//! Row ids that are times: for tables to which much is added and which are read by time.
//!
//! An id is the milliseconds since 1970 shifted left by [`SEQUENCE_BITS`], plus a sequence. Ids rise in the order of
//! commits, so the order by id is the order by time, a range of time is a range of ids, a cursor is an id, and the
//! primary key is the only index that time needs.

use std::sync::atomic::{AtomicI64, Ordering};

/// A million rows in a millisecond; 43 bits are left for the time, which last until the year 2248.
const SEQUENCE_BITS: u32 = 20;

/// The least id of a millisecond; what is before 1970 has none and gets 0.
pub fn first_id(ms: i64) -> i64 {
    ms.clamp(0, i64::MAX >> SEQUENCE_BITS) << SEQUENCE_BITS
}

/// The millisecond of an id.
pub fn ms(id: i64) -> i64 {
    id >> SEQUENCE_BITS
}

/// Gives the ids of one table. They rise even when the clock is set back.
#[derive(Debug)]
pub struct Ids {
    last: AtomicI64,
}

impl Ids {
    /// Goes on after `last`, the greatest id of the table.
    pub fn after(last: i64) -> Self {
        Self { last: AtomicI64::new(last) }
    }

    /// Goes on after `last` where that is greater: what the table turned out to have.
    pub fn raise(&self, last: i64) {
        self.last.fetch_max(last, Ordering::Relaxed);
    }

    /// The next id, at the earliest that of the millisecond `now`.
    ///
    /// Call it in the write job, so that ids rise in the order of commits: who reads on after an id misses nothing.
    pub fn next(&self, now: i64) -> i64 {
        let least = first_id(now);
        let step = |last: i64| Some((last + 1).max(least));
        // The closure always gives a value, so the old one comes back either way.
        let last =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or_else(|last| last);
        (last + 1).max(least)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_rise_when_the_clock_is_set_back() {
        let ids = Ids::after(0);
        let (a, b, c) = (ids.next(1000), ids.next(400), ids.next(1001));
        assert!(a < b && b < c);
        assert_eq!((ms(a), ms(b), ms(c)), (1000, 1000, 1001));
    }

    #[test]
    fn ids_go_on_after_the_greatest_of_the_table() {
        let before = first_id(5000) + 7;
        assert_eq!(Ids::after(before).next(10), before + 1);
    }

    proptest! {
        #[test]
        fn the_order_of_ids_is_that_of_times(a in 0i64..1 << 42, b in 0i64..1 << 42) {
            prop_assert_eq!(a.cmp(&b), first_id(a).cmp(&first_id(b)));
            prop_assert_eq!(ms(first_id(a)), a);
        }
    }
}

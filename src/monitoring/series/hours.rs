//! The current minute and hour in memory, and the hours that the database does not have yet.

use std::collections::{BTreeMap, HashMap};

use super::cell::{Cell, cells};

/// Rows that wait for a database that does not take them: some hours of a small fleet. Then the oldest go.
const WAITING: usize = 50_000;
/// Bytes of the minutes of the current hour, and of rows that wait: 10,000 clients take some 10 MB. Beyond them a minute of
/// the current hour has its counts, and its values are only those of the hour.
const MINUTES_BYTES: usize = 64 << 20;

/// An hour of one series, as it is stored.
#[derive(Clone, Debug)]
pub struct Row {
    pub series: u32,
    /// Hours since 1970.
    pub hour: i64,
    pub count: u64,
    pub errors: u64,
    /// The whole hour, as a list of one cell whose index is the hour of the day.
    pub total: Vec<u8>,
    /// The minutes with anything in them, by minute of the hour.
    pub minutes: Vec<u8>,
}

impl Row {
    fn size(&self) -> usize {
        size_of::<Self>() + self.total.len() + self.minutes.len()
    }

    fn of(series: u32, hour: i64, total: &Cell, minutes: Vec<u8>) -> Self {
        let mut list = Vec::new();
        total.append(&mut list, hour.rem_euclid(24) as u32);
        Self { series, hour, count: total.count, errors: total.errors, total: list, minutes }
    }
}

/// A series that has data in the current hour.
#[derive(Debug, Default)]
struct Active {
    minute: Cell,
    /// The hour without the current minute.
    total: Cell,
    minutes: Vec<u8>,
    /// How much of `minutes` the database has.
    saved: usize,
}

impl Active {
    /// Gives the bytes that the minute takes. Without `room` its values are left out.
    fn close_minute(&mut self, minute: i64, room: bool) -> usize {
        if self.minute.is_empty() {
            return 0;
        }
        self.total.merge(&self.minute);
        let Cell { count, errors, .. } = self.minute;
        let closed = std::mem::take(&mut self.minute);
        let kept = if room { closed } else { Cell { count, errors, ..Cell::default() } };
        let before = self.minutes.len();
        kept.append(&mut self.minutes, minute.rem_euclid(60) as u32);
        self.minutes.len() - before
    }
}

/// The current hour, and earlier ones that wait to be stored.
#[derive(Debug)]
pub struct Hours {
    /// Minutes since 1970.
    minute: i64,
    active: HashMap<u32, Active>,
    /// Of the minutes of all that is active, and how many there may be.
    bytes: usize,
    most: usize,
    waiting: BTreeMap<(i64, u32), Row>,
}

impl Default for Hours {
    fn default() -> Self {
        Self::bounded(MINUTES_BYTES)
    }
}

impl Hours {
    fn bounded(most: usize) -> Self {
        Self { minute: 0, active: HashMap::new(), bytes: 0, most, waiting: BTreeMap::new() }
    }

    /// Begins at `minute`, with what the database holds of its hour: series and minutes.
    pub fn restart(&mut self, minute: i64, stored: Vec<(u32, Vec<u8>)>) {
        self.minute = minute;
        self.active.clear();
        for (series, list) in stored {
            let active = self.active.entry(series).or_default();
            for (index, cell) in cells(&list) {
                if i64::from(index) == minute.rem_euclid(60) {
                    // The server was stopped within this minute, and goes on with it.
                    active.minute.merge(&cell);
                } else {
                    active.total.merge(&cell);
                    cell.append(&mut active.minutes, index);
                }
            }
            active.saved = active.minutes.len();
        }
        self.bytes = self.active.values().map(|active| active.minutes.len()).sum();
    }

    /// Hours since 1970.
    pub fn hour(&self) -> i64 {
        self.minute.div_euclid(60)
    }

    /// Minutes since 1970.
    pub fn minute(&self) -> i64 {
        self.minute
    }

    /// Adds to a series in the current minute.
    pub fn add(&mut self, series: u32, cell: &Cell) {
        self.active.entry(series).or_default().minute.merge(cell);
    }

    /// Notes that the server ran in the current minute.
    pub fn up(&mut self, series: u32) {
        self.active.entry(series).or_default().minute.count = 1;
    }

    /// Ends minutes and hours before `minute`. True if a minute ended.
    pub fn turn_to(&mut self, minute: i64) -> bool {
        let turned = minute > self.minute;
        if turned {
            self.close_minute();
            if minute.div_euclid(60) > self.hour() {
                self.close_hour();
            }
            self.minute = minute;
        }
        turned
    }

    /// Ends the current minute, to store it as far as it came.
    pub fn close_minute(&mut self) {
        for active in self.active.values_mut() {
            self.bytes += active.close_minute(self.minute, self.bytes < self.most);
        }
    }

    fn close_hour(&mut self) {
        let hour = self.hour();
        for (series, active) in self.active.drain() {
            if active.minutes.len() > active.saved {
                self.waiting.insert((hour, series), Row::of(series, hour, &active.total, active.minutes));
            }
        }
        self.bytes = 0;
    }

    /// Drops the oldest rows that wait beyond the bound; gives how many.
    pub fn bound(&mut self) -> usize {
        let mut bytes: usize = self.waiting.values().map(Row::size).sum();
        let mut over = 0;
        while (self.waiting.len() > WAITING || bytes > self.most)
            && let Some((_, row)) = self.waiting.pop_first()
        {
            bytes -= row.size();
            over += 1;
        }
        over
    }

    /// What the database does not have yet, but for the current minute.
    pub fn unsaved(&self) -> Vec<Row> {
        let hour = self.hour();
        let changed = self.active.iter().filter(|(_, active)| active.minutes.len() > active.saved);
        let current =
            changed.map(|(series, active)| Row::of(*series, hour, &active.total, active.minutes.clone()));
        self.waiting.values().cloned().chain(current).collect()
    }

    /// Notes that the database has these.
    pub fn saved(&mut self, rows: &[Row]) {
        let hour = self.hour();
        for row in rows {
            match self.active.get_mut(&row.series).filter(|_| row.hour == hour) {
                Some(active) => active.saved = row.minutes.len(),
                None => {
                    let place = (row.hour, row.series);
                    if self.waiting.get(&place).is_some_and(|w| w.minutes.len() == row.minutes.len()) {
                        self.waiting.remove(&place);
                    }
                }
            }
        }
    }

    /// Whether earlier hours wait to be stored.
    pub fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What the database does not have of these series, the current minute included: whole hours.
    pub fn of(&self, series: &[u32]) -> Vec<Row> {
        let hour = self.hour();
        let current = series.iter().filter_map(|id| {
            let active = self.active.get(id)?;
            let (mut total, mut minutes) = (active.total.clone(), active.minutes.clone());
            if !active.minute.is_empty() {
                total.merge(&active.minute);
                active.minute.append(&mut minutes, self.minute.rem_euclid(60) as u32);
            }
            Some(Row::of(*id, hour, &total, minutes))
        });
        let waiting = self.waiting.values().filter(|row| series.contains(&row.series)).cloned();
        waiting.chain(current).collect()
    }

    /// How often something happened in a series in the current hour.
    pub fn count(&self, series: u32) -> (u64, u64) {
        self.active.get(&series).map_or((0, 0), |active| {
            (active.total.count + active.minute.count, active.total.errors + active.minute.errors)
        })
    }

    /// Forgets what these series have.
    pub fn forget(&mut self, series: &[u32]) {
        self.active.retain(|id, _| !series.contains(id));
        self.waiting.retain(|(_, id), _| !series.contains(id));
    }

    /// Whether a series has data that may not be stored yet.
    pub fn holds(&self, series: u32) -> bool {
        self.active.contains_key(&series) || self.waiting.keys().any(|(_, id)| *id == series)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens to a series in a minute of which nothing is like before: the largest there can be.
    fn busy() -> Cell {
        let mut cell = Cell::default();
        for n in 0..2_000 {
            cell.count += 1;
            cell.values.record(1.03_f64.powi(n % 700));
        }
        cell
    }

    #[test]
    fn minutes_have_counts_when_there_is_no_room_for_values() {
        let most = 1 << 20;
        let (mut hours, cell) = (Hours::bounded(most), busy());
        hours.turn_to(0);
        let series = 40;
        for minute in 0..60 {
            (0..series).for_each(|id| hours.add(id, &cell));
            hours.turn_to(minute + 1);
            let held: usize = hours.active.values().map(|active| active.minutes.len()).sum();
            assert!(held <= most + 60 * 16 * series as usize, "{held}");
            if minute < 59 {
                assert_eq!(hours.bytes, held);
            }
        }
        assert_eq!((hours.active.len(), hours.bytes, hours.waiting.len()), (0, 0, series as usize));
        let row = &hours.waiting[&(0, 0)];
        assert_eq!(row.count, 60 * cell.count, "nothing is missing in the hour");
        let minutes = cells(&row.minutes);
        assert_eq!(minutes.len(), 60);
        assert!(minutes.iter().all(|(_, minute)| minute.count == cell.count));
        assert_eq!(minutes[0].1.values.count(), cell.count);
        assert!(minutes[59].1.values.is_empty());
        // What waits for the database is bounded by its bytes, too.
        assert!(hours.bound() > 0);
        assert!(hours.waiting.values().map(Row::size).sum::<usize>() <= most);
    }
}

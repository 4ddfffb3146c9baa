//! Putting an answer together: seconds from memory; minutes and hours from the database, and the current hour from
//! memory.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::DbErr;

use super::cell::{Cell, read};
use super::key::{ALL, OTHER};
use super::plan::{Plan, Resolution};
use super::view::{Line, SeriesAnswer, answer, count};
use super::{Series, store};

/// The label of everything together, when nothing is split.
const WHOLE: &str = "all";

/// Which series make up which line.
struct Lines {
    /// Label and series.
    shown: Vec<(String, Vec<u32>)>,
    /// Of which series the line `other` is what the shown ones leave, if there is to be one.
    rest_of: Option<Vec<u32>>,
}

impl Series {
    /// Answers `plan`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self, plan: &Plan) -> Result<SeriesAnswer, DbErr> {
        let lines = self.lines(plan).await?;
        let rest = lines.rest_of.map(|ids| (OTHER.to_owned(), ids));
        let others = rest.is_some();
        let all: Vec<(String, Vec<u32>)> = lines.shown.into_iter().chain(rest).collect();
        let mut filled = Filled::new(plan, all.iter().map(|(_, ids)| &ids[..]), self.up());
        match plan.resolution() {
            Resolution::Seconds => self.fill_seconds(&mut filled),
            _ => self.fill_hours(&mut filled).await?,
        }
        let (mut cells, known) = filled.finish();
        if others && let Some((rest, shown)) = cells.split_last_mut() {
            for (at, cell) in rest.iter_mut().enumerate() {
                shown.iter().for_each(|line| cell.subtract(&line[at]));
            }
        }
        let labels = all.into_iter().map(|(label, _)| label);
        let lines: Vec<Line> = labels.zip(cells).map(|(label, cells)| Line { label, cells }).collect();
        Ok(answer(plan, &lines, &known))
    }

    async fn lines(&self, plan: &Plan) -> Result<Lines, DbErr> {
        let (mut labels, all) = self.known_labels(plan);
        if plan.by.is_none() {
            return Ok(Lines { shown: vec![(WHOLE.to_owned(), all)], rest_of: None });
        }
        if !plan.labels.is_empty() {
            let shown =
                plan.labels.iter().map(|label| (label.clone(), labels.remove(&**label).unwrap_or_default()));
            return Ok(Lines { shown: shown.collect(), rest_of: None });
        }
        let folded = labels.remove(OTHER).is_some();
        let ids: Vec<u32> = labels.values().flatten().copied().collect();
        let counts = self.counts(plan, &ids).await?;
        let of = |id: &u32| counts.get(id).map_or(0, |(c, e)| count(plan.metric, *c, *e));
        let mut ranked: Vec<(u64, String, Vec<u32>)> = labels
            .into_iter()
            .map(|(label, ids)| (ids.iter().map(of).sum(), label.into(), ids))
            .filter(|(count, ..)| *count > 0)
            .collect();
        // Alphabetically where counts are equal: lines do not swap colours from one answer to the next.
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let more = ranked.len() > plan.lines || folded;
        ranked.truncate(plan.lines);
        let shown = ranked.into_iter().map(|(_, label, ids)| (label, ids)).collect();
        Ok(Lines { shown, rest_of: more.then_some(all) })
    }

    /// The series of every label, and those of all labels together.
    fn known_labels(&self, plan: &Plan) -> (BTreeMap<Box<str>, Vec<u32>>, Vec<u32>) {
        let live = self.live();
        let (mut labels, mut all) = (BTreeMap::<Box<str>, Vec<u32>>::new(), Vec::new());
        for family in live.index.families(plan.group, plan.name.as_deref()) {
            all.push(family.all);
            for (label, id) in &family.labels {
                labels.entry(label.clone()).or_default().push(*id);
            }
        }
        debug_assert!(!labels.contains_key(ALL), "the whole is no label");
        (labels, all)
    }

    /// How often something happened in the range, by series, and how often it went wrong.
    async fn counts(&self, plan: &Plan, ids: &[u32]) -> Result<HashMap<u32, (u64, u64)>, DbErr> {
        let (first, last) = (plan.from.div_euclid(3600), (plan.to - 1).div_euclid(3600));
        let (mut counts, hour) = {
            let (state, _) = self.settled();
            if plan.resolution() == Resolution::Seconds {
                return Ok(state.recent.counts(plan.from, plan.to));
            }
            let hour = state.hours.hour();
            let current = if (first..=last).contains(&hour) { ids } else { &[] };
            (current.iter().map(|id| (*id, state.hours.count(*id))).collect::<HashMap<_, _>>(), hour)
        };
        for (id, count, errors) in store::counts(self.inner.db.read(), ids, first, last.min(hour - 1)).await?
        {
            let sum = counts.entry(id).or_default();
            *sum = (sum.0 + count, sum.1 + errors);
        }
        Ok(counts)
    }

    fn fill_seconds(&self, filled: &mut Filled<'_>) {
        let (state, _) = self.settled();
        let mut known = vec![false; filled.plan.points];
        for (line, ids) in &filled.lines {
            state.recent.fill(ids, filled.plan.from, &mut filled.cells[*line], &mut known);
        }
        for (cell, known) in filled.cells[0].iter_mut().zip(known) {
            cell.count = u64::from(known);
        }
    }

    async fn fill_hours(&self, filled: &mut Filled<'_>) -> Result<(), DbErr> {
        let (plan, ids) = (filled.plan, filled.ids());
        let by_hours = plan.resolution() == Resolution::Hours;
        // Memory first: what moves from there to the database meanwhile is taken from here.
        let (rows, hour) = {
            let (state, _) = self.settled();
            (state.hours.of(&ids), state.hours.hour())
        };
        let here: HashSet<(u32, i64)> = rows.iter().map(|row| (row.series, row.hour)).collect();
        for row in &rows {
            if by_hours {
                filled.add(row.series, &row.total, |index| {
                    row.hour.div_euclid(24) * DAY + i64::from(index) * 3600
                });
            } else {
                filled.add(row.series, &row.minutes, |index| row.hour * 3600 + i64::from(index) * 60);
            }
        }
        let (first, last) = (plan.from.div_euclid(3600), (plan.to - 1).div_euclid(3600).min(hour - 1));
        let db = self.inner.db.read();
        if by_hours {
            for (id, day, list) in store::hours(db, &ids, first, last).await? {
                filled.add(id, &list, |index| {
                    let of = day * 24 + i64::from(index);
                    if of > last || here.contains(&(id, of)) { NOWHERE } else { of * 3600 }
                });
            }
        } else {
            for (id, of, list) in store::minutes(db, &ids, first, last).await? {
                if !here.contains(&(id, of)) {
                    filled.add(id, &list, |index| of * 3600 + i64::from(index) * 60);
                }
            }
        }
        Ok(())
    }
}

const DAY: i64 = 86_400;
/// A second outside every range.
const NOWHERE: i64 = i64::MIN / 2;

/// The cells of every line, as they come together. The first line is that of the server running.
struct Filled<'p> {
    plan: &'p Plan,
    lines: Vec<(usize, Vec<u32>)>,
    line_of: HashMap<u32, usize>,
    cells: Vec<Vec<Cell>>,
}

impl<'p> Filled<'p> {
    fn new<'l>(plan: &'p Plan, lines: impl Iterator<Item = &'l [u32]>, up: u32) -> Self {
        let lines: Vec<(usize, Vec<u32>)> =
            std::iter::once(vec![up]).chain(lines.map(<[u32]>::to_vec)).enumerate().collect();
        let line_of = lines.iter().flat_map(|(line, ids)| ids.iter().map(move |id| (*id, *line))).collect();
        let cells = lines.iter().map(|_| vec![Cell::default(); plan.points]).collect();
        Self { plan, lines, line_of, cells }
    }

    fn ids(&self) -> Vec<u32> {
        self.line_of.keys().copied().collect()
    }

    /// Adds a list of cells; `second` gives the time of an index.
    fn add(&mut self, id: u32, list: &[u8], second: impl Fn(u32) -> i64) {
        let (Some(line), plan) = (self.line_of.get(&id), self.plan) else { return };
        if !read(list, &mut self.cells[*line], |index| plan.place(second(index))) {
            tracing::warn!(series = id, "An hour of a series is damaged; what can be read of it is shown");
        }
    }

    /// The cells of the lines, and in which steps the server ran.
    fn finish(mut self) -> (Vec<Vec<Cell>>, Vec<bool>) {
        let known = self.cells.remove(0).iter().map(|cell| cell.count > 0).collect();
        (self.cells, known)
    }
}

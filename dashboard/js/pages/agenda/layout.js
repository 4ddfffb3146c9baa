// Where events stand beside each other. Pure: times in, places out.

import { addDays, daysBetween, minuteOf, momentOf } from "./days.js";

/** A shorter event is drawn, and keeps others away, as if it lasted this long: less could not be read. */
export const LEAST_MINUTES = 25;
const DAY_MINUTES = 1440;
// A neighbour that begins this much later leaves the first lines of an event free.
const TITLE_MINUTES = 30;

/** The parts of timed `items` that lie in `day`: `{item, from, to, begins, ends}` in minutes of the day. */
export function segments(items, day) {
  const [opens, closes] = [momentOf(day), momentOf(addDays(day, 1))];
  return items
    .filter(({ starts, ends }) => starts < closes && (ends > opens || (ends >= opens && starts >= opens)))
    .map((item) => {
      const [begins, ends] = [item.starts >= opens, item.ends <= closes];
      return {
        item,
        begins,
        ends,
        from: begins ? minuteOf(item.starts) : 0,
        to: item.ends >= closes ? DAY_MINUTES : minuteOf(item.ends),
      };
    });
}

/**
 * Gives each of `parts` (`from`, `to`) its place among those that overlap: `column` of `columns`, `span` columns wide,
 * and `reaches` when its title may reach below the next one.
 * What starts first stands left, and of two that start together the longer one.
 */
export function beside(parts) {
  const sorted = parts
    .map((part) => ({ ...part, low: Math.max(part.to, part.from + LEAST_MINUTES) }))
    .sort((a, b) => a.from - b.from || b.low - a.low);
  const placed = [];
  let group = [];
  let reach = -1;
  const close = () => {
    const columns = 1 + Math.max(-1, ...group.map(({ column }) => column));
    for (const part of group) {
      const blocks = (other, column) => other.column === column && other.from < part.low && part.from < other.low;
      let span = 1;
      const free = (column) => column < columns && !group.some((other) => blocks(other, column));
      while (free(part.column + span)) span += 1;
      const soon = (other) => other.from < part.from + TITLE_MINUTES;
      const beneath = group.some((other) => blocks(other, part.column + span) && soon(other));
      placed.push({ ...part, columns, span, reaches: part.column + span < columns && !beneath });
    }
    group = [];
  };
  for (const part of sorted) {
    if (part.from >= reach) close();
    const taken = new Set(group.filter(({ low }) => low > part.from).map(({ column }) => column));
    let column = 0;
    while (taken.has(column)) column += 1;
    group.push({ ...part, column });
    reach = Math.max(reach, part.low);
  }
  close();
  return placed;
}

const earlier = (a, b) =>
  a.start - b.start || b.end - a.end || Number(b.item.bar) - Number(a.item.bar) || a.item.starts - b.item.starts;

/**
 * The lanes of `items` in the days from `first` on, `count` of them: `{item, from, to, lane, begins, ends}`, days
 * counted from 0. Who began first, and then who lasts longer, stands higher.
 */
export function lanes(items, first, count) {
  const taken = [];
  return items
    // What merely goes past midnight belongs to the day on which it begins.
    .map((item) => ({ item, from: item.first, to: item.bar ? item.last : item.first }))
    .map(({ item, from, to }) => ({ item, start: daysBetween(first, from), end: daysBetween(first, to) }))
    .filter(({ start, end }) => start < count && end >= 0)
    .sort(earlier)
    .map(({ item, start, end }) => {
      const [from, to] = [Math.max(0, start), Math.min(count - 1, end)];
      let lane = 0;
      while (taken[lane]?.some(([left, right]) => from <= right && left <= to)) lane += 1;
      taken[lane] = [...(taken[lane] ?? []), [from, to]];
      return { item, from, to, lane, begins: start >= 0, ends: end < count };
    });
}

// The views of a week and of a day: hours downwards, days beside each other, and what takes whole days above them.

import { el, setText } from "../../lib/dom.js";
import { timeOfDay } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { daysOf, minuteOf, momentOf, today } from "./days.js";
import { barEvent, timedEvent } from "./event.js";
import { beside, lanes, segments } from "./layout.js";
import { dayFull, dayHead, readerOffset } from "./say.js";

const HOURS = 24;
const DAY_MINUTES = 1440;
// Where a day opens: before it little happens.
const OPENS_HOUR = 7.5;
// How far an event reaches below the next one, in columns.
const REACH = 0.7;
const share = (minutes) => `${(minutes / DAY_MINUTES) * 100}%`;

function head(days, openDay) {
  const now = today();
  return days.map((day, at) => {
    const button = el(
      "button",
      { className: "agenda-day-head", type: "button" },
      el("span", { textContent: dayHead(day), aria: { hidden: "true" } }),
      el("span", { className: "spoken", textContent: dayFull(day) }),
    );
    if (day === now) button.setAttribute("aria-current", "date");
    button.addEventListener("click", () => openDay(day));
    button.style.gridColumn = String(at + 2);
    return button;
  });
}

function hours() {
  const day = momentOf("2026-01-01");
  return Array.from({ length: HOURS - 1 }, (_, at) => {
    day.setHours(at + 1);
    const label = el("span", { className: "agenda-hour number", textContent: timeOfDay(day) });
    label.style.insetBlockStart = share((at + 1) * 60);
    return label;
  });
}

function column(items, day) {
  const box = el("div", { className: "agenda-column", role: "group", data: { day }, aria: { label: dayFull(day) } });
  if (day === today()) box.classList.add("is-today");
  for (const part of beside(segments(items, day))) {
    const node = timedEvent(part);
    const { style } = node;
    style.insetBlockStart = share(part.from);
    style.blockSize = share(part.low - part.from);
    style.insetInlineStart = `${(part.column / part.columns) * 100}%`;
    style.inlineSize = `${((part.span + (part.reaches ? REACH : 0)) / part.columns) * 100}%`;
    box.append(node);
  }
  return box;
}

function wholeDays(items, days) {
  const bars = lanes(items, days[0], days.length);
  const row = el("div", { className: "agenda-whole", role: "group", aria: { label: t("agenda.all_day") } });
  row.append(el("span", { className: "agenda-whole-label", textContent: t("agenda.whole_short") }));
  days.forEach((day, at) => {
    const cell = el("div", { className: "agenda-cell", data: { day } });
    cell.style.gridColumn = String(at + 2);
    cell.style.gridRow = `1 / span ${1 + Math.max(0, ...bars.map(({ lane }) => lane + 1))}`;
    row.append(cell);
  });
  for (const bar of bars) {
    const node = barEvent(bar, true);
    node.style.gridColumn = `${bar.from + 2} / ${bar.to + 3}`;
    node.style.gridRow = String(bar.lane + 1);
    row.append(node);
  }
  return row;
}

/** Puts the line of the present where it belongs; called again each half minute. */
export function markNow(root) {
  const column = root.querySelector(".agenda-column.is-today");
  if (!column) return;
  let line = column.querySelector(".agenda-now");
  if (!line) {
    line = el("div", { className: "agenda-now", aria: { hidden: "true" } });
    column.append(line);
  }
  line.style.insetBlockStart = share(minuteOf(new Date()));
}

/** `{root, update(items, window)}`: `root` scrolls, and opens at the morning. */
export function createTimeGrid({ openDay }) {
  const root = el("div", { className: "agenda-scroll", tabIndex: 0, role: "region" });
  const grid = el("div", { className: "agenda-grid" });
  const zone = el("span", { className: "agenda-zone" });
  const ruler = el("div", { className: "agenda-ruler", aria: { hidden: "true" } }, ...hours());
  root.append(grid);
  // Where the reader left it: a view that is put away forgets. What moves it by itself, such as a window that grows,
  // does not count.
  let left = null;
  let touched = false;
  for (const event of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    root.addEventListener(event, () => (touched = true), { passive: true });
  }
  root.addEventListener("scroll", () => {
    if (touched && root.isConnected) left = root.scrollTop;
  });

  const toMorning = () => {
    root.scrollTop = left ?? (grid.lastElementChild.offsetHeight * OPENS_HOUR) / HOURS;
  };

  return {
    root,
    fit: () => root.isConnected && toMorning(),
    update(items, window, title) {
      const days = daysOf(window);
      root.setAttribute("aria-label", title);
      grid.style.setProperty("--days", String(days.length));
      root.classList.toggle("is-week", days.length > 1);
      setText(zone, readerOffset(momentOf(days[0])));
      const top = el(
        "div",
        { className: "agenda-top" },
        el("div", { className: "agenda-heads" }, zone, ...head(days, openDay)),
        wholeDays(items.filter(({ bar }) => bar), days),
      );
      const timed = items.filter(({ bar }) => !bar);
      const body = el("div", { className: "agenda-body" }, ruler, ...days.map((day) => column(timed, day)));
      grid.replaceChildren(top, body);
      markNow(grid);
      toMorning();
    },
  };
}

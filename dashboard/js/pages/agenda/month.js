// The view of a month: a row for each week, a cell for each day, events as bars over days and as lines within one.

import { el } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { addDays, daysOf, momentOf, today, weekdays } from "./days.js";
import { barEvent } from "./event.js";
import { lanes } from "./layout.js";
import { dayFull, dayInMonth, weekdayLetter, weekdayName, weekdayShort } from "./say.js";

// Height of a lane and of the line with the date, as in agenda.css.
const LANE = 24;
const DATE = 30;
const WEEK = 7;
// More dots say no more than "many".
const MOST_DOTS = 4;

function head() {
  const names = weekdays.map((weekday) =>
    el(
      "span",
      { className: "agenda-weekday", title: weekdayName(weekday) },
      el("span", { className: "agenda-weekday-short", textContent: weekdayShort(weekday) }),
      el("span", { className: "agenda-weekday-letter", textContent: weekdayLetter(weekday) }),
    ),
  );
  return el("div", { className: "agenda-weekdays", aria: { hidden: "true" } }, ...names);
}

function dot(item) {
  const node = el("i", { className: "agenda-dot" });
  if (item.color) node.style.setProperty("--tone", item.color);
  return node;
}

function cell(day, at, inMonth, items, openDay) {
  const box = el("div", { className: "agenda-cell agenda-month-cell", data: { day } });
  box.style.gridColumn = String(at + 1);
  box.classList.toggle("is-other", !inMonth);
  const first = day.endsWith("-01");
  const count = items.length;
  const label = `${dayFull(day)}, ${t("agenda.count", { count })}`;
  const number = el(
    "button",
    { className: "agenda-date number", type: "button" },
    el("span", { textContent: first ? dayInMonth(day) : integer(momentOf(day).getDate()), aria: { hidden: "true" } }),
    el("span", { className: "spoken", textContent: label }),
  );
  if (day === today()) number.setAttribute("aria-current", "date");
  number.addEventListener("click", () => openDay(day));
  // Shown where there is no room for more.
  const dots = items.slice(0, MOST_DOTS).map(dot);
  box.append(number, el("span", { className: "agenda-dots", aria: { hidden: "true" } }, ...dots));
  return box;
}

function week(items, days, month, fits, openDay) {
  const row = el("div", { className: "agenda-week" });
  const placed = lanes(items, days[0], WEEK);
  const onDay = days.map((_, at) => placed.filter(({ from, to }) => from <= at && at <= to));
  days.forEach((day, at) => {
    row.append(cell(day, at, day.startsWith(month), onDay[at].map(({ item }) => item), openDay));
  });
  // A day with more than fit says how many are left, in the place of the last one.
  const last = onDay.map((all) => (Math.max(-1, ...all.map(({ lane }) => lane)) < fits ? fits : fits - 1));
  const hidden = days.map(() => 0);
  for (const bar of placed) {
    const at = Array.from({ length: bar.to - bar.from + 1 }, (_, index) => bar.from + index);
    if (at.some((day) => bar.lane >= last[day])) {
      for (const day of at) hidden[day] += 1;
      continue;
    }
    const node = barEvent(bar, true);
    node.style.gridColumn = `${bar.from + 1} / ${bar.to + 2}`;
    node.style.gridRow = String(bar.lane + 2);
    row.append(node);
  }
  hidden.forEach((count, at) => {
    if (count === 0) return;
    const more = el("button", {
      className: "agenda-more",
      type: "button",
      textContent: t("agenda.more", { count: integer(count) }),
      aria: { label: t("agenda.more_on", { count: integer(count), day: dayFull(days[at]) }) },
    });
    more.style.gridColumn = String(at + 1);
    more.style.gridRow = String(fits + 1);
    more.addEventListener("click", () => openDay(days[at]));
    row.append(more);
  });
  return row;
}

export function createMonth({ openDay }) {
  const root = el("div", { className: "agenda-month", role: "region" });
  const rows = el("div", { className: "agenda-weeks" });
  root.append(head(), rows);
  let last = null;

  function draw() {
    const { items, window, title, day } = last;
    root.setAttribute("aria-label", title);
    const days = daysOf(window);
    const weeks = days.length / WEEK;
    // A month never changes its height with what is in it: what does not fit is counted.
    const height = rows.clientHeight / weeks;
    const fits = Math.max(1, Math.floor((height - DATE - 2) / LANE));
    rows.style.setProperty("--weeks", String(weeks));
    rows.style.setProperty("--fits", String(fits));
    const all = Array.from({ length: weeks }, (_, at) => {
      const from = addDays(window.from, at * WEEK);
      const to = addDays(from, WEEK - 1);
      const some = items.filter(({ first, last: end }) => first <= to && end >= from);
      return week(some, days.slice(at * WEEK, (at + 1) * WEEK), day.slice(0, 7), fits, openDay);
    });
    rows.replaceChildren(...all);
  }

  return {
    root,
    update(items, window, title, day) {
      last = { items, window, title, day };
      draw();
    },
    fit: () => last && draw(),
  };
}

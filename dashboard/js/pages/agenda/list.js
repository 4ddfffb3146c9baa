// The view as a list: the days that have something, one below the other.

import { el } from "../../lib/dom.js";
import { daysOf, today } from "./days.js";
import { rowEvent } from "./event.js";
import { dayTitle } from "./say.js";

const SKELETON_ROWS = 6;

function dayBlock(day, items) {
  const heading = el("h3", { className: "agenda-list-day", textContent: dayTitle(day) });
  if (day === today()) heading.classList.add("is-today");
  const rows = items.map((item) => el("li", {}, rowEvent(item, day)));
  return el("section", { className: "agenda-list-block" }, heading, el("ul", {}, ...rows));
}

export function createList() {
  const root = el("div", { className: "agenda-list" });
  return {
    root,
    update(items, window, _title, _day, known) {
      if (!known && items.length === 0) {
        const row = () => el("div", { className: "agenda-skeleton", aria: { hidden: "true" } });
        return root.replaceChildren(...Array.from({ length: SKELETON_ROWS }, row));
      }
      const days = daysOf(window).map((day) => [day, items.filter(({ first, last }) => first <= day && day <= last)]);
      const filled = days.filter(([, some]) => some.length > 0);
      const sorted = (some) => [...some].sort((a, b) => Number(b.bar) - Number(a.bar) || a.starts - b.starts);
      root.replaceChildren(...filled.map(([day, some]) => dayBlock(day, sorted(some))));
    },
  };
}

// A chart with its legend: each line can be switched off, and has its value under the cursor, or the newest.

import { createChart, timeText } from "./chart.js";
import { el, setText } from "./dom.js";
import { t } from "./i18n.js";

/** One entry of a legend: a button that shows or hides its line. */
function entry({ className, dash, label }) {
  const mark = el("span", {
    className: `legend-mark ${className}${dash ? " is-dashed" : ""}`,
    aria: { hidden: "true" },
  });
  const value = el("span", { className: "legend-value", textContent: "–" });
  const props = {
    className: "legend-item",
    type: "button",
    title: t("legend.toggle", { name: label }),
    aria: { pressed: "true" },
  };
  const button = el("button", props, mark, el("span", { className: "legend-name cut", textContent: label }), value);
  return { button, value };
}

/**
 * As `createChart`, with `legend` (the place of the legend, before which stands the time under the cursor) and `series`
 * that have a `label`; `text(value)` is how a value is written in the legend, and `none` what stands in a chart without
 * any.
 */
export function createGraph(place, { legend, text, none, ...describe }) {
  const empty = el("p", { className: "chart-none", textContent: none ?? "", hidden: true });
  let data = [[]];
  let under = null;
  let entries = [];
  const hidden = new Set();
  const time = el("span", { className: "legend-time" });

  const show = () => {
    const last = data[0].length - 1;
    const index = under ?? last;
    entries.forEach(({ value }, at) => {
      const number = data[at + 1]?.[index];
      setText(value, number == null ? "–" : text(number));
    });
    const step = data[0].length > 1 ? data[0][1] - data[0][0] : 60;
    // Under the cursor there may be nothing any more: the data changes while it rests.
    const at = under === null ? undefined : data[0][under];
    setText(time, at === undefined ? "" : timeText(step)(new Date(at * 1000)));
  };
  const chart = createChart(place, {
    ...describe,
    onCursor(index) {
      under = index ?? null;
      show();
    },
  });
  const fill = (series) => {
    entries = series.map((line, at) => {
      const made = entry(line);
      made.button.setAttribute("aria-pressed", String(!hidden.has(line.label)));
      made.button.addEventListener("click", () => {
        const on = hidden.delete(line.label) || (hidden.add(line.label), false);
        made.button.setAttribute("aria-pressed", String(on));
        chart.show(at, on);
      });
      return made;
    });
    legend.replaceChildren(...entries.map(({ button }) => button));
    show();
  };
  fill(describe.series);
  legend.before(time);
  place.append(empty);
  return {
    set(columns, from, to) {
      data = columns;
      empty.hidden = !none || columns.slice(1).some((column) => column.some((value) => value !== null));
      chart.set(columns, from, to);
      show();
    },
    /** Replaces the lines; what was hidden by its name stays so. */
    lines(series) {
      const next = series.map((line) => ({ ...line, hidden: hidden.has(line.label) }));
      data = [[]];
      chart.lines(next);
      fill(next);
    },
  };
}

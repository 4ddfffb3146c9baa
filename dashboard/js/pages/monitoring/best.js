// The busiest routes over time: a line for each, and one for all others.

import { t } from "../../lib/i18n.js";
import { perSecond, readSeries } from "../../lib/series.js";
import { watchRoutes } from "./live-routes.js";
import { isLive, LIVE_S, view } from "./view.js";

const LINES = 5;
const OTHER = "other";
// Which routes are the busiest is asked again this often while live.
const FRESH_MS = 15_000;
// By hue and by dash, so that they stay apart without colour.
const STYLES = [
  { className: "series-requests" },
  { className: "series-out", dash: [6, 3] },
  { className: "series-p50" },
  { className: "series-p99", dash: [2, 3] },
  { className: "series-users", dash: [8, 3, 2, 3] },
];

export function bestRoutes(graph) {
  // A route keeps its style for as long as the page is open and it is among the busiest.
  const styles = new Map();
  let labels = [];
  let data = [[]];
  let at = 0;

  const styleOf = (label) => {
    if (label === OTHER) return { className: "series-clients", dash: [1, 4], label: t("monitoring.other_routes") };
    return { ...STYLES[styles.get(label)], label };
  };
  const dress = (shown) => {
    for (const label of styles.keys()) if (!shown.includes(label)) styles.delete(label);
    for (const label of shown) {
      if (label === OTHER || styles.has(label)) continue;
      const taken = new Set(styles.values());
      styles.set(
        label,
        STYLES.findIndex((_, index) => !taken.has(index)),
      );
    }
  };

  const self = {
    read: (asked) => readSeries("requests", { ...asked, by: "route", limit: LINES }),
    isFresh: () => Date.now() - at < FRESH_MS,
    forget() {
      at = 0;
    },
    show(answer, from, to) {
      at = Date.now();
      const shown = answer.series.map(({ label }) => label);
      dress(shown);
      if (shown.join("\n") !== labels.join("\n")) {
        labels = shown;
        graph.lines(labels.map(styleOf));
      }
      data = [answer.times, ...answer.series.map(({ count }) => perSecond(answer, count))];
      graph.set(data, from, to);
    },
  };
  // Between two answers the live channel has each second.
  watchRoutes(({ time, items }) => {
    if (!isLive(view.get()) || data[0].length === 0 || labels.length === 0) return;
    const now = Math.floor(Date.parse(time) / 1000) - 1;
    const counts = new Map(items.map(({ method, route, last_second }) => [`${method} ${route}`, last_second]));
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const known = labels.reduce((sum, label) => sum + (counts.get(label) ?? 0), 0);
    const values = labels.map((label) => (label === OTHER ? total - known : (counts.get(label) ?? 0)));
    // What the answer could not know yet is filled in here.
    const keep = data[0].findLastIndex((second) => second < now) + 1;
    data = data.map((column, index) => [...column.slice(0, keep), index === 0 ? now : values[index - 1]]);
    graph.set(data, now - LIVE_S, now);
  });
  return self;
}

// Every chart of the page, with one crosshair and one zoom.

import { byId } from "../../lib/dom.js";
import { rateText, tickRate } from "../../lib/format.js";
import { createGraph } from "../../lib/graph.js";
import { t } from "../../lib/i18n.js";
import { panels } from "./panels.js";
import { view } from "./view.js";

const SYNC = "monitoring";
// A shorter window has no more to show than a few points.
const LEAST_S = 10;

function zoom(from, to) {
  if (from === null) {
    if (view.get().from !== null) view.set({ from: null, to: null });
    return;
  }
  const middle = (from + to) / 2;
  const half = Math.max(to - from, LEAST_S) / 2;
  view.set({ from: Math.floor(middle - half), to: Math.ceil(middle + half) });
}

/** `{panels: {id: {graph, source, live, stored}}, routes}`; `openMoment(seconds, event)` is called for a press. */
export function makeCharts(openMoment) {
  const common = { sync: SYNC, zoom, onPress: openMoment, none: t("monitoring.none") };
  const make = (id, describe) =>
    createGraph(byId(`chart-${id}`), { ...describe, ...common, legend: byId(`chart-${id}-legend`) });
  const made = Object.entries(panels()).map(([id, describe]) => [id, { ...describe, graph: make(id, describe) }]);
  const routes = make("routes", {
    series: [],
    unit: t("unit.per_second"),
    format: tickRate,
    text: rateText,
    minimum: 1,
  });
  return { panels: Object.fromEntries(made), routes };
}

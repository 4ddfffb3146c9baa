// Two graphs of one installation over a range: round trips, and the signals that it sent.

import { byId } from "../../lib/dom.js";
import { decimal, ms, tickRate } from "../../lib/format.js";
import { createGraph } from "../../lib/graph.js";
import { t } from "../../lib/i18n.js";
import { asked, keepInAddress } from "../../lib/address.js";
import { perSecond, RANGES, readSeries } from "../../lib/series.js";

// The newest minute is written when it is over.
const EVERY_MS = 30_000;
const SYNC = "client";

const makeRtt = (zoom) =>
  createGraph(byId("client-rtt"), {
    legend: byId("client-rtt-legend"),
    series: [
      { label: "p50", className: "series-p50", filled: true },
      { label: "p95", className: "series-p95", dash: [6, 3] },
    ],
    unit: "\u00a0ms",
    format: tickRate,
    text: ms,
    minimum: 1,
    sync: SYNC,
    zoom,
  });

const makeSignals = (zoom) =>
  createGraph(byId("client-signals"), {
    legend: byId("client-signals-legend"),
    series: [
      { label: t("fleet.graph.signals_line"), className: "series-signals", filled: true },
      { label: t("fleet.graph.errors_line"), className: "series-errors", dash: [6, 3] },
    ],
    unit: "",
    format: tickRate,
    text: decimal,
    minimum: 1,
    sync: SYNC,
    zoom,
  });

export function showGraphs(id) {
  const choice = byId("client-range");
  let range = RANGES[asked().range] ? asked().range : "1h";
  let timer = null;
  let turn = 0;
  // What is drawn: the columns of both graphs, the whole range, and the part of it that was dragged over.
  let shown = null;
  let part = null;
  const draw = () => {
    if (!shown) return;
    const [from, to] = part ?? shown.whole;
    rtt.set(shown.trips, from, to);
    signals.set(shown.signals, from, to);
  };
  const zoom = (from, to) => {
    part = from === null ? null : [from, to];
    draw();
  };
  const [rtt, signals] = [makeRtt(zoom), makeSignals(zoom)];
  choice.querySelector(`input[value="${range}"]`).checked = true;

  async function load() {
    clearTimeout(timer);
    const mine = ++turn;
    const { seconds, step } = RANGES[range];
    const to = Date.now() / 1000;
    const ask = { by: "client", labels: [id], from: to - seconds, to, step };
    try {
      const [trips, sent] = await Promise.all([readSeries("rtt", ask), readSeries("signals", ask)]);
      if (mine !== turn) return;
      const [trip, signal] = [trips.series[0], sent.series[0]];
      shown = {
        trips: [trips.times, trip.p50, trip.p95],
        signals: [sent.times, perSecond(sent, signal.count, 60), perSecond(sent, signal.errors, 60)],
        whole: [to - seconds, to],
      };
      draw();
    } catch (error) {
      // The head of the page says what is wrong; old lines are better than none.
      if (error.status === undefined) throw error;
    }
    if (mine === turn) timer = setTimeout(load, EVERY_MS);
  }
  choice.addEventListener("change", ({ target }) => {
    range = target.value;
    part = null;
    keepInAddress({ ...asked(), range: range === "1h" ? "" : range });
    load();
  });
  load();
}

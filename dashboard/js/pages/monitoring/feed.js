// Brings the charts what they show: from the live channel, or from what is stored.

import { byId, setText } from "../../lib/dom.js";
import { history } from "../../lib/history.js";
import { t } from "../../lib/i18n.js";
import { connection } from "../../lib/realtime.js";
import { RANGES, readSeries } from "../../lib/series.js";
import { bestRoutes } from "./best.js";
import { isLive, LIVE_S, view, windowOf } from "./view.js";

// What is stored has something new once a minute.
const EVERY_MS = 30_000;
// One route second by second is asked for: the live channel has the sum of all.
const ROUTE_MS = 2000;
const RETRY_MS = 5000;
// Points come once a second; a longer silence is a gap.
const GAP_S = 3;

/** The columns of a chart from points; where some are missing there is a gap. */
function columns(points, read, count) {
  const rows = [];
  const gap = Array.from({ length: count }, () => null);
  points.forEach((point, index) => {
    const before = points[index - 1]?.at;
    if (before !== undefined && point.at - before > GAP_S) rows.push([before + 1, ...gap]);
    rows.push([point.at, ...read(point, index, points)]);
  });
  return Array.from({ length: count + 1 }, (_, column) => rows.map((row) => row[column] ?? null));
}

function fail(error) {
  const place = byId("monitoring-failed");
  place.hidden = error === null;
  if (error) setText(place.querySelector(".alert-text"), t("monitoring.failed", { error: error.text }));
}

/** What every question about a view has in common. */
function ask(state) {
  const [from, to] = windowOf(state);
  // Without a step the server takes the finest that it has.
  return { from, to, step: state.from === null && !isLive(state) ? RANGES[state.range].step : undefined };
}

export function feed({ panels, routes }, table) {
  const best = bestRoutes(routes);
  let timer = null;
  let turn = 0;

  const ofSource = (source) => Object.values(panels).filter((panel) => panel.source === source);
  const fill = (source, answer, from, to) => {
    for (const { graph, stored } of ofSource(source)) graph.set([answer.times, ...stored(answer)], from, to);
  };
  const requestsOf = (state, asked) =>
    readSeries("requests", state.route ? { ...asked, by: "route", labels: [state.route] } : asked);

  async function loadStored(state, current) {
    const asked = ask(state);
    const [from, to] = [asked.from, asked.to];
    const [requests, signals, server, byRoute] = await Promise.all([
      requestsOf(state, asked),
      readSeries("signals", asked),
      readSeries("server", { ...asked, by: "gauge", limit: 32 }),
      best.read(asked),
      table.load(from, to),
    ]);
    if (!current()) return;
    fill("requests", requests, from, to);
    fill("signals", signals, from, to);
    fill("server", server, from, to);
    best.show(byRoute, from, to);
  }

  async function loadLive(state, current) {
    const asked = ask(state);
    const [requests, byRoute] = await Promise.all([
      state.route ? requestsOf(state, asked) : null,
      best.isFresh() ? null : best.read(asked),
    ]);
    if (!current()) return;
    if (requests) fill("requests", requests, asked.from, asked.to);
    if (byRoute) best.show(byRoute, asked.from, asked.to);
  }

  async function load() {
    clearTimeout(timer);
    const mine = ++turn;
    const current = () => mine === turn;
    const state = view.get();
    const live = isLive(state);
    byId("monitoring").setAttribute("aria-busy", String(!live));
    let wait = live ? ROUTE_MS : EVERY_MS;
    try {
      await (live ? loadLive : loadStored)(state, current);
      if (current()) fail(null);
    } catch (error) {
      if (error.status === undefined) throw error;
      wait = RETRY_MS;
      if (current()) fail(error);
    }
    if (!current()) return;
    byId("monitoring").setAttribute("aria-busy", "false");
    // A window that is over stays as it is.
    if (state.from === null || wait === RETRY_MS) timer = setTimeout(load, wait);
  }

  const drawLive = () => {
    const state = view.get();
    const { points, last } = history.get();
    if (!isLive(state) || !last) return;
    for (const { graph, source, live, series } of Object.values(panels)) {
      if (source === "requests" && state.route) continue;
      graph.set(columns(points, live, series.length), last.at - LIVE_S, last.at);
    }
  };
  history.watch(drawLive);
  view.watch(() => {
    best.forget();
    table.follow(isLive(view.get()));
    drawLive();
    load();
  });
  let lost = false;
  connection.watch(({ state }) => {
    if (state === "live" && lost) {
      best.forget();
      load();
    }
    lost = state === "waiting" || state === "offline" || (lost && state !== "live");
  });
}

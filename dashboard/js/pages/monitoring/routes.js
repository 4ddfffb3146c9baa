// The table of routes: live over the last minute, or the sum of the range. A press shows one route in the charts above.

import { byId, el, setText, setTitle } from "../../lib/dom.js";
import { integer, ms, percent, rateText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { readSeries } from "../../lib/series.js";
import { createTable } from "../../lib/table.js";
import { lastRoutes, tellRoutes, watchRoutes } from "./live-routes.js";
import { view } from "./view.js";

// As many as the API tells apart.
const MOST = 50;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** Some twenty steps: whole minutes, whole hours for what is long, and what the server has for the last minutes. */
function stepOf(seconds) {
  if (seconds <= 5 * MINUTE) return undefined;
  const unit = seconds > 4 * DAY ? HOUR : MINUTE;
  return Math.ceil(seconds / 24 / unit) * unit;
}

export const liveRoutes = (load) => {
  if (load.items) tellRoutes(load);
};

const fromLive = ({ method, route, requests_per_second, errors_per_second, p50_ms, p95_ms, p99_ms }) => ({
  id: `${method} ${route}`,
  method,
  route,
  rate: requests_per_second,
  share: requests_per_second > 0 ? (100 * errors_per_second) / requests_per_second : 0,
  errors: null,
  p50: p50_ms,
  p95: p95_ms,
  p99: p99_ms,
});

const fromTotal =
  (seconds) =>
  ({ label, total }) => {
    const [method, ...route] = label.split(" ");
    return {
      id: label,
      method: route.length > 0 ? method : "",
      route: route.length > 0 ? route.join(" ") : t("monitoring.other_routes"),
      rate: total.count / seconds,
      share: total.count > 0 ? (100 * total.errors) / total.count : 0,
      errors: total.errors,
      p50: total.p50,
      p95: total.p95,
      p99: total.p99,
    };
  };

function drawRoute(cell, row) {
  if (!cell.firstChild) {
    const text = el("span", { className: "route-path cut" });
    cell.append(el("div", { className: "route-cell" }, el("span", { className: "route-method" }), text));
  }
  const line = cell.closest("tr");
  const chosen = view.get().route === row.id;
  line.classList.toggle("is-chosen", chosen);
  if (chosen) line.setAttribute("aria-current", "true");
  else line.removeAttribute("aria-current");
  const [method, path] = cell.firstChild.children;
  setText(method, row.method);
  setText(path, row.route);
  setTitle(cell, row.id);
}

function drawShare(cell, { share, errors }) {
  setText(cell, `${percent(share)}\u00a0%`);
  setTitle(cell, errors === null ? "" : t("monitoring.error_count", { count: errors, number: integer(errors) }));
  cell.classList.toggle("is-bad", share > 0);
}

const number = (key, label, text, width) => ({
  key,
  label,
  className: `col-${key}`,
  number: true,
  width,
  downFirst: true,
  sort: (row) => row[key],
  draw: (cell, row) => setText(cell, row[key] === null ? "–" : text(row[key])),
});

const narrow = () => innerWidth < 640;

function columns() {
  const width = narrow() ? 88 : 104;
  const all = [
    {
      key: "route",
      label: t("monitoring.route"),
      className: "col-route",
      sort: ({ route, method }) => `${route} ${method}`,
      draw: drawRoute,
    },
    number("rate", t("traffic.requests"), rateText, width),
    { ...number("share", t("tile.errors"), String, width), draw: drawShare },
    number("p50", "p50", ms, width),
    number("p95", "p95", ms, width),
    number("p99", "p99", ms, width),
  ];
  return narrow() ? all.filter(({ key }) => ["route", "rate", "p95"].includes(key)) : all;
}

export function showRoutes() {
  const none = byId("routes-none");
  let live = false;
  const toggle = (id) => view.set({ route: view.get().route === id || id === "other" ? "" : id });
  const table = createTable({
    head: byId("routes-head"),
    body: byId("routes-rows"),
    scroll: byId("routes-scroll"),
    columns: columns(),
    sortBy: "rate",
    up: false,
    onOpen: toggle,
  });
  const show = (rows, more) => {
    table.set(rows);
    none.hidden = rows.length > 0;
    setText(byId("routes-count"), more);
  };
  const fromChannel = (load) => {
    if (live && load) show(load.items.map(fromLive), t("monitoring.last_minute"));
  };
  watchRoutes(fromChannel);
  byId("routes-rows").addEventListener("click", ({ target }) => {
    const id = target.closest(".table-row")?.dataset.id;
    if (id && getSelection().isCollapsed) toggle(id);
  });
  view.watch(table.redraw);
  let wasNarrow = narrow();
  addEventListener("resize", () => {
    if (narrow() === wasNarrow) return;
    wasNarrow = narrow();
    table.setColumns(columns());
  });
  return {
    follow(on) {
      live = on;
      if (on) fromChannel(lastRoutes());
    },
    /** The sums of a window: few steps, as only their totals are shown. */
    async load(from, to) {
      const answer = await readSeries("requests", { by: "route", limit: MOST, from, to, step: stepOf(to - from) });
      // The first step begins at or before the window: rates are over what was really summed.
      const seconds = (Date.parse(answer.to) - Date.parse(answer.from)) / 1000;
      if (!live) show(answer.series.map(fromTotal(seconds)), t("monitoring.whole_range"));
    },
  };
}

// The columns of the table of clients.

import { byId, el, icon, setText, setTitle } from "../../lib/dom.js";
import { at } from "../../lib/boot.js";
import { appOf, nameOf, systemOf } from "../../lib/connected.js";
import { exactTime, integer, ms, since } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { drawSpark } from "../../lib/spark.js";
import { textCell } from "../../lib/table.js";
import { roundTripsOf, SPAN_S } from "./rtt.js";
import { isThisPage, stateOf, wordsOf } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";

export const pathOfClient = ({ id }) => at(`/clients/${encodeURIComponent(id)}`);
export const callOf = (row) => row.user.username || row.hostname || row.key;

function drawUser(cell, row) {
  if (!cell.firstChild) {
    const link = el("a", { className: "fleet-name cut", tabIndex: -1, href: pathOfClient(row) });
    const badge = el("span", { className: "badge", hidden: true, textContent: t("clients.this_page") });
    const dot = el("span", { className: "state-dot", aria: { hidden: "true" } });
    cell.append(el("div", { className: "client-user" }, dot, link, badge), el("div", { className: "client-more cut" }));
  }
  const state = stateOf(row);
  const [line, more] = cell.children;
  line.children[0].dataset.state = state.connected ? "live" : "silent";
  setText(line.children[1], callOf(row));
  setTitle(line.children[1], nameOf(row));
  line.children[2].hidden = !isThisPage(state);
  setText(more, [appOf(row), systemOf(row)].filter(Boolean).join(" · "));
}

function drawApp(cell, row) {
  if (!cell.firstChild) {
    const behind = el("span", { className: "badge badge-warn", textContent: t("fleet.behind") });
    cell.append(el("div", { className: "fleet-app" }, el("span", { className: "cut" }), behind));
  }
  const [text, behind] = cell.firstChild.children;
  setText(text, appOf(row));
  setTitle(text, appOf(row));
  behind.hidden = !row.behind;
  if (row.behind) setTitle(behind, t("fleet.behind_title", { version: row.latest_version }));
}

function sparkIn(cell) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [
    ["class", "fleet-spark"],
    ["viewBox", "0 0 300 40"],
    ["preserveAspectRatio", "none"],
    ["aria-hidden", "true"],
  ]) {
    svg.setAttribute(name, value);
  }
  for (const name of ["spark-area", "spark-line"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    svg.append(path);
  }
  cell.append(el("div", { className: "fleet-rtt" }, svg, el("span", { className: "number" })));
}

function drawRtt(cell, row) {
  const { rtt } = stateOf(row);
  const values = [...roundTripsOf(row.id), ...(rtt ? [[0, rtt.last]] : [])];
  setTitle(cell, rtt ? t("clients.rtt.detail", { p50: ms(rtt.p50), p95: ms(rtt.p95) }) : t("clients.rtt.none"));
  // Most of a large fleet is silent: no graph is made for nothing.
  if (values.length === 0) return setText(cell, "–");
  if (!cell.firstElementChild) {
    cell.replaceChildren();
    sparkIn(cell);
  }
  const [svg, text] = cell.firstChild.children;
  // Drawn again only when it is another one: rows are looked at many times a second while one scrolls.
  const mark = `${values.length}:${values[0]?.[0]}:${rtt?.last}`;
  if (svg.dataset.mark !== mark) {
    svg.dataset.mark = mark;
    drawSpark(svg, values, SPAN_S, true);
  }
  setText(text, rtt ? ms(rtt.last) : "–");
}

function drawError(cell, { last_error, errors }) {
  if (!cell.firstChild) {
    cell.append(
      el(
        "div",
        { className: "fleet-error" },
        el("span", { className: "fleet-error-time" }),
        el("span", { className: "cut" }),
      ),
    );
  }
  const [time, text] = cell.firstChild.children;
  const date = last_error && new Date(last_error.time);
  setText(time, date ? since(date, Date.now()) : "");
  setText(text, last_error?.message ?? "");
  setTitle(
    cell,
    date ? [exactTime(date), t("fleet.error_count", { count: errors }), last_error.message].join("\n") : "",
  );
}

function drawSeen(cell, row) {
  const state = stateOf(row);
  const [text, title] = wordsOf(state);
  setText(cell, text);
  setTitle(cell, title);
  cell.classList.toggle("is-silent", !state.connected);
}

function drawFirst(cell, { first_seen_at }) {
  const date = new Date(first_seen_at);
  setText(cell, since(date, Date.now()));
  setTitle(cell, exactTime(date));
}

function drawAction(cell, row) {
  if (!cell.firstChild) {
    const props = { className: "button button-icon", type: "button", tabIndex: -1, aria: { haspopup: "menu" } };
    cell.append(el("button", props, icon("more")));
  }
  const label = t("clients.actions", { name: nameOf(row) });
  if (cell.firstChild.ariaLabel !== label) cell.firstChild.ariaLabel = label;
}

const count = (key) => (cell, row) => setText(cell, integer(row[key]));

/** Every column; `sort` is its name in the API. */
export const allColumns = () => [
  { key: "user", label: t("clients.user"), className: "col-user", sort: "user", draw: drawUser, always: true },
  { key: "app", label: t("clients.app"), className: "col-app", width: 176, sort: "app", draw: drawApp },
  { key: "os", label: t("clients.os"), className: "col-os", width: 120, sort: "os", draw: textCell(systemOf) },
  {
    key: "host",
    label: t("clients.host"),
    className: "col-host",
    width: 160,
    sort: "hostname",
    draw: textCell(({ hostname }) => hostname),
  },
  {
    key: "address",
    label: t("clients.address"),
    className: "col-address",
    width: 136,
    plain: true,
    draw: textCell(({ address }) => address),
  },
  {
    key: "rtt",
    label: t("clients.rtt"),
    className: "col-rtt",
    width: 132,
    number: true,
    plain: true,
    title: t("fleet.rtt.title"),
    draw: drawRtt,
  },
  {
    key: "error",
    label: t("fleet.last_error"),
    className: "col-error",
    width: 208,
    sort: "last_error",
    downFirst: true,
    draw: drawError,
  },
  {
    key: "errors",
    label: t("fleet.errors"),
    className: "col-errors",
    width: 88,
    number: true,
    sort: "errors",
    downFirst: true,
    draw: count("errors"),
  },
  {
    key: "signals",
    label: t("fleet.signals"),
    className: "col-signals",
    width: 96,
    number: true,
    sort: "signals",
    downFirst: true,
    draw: count("signals"),
  },
  {
    key: "locale",
    label: t("clients.locale"),
    className: "col-locale",
    width: 88,
    plain: true,
    draw: textCell(({ locale }) => locale),
  },
  {
    key: "first",
    label: t("fleet.first"),
    className: "col-first",
    width: 128,
    sort: "first_seen",
    downFirst: true,
    draw: drawFirst,
  },
  {
    key: "seen",
    label: t("fleet.state"),
    className: "col-seen",
    width: 152,
    sort: "last_seen",
    downFirst: true,
    draw: drawSeen,
  },
  {
    key: "action",
    label: t("clients.actions_head"),
    className: "col-action",
    width: 48,
    draw: drawAction,
    always: true,
  },
];

/** What there is room for, where nobody chose. */
export function usualColumns() {
  if (innerWidth < 640) return ["seen"];
  if (innerWidth < 1100) return ["app", "rtt", "seen"];
  if (innerWidth < 1500) return ["app", "os", "rtt", "error", "seen"];
  return ["app", "os", "host", "address", "rtt", "error", "seen"];
}

// What the column without a width of its own wants, in pixels, on a phone and elsewhere.
const [LEAST_NARROW, LEAST] = [128, 156];

/** Sees that the table scrolls sideways before its columns become too narrow. */
export function widen(columns) {
  const least = innerWidth < 640 ? LEAST_NARROW : LEAST;
  const width = columns.reduce((sum, column) => sum + (column.width ?? least), 0);
  byId("fleet-table").style.minWidth = `${width}px`;
}

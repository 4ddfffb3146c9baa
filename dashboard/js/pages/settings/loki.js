// The way of signals to a Loki: how it is, and how to set one up.

import { api } from "../../lib/api.js";
import { at } from "../../lib/boot.js";
import { byId, el, setText } from "../../lib/dom.js";
import { duration, exactTime, integer, since } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { startSection } from "./parts/section.js";

const EVERY_MS = 5000;
// Lines are gathered for a moment anyway.
const LATE_S = 30;

const fact = (label, ...value) =>
  el("div", { className: "fact" }, el("dt", { textContent: label }), el("dd", {}, ...value));

const moment = (text) => {
  const date = new Date(text);
  return el("time", { dateTime: text, title: exactTime(date), textContent: since(date, Date.now()) });
};

function stateOf({ configured, failing_since, lag_seconds }) {
  if (!configured) return ["badge badge-off", t("settings.loki.off")];
  if (failing_since) return ["badge badge-bad", t("settings.loki.failing")];
  if (lag_seconds >= LATE_S) return ["badge badge-warn", t("settings.loki.behind")];
  return ["badge badge-ok", t("settings.loki.well")];
}

function facts(status) {
  const { configured, address, waiting, lag_seconds, failing_since, last_error, refused } = status;
  const [className, textContent] = stateOf(status);
  const rows = [fact(t("settings.loki.now"), el("span", { className, textContent }))];
  if (!configured) return rows;
  rows.push(
    fact(t("settings.loki.address"), el("span", { className: "mono", textContent: address })),
    fact(t("settings.loki.waiting"), integer(waiting)),
    fact(t("settings.loki.lag"), waiting > 0 ? duration(lag_seconds) : t("settings.loki.no_lag")),
  );
  if (failing_since) rows.push(fact(t("settings.loki.since"), moment(failing_since)));
  if (last_error) {
    rows.push(fact(t("settings.loki.error"), el("span", { className: "mono", textContent: last_error.message })));
    rows.push(fact(t("settings.loki.error_at"), moment(last_error.time)));
  }
  rows.push(fact(t("settings.loki.refused"), integer(refused)));
  return rows;
}

const refusedRow = ({ time, reason }) =>
  el(
    "li",
    { className: "refused" },
    moment(time),
    el("span", { className: "mono refused-reason", textContent: reason }),
    el("a", { href: at(`/logs?${around(time)}`), textContent: t("settings.loki.line") }),
  );

function around(time) {
  const [from, to] = [-1000, 1000].map((by) => new Date(Date.parse(time) + by).toISOString());
  return new URLSearchParams({ from, to });
}

async function load() {
  const status = await api.get("/api/loki");
  byId("loki-facts").replaceChildren(...facts(status));
  byId("loki-facts").removeAttribute("aria-busy");
  byId("loki-setup").hidden = status.configured;
  byId("loki-refused").hidden = status.refused === 0;
  setText(byId("loki-refused-count"), integer(status.refused));
  byId("loki-refused-list").replaceChildren(...status.last_refused.map(refusedRow));
}

const again = startSection(load);
setInterval(() => document.hidden || again(), EVERY_MS);

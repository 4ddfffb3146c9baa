// One error: what is thrown where, how often and since when, in which versions and on whose clients; and what people made
// of it.

import { api } from "../../lib/api.js";
import { barsOf } from "../../lib/bars.js";
import { at } from "../../lib/boot.js";
import { byId, el, setText } from "../../lib/dom.js";
import { dayName, integer, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { openErrors } from "../../lib/open-errors.js";
import { follow } from "../../lib/realtime.js";
import { report } from "../../lib/report.js";
import { stackOf } from "../../lib/stack.js";
import { nameWindow } from "../../lib/unread.js";
import { followStates } from "./told.js";
import { badgeOf, nameOf, timeOf } from "./words.js";

const LOOK_MS = 1000;
const DAY_MS = 86_400_000;
// Around one exception, before and after.
const AROUND_MS = 30_000;
// As much of a message as finds its lines, whatever stands behind it.
const SEARCHED = 80;

let id = "";
let error = null;

const logsAt = (wanted) => at(`/logs?${new URLSearchParams(wanted)}`);

function around(time) {
  const [from, to] = [-AROUND_MS, AROUND_MS].map((by) => new Date(Date.parse(time) + by).toISOString());
  return logsAt({ from, to });
}

const fact = (label, ...value) =>
  el("div", { className: "fact" }, el("dt", { textContent: label }), el("dd", {}, ...value));

function drawHead() {
  const { app, culprit, state, message, type } = error;
  const name = nameOf(error);
  nameWindow(`${name} · ${t("product.name")}`);
  setText(byId("error-name"), name);
  setText(byId("error-message"), type ? message : "");
  setText(byId("error-place"), [app, culprit].filter(Boolean).join(" · "));
  byId("error-badge").replaceChildren(badgeOf(error));
  for (const button of byId("error-actions").querySelectorAll("[data-state]")) {
    button.hidden = button.dataset.state === state;
  }
}

function drawFacts() {
  const { count, clients, first_seen, last_seen, state_at, state, regressed, app, message } = error;
  const words = regressed ? t("errors.regressed") : t(`errors.state.${state}`);
  byId("error-facts").replaceChildren(
    fact(t("errors.fact.state"), words, ...(state_at ? [" · ", timeOf(state_at)] : [])),
    fact(t("errors.fact.count"), integer(count)),
    fact(t("errors.fact.clients"), integer(clients)),
    fact(t("errors.fact.last"), timeOf(last_seen)),
    fact(t("errors.fact.first"), timeOf(first_seen)),
  );
  const search = message.slice(0, SEARCHED);
  byId("error-logs").href = logsAt({ kind: "exception", ...(app && { app }), ...(search && { search }) });
}

function drawTrend() {
  const { days } = error;
  const sum = days.reduce((all, day) => all + day, 0);
  const dayOf = (index) => dayName(new Date(Date.now() - (days.length - 1 - index) * DAY_MS), new Date());
  const titleOf = (index) => t("errors.trend.bar", { day: dayOf(index), number: integer(days[index]) });
  const label = t("errors.trend.month", { count: sum, number: integer(sum) });
  byId("error-trend").replaceChildren(barsOf(days, label, titleOf));
  setText(byId("error-trend-sum"), label);
  setText(byId("error-trend-most"), t("errors.trend.most", { number: integer(Math.max(...days)) }));
}

function drawStack() {
  const place = byId("error-stack");
  const { latest } = error;
  if (!latest) {
    place.replaceChildren(el("p", { className: "muted", textContent: t("errors.stack.gone") }));
    return;
  }
  // A frame that the reader has opened or closed stays so while the same exception is shown.
  if (place.dataset.line === latest.line_id) return;
  place.dataset.line = latest.line_id;
  const head = el("p", { className: "error-latest" }, `${latest.message} · `, timeOf(latest.time));
  const none = el("p", { className: "muted", textContent: t("errors.stack.none") });
  place.replaceChildren(head, latest.stack.length > 0 ? stackOf(latest.stack) : none);
}

function drawVersions() {
  const all = error.versions.reduce((sum, { count }) => sum + count, 0);
  byId("error-versions").replaceChildren(
    ...error.versions.map(({ version, count, last_seen }) => {
      const share = el("span", { className: "error-share" });
      share.style.inlineSize = `${(100 * count) / all}%`;
      const box = { className: "error-share-box", title: `${percent((100 * count) / all)} %`, aria: { hidden: "true" } };
      return el(
        "li",
        { className: "error-version" },
        el("span", { className: "cut", textContent: version || t("errors.version.none") }),
        el("span", box, share),
        el("span", { className: "error-number", textContent: integer(count) }),
        timeOf(last_seen, "error-time"),
      );
    }),
  );
}

function drawClients() {
  const rows = error.affected.map(({ client, user_name, os, app_version, count, last_seen }) => {
    const name = { className: "cut", title: client, textContent: user_name || client.slice(0, 8) };
    return el(
      "li",
      { className: "error-client" },
      el("a", { href: at(`/clients/${client}`), ...name }),
      el("span", { className: "error-number", textContent: integer(count) }),
      el("span", { className: "muted cut", textContent: [os, app_version].filter(Boolean).join(" · ") }),
      timeOf(last_seen, "error-time"),
    );
  });
  const none = el("li", { className: "muted", textContent: t("errors.affected.none") });
  byId("error-clients").replaceChildren(...(rows.length > 0 ? rows : [none]));
}

function drawOccurrences() {
  const rows = error.occurrences.map(({ time, message, app_version, user_name, place, trace_id }) => {
    const links = [el("a", { href: around(time), textContent: t("errors.logs") })];
    if (trace_id) links.push(el("a", { href: logsAt({ trace_id }), textContent: t("errors.trace") }));
    return el(
      "li",
      { className: "error-occurrence" },
      timeOf(time, "error-time"),
      el("span", { className: "cut", title: message, textContent: message }),
      el("span", { className: "muted cut", textContent: [user_name, app_version, place].filter(Boolean).join(" · ") }),
      el("span", { className: "error-links" }, ...links),
    );
  });
  const none = el("li", { className: "muted", textContent: t("errors.stack.gone") });
  byId("error-occurrences").replaceChildren(...(rows.length > 0 ? rows : [none]));
}

function draw() {
  byId("error-body").hidden = false;
  byId("error-loading").hidden = true;
  for (const part of [drawHead, drawFacts, drawTrend, drawStack, drawVersions, drawClients, drawOccurrences]) part();
}

function fail(reason) {
  const place = byId("error-failed");
  place.hidden = reason === null;
  if (reason) setText(place.querySelector(".alert-text"), reason.status === 404 ? t("errors.unknown") : reason.text);
  byId("error-again").hidden = reason?.status === 404;
  if (reason) byId("error-loading").hidden = true;
}

async function load() {
  try {
    error = await api.get(`/api/errors/${encodeURIComponent(id)}`);
    fail(null);
    draw();
  } catch (reason) {
    if (reason.status === undefined) throw reason;
    // What is known stays: only a first look that fails leaves nothing to show.
    if (error === null || reason.status === 404) fail(reason);
  }
}

async function setState(button) {
  const { state } = button.dataset;
  button.disabled = true;
  try {
    const was = error.state;
    const changed = await api.patch(`/api/errors/${encodeURIComponent(id)}`, { state });
    error = { ...error, ...changed };
    const { count } = openErrors.get();
    if (count !== null) openErrors.set({ count: count + (state === "open") - (was === "open") });
    draw();
    report(t(`errors.done.${state}`));
    // The button that was pressed is gone; the next step is beside it.
    byId("error-actions").querySelector("button:not([hidden])")?.focus();
  } catch (reason) {
    if (reason.status === undefined) throw reason;
    report(reason.text, "bad");
  } finally {
    button.disabled = false;
  }
}

export function showError(given) {
  id = given;
  byId("error").hidden = false;
  byId("error-actions").addEventListener("click", ({ target }) => {
    const button = target.closest("[data-state]");
    if (button) setState(button);
  });
  byId("error-again").addEventListener("click", load);
  load();
  let looking = null;
  const soon = () => {
    looking ??= setTimeout(() => {
      looking = null;
      load();
    }, LOOK_MS);
  };
  const settle = (ids, state) => {
    if (!ids.includes(id) || error === null || error.state === state) return 0;
    load();
    return 1;
  };
  followStates(settle, soon);
  follow("monitor:logs?kind=exception", soon, soon);
}

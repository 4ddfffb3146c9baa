// The list of errors. Rows keep their place while their numbers change; what is new waits until it is asked for.

import { asked, keepInAddress } from "../../lib/address.js";
import { api } from "../../lib/api.js";
import { barsOf } from "../../lib/bars.js";
import { at } from "../../lib/boot.js";
import { showChips } from "../../lib/chips.js";
import { byId, el, setText } from "../../lib/dom.js";
import { dayWithSeconds, integer } from "../../lib/format.js";
import { highlighted } from "../../lib/highlight.js";
import { t } from "../../lib/i18n.js";
import { openErrors } from "../../lib/open-errors.js";
import { keepBeside } from "../../lib/place.js";
import { follow } from "../../lib/realtime.js";
import { bindSearchField } from "../../lib/search-field.js";
import { bindBulk, boxOf, keepChosen } from "./bulk.js";
import { followStates } from "./told.js";
import { badgeOf, nameOf, timeOf } from "./words.js";

const KEYS = ["state", "app", "version", "since", "search", "sort"];
// What holds when the address says nothing.
const STANDARD = { state: "open", sort: "last_seen" };
const PAGE = 50;
// Errors come in bursts: one look serves many.
const LOOK_MS = 1000;
const HOUR_MS = 3_600_000;

let values = {};
let items = [];
let next = null;
let fresh = 0;
let turn = 0;

function given(of) {
  const keys = KEYS.filter((key) => of[key] && of[key] !== STANDARD[key]);
  return Object.fromEntries(keys.map((key) => [key, of[key]]));
}

function query(more) {
  const wanted = { ...STANDARD, ...values, limit: PAGE, ...more };
  if (wanted.state === "all") delete wanted.state;
  return `/api/errors?${new URLSearchParams(wanted)}`;
}

function rowOf(error) {
  const { id, app, culprit, message, count, clients, trend, last_seen, first_seen } = error;
  const today = trend.reduce((sum, hour) => sum + hour, 0);
  const number = (key, value) => {
    const title = t(`errors.${key}`, { count: value, number: integer(value) });
    return el("span", { className: "error-number", title, textContent: integer(value) });
  };
  const bars = barsOf(trend, t("errors.trend.day", { count: today, number: integer(today) }));
  const name = el("span", { className: "error-name cut" }, ...highlighted(nameOf(error), values.search));
  const said = highlighted(error.type ? message : "", values.search);
  const link = el(
    "a",
    { className: "error-row", href: at(`/errors/${id}`) },
    el(
      "span",
      { className: "error-main" },
      el("span", { className: "error-head" }, name, badgeOf(error)),
      el("span", { className: "error-message cut", title: message }, ...said),
      el("span", { className: "error-place cut" }, [app, culprit].filter(Boolean).join(" · ")),
    ),
    el("span", { className: "error-trend" }, bars),
    number("count", count),
    number("clients", clients),
    el("span", { className: "error-time" }, timeOf(last_seen)),
    el("span", { className: "error-time error-first" }, timeOf(first_seen)),
  );
  // What somebody else has just settled stays in its place until one asks for the list again.
  const settled = values.state !== "all" && error.state !== (values.state ?? STANDARD.state);
  return el("li", { className: `error-item${settled ? " is-settled" : ""}`, data: { id } }, boxOf(error), link);
}

function emptyText() {
  const narrowed = Object.keys(given(values)).some((key) => key !== "sort");
  const key = narrowed ? "errors.none.filtered" : "errors.none.open";
  return [t(key), t(`${key}.text`)];
}

function draw() {
  const list = byId("errors-list");
  const focus = list.contains(document.activeElement) ? document.activeElement : null;
  const [focused, part] = [focus?.closest("li").dataset.id, focus?.matches("a") ? "a" : "input"];
  list.replaceChildren(...items.map(rowOf));
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"] ${part}`)?.focus({ preventScroll: true });
  keepChosen(items.map(({ id }) => id));
  byId("errors-more").hidden = next === null;
  const [title, text] = emptyText();
  byId("errors-none").hidden = items.length > 0;
  setText(byId("errors-none-title"), title);
  setText(byId("errors-none-text"), text);
  byId("errors-clear").hidden = Object.keys(given(values)).length === 0;
  byId("errors-how").hidden = Object.keys(given(values)).length > 0;
  byId("errors-fresh").hidden = fresh === 0;
  setText(byId("errors-fresh").querySelector("span"), t("errors.fresh", { count: fresh, number: integer(fresh) }));
  const apps = [...new Set(items.map(({ app }) => app))].filter(Boolean).sort();
  byId("errors-apps").replaceChildren(...apps.map((app) => el("option", { value: app })));
}

function fail(error) {
  const place = byId("errors-failed");
  place.hidden = error === null;
  if (error) setText(place.querySelector(".alert-text"), error.text);
}

/** Reads the list from its start, or what follows what is there. */
async function load(cursor = null) {
  turn += 1;
  const mine = turn;
  try {
    const page = await api.get(query(cursor ? { cursor } : {}));
    if (mine !== turn) return;
    const known = new Set(items.map(({ id }) => id));
    items = cursor ? items.concat(page.items.filter(({ id }) => !known.has(id))) : page.items;
    [next, fresh] = [page.next, 0];
    openErrors.set({ count: page.open });
    fail(null);
    draw();
  } catch (error) {
    if (error.status === undefined) throw error;
    if (mine === turn) fail(error);
  }
}

/** Looks at what has changed: numbers at once, the order only when somebody asks for it. */
async function look() {
  const mine = turn;
  try {
    const page = await api.get(query({}));
    if (mine !== turn) return;
    const now = new Map(page.items.map((error) => [error.id, error]));
    items = items.map((error) => now.get(error.id) ?? error);
    const known = new Set(items.map(({ id }) => id));
    fresh = page.items.filter(({ id }) => !known.has(id)).length;
    openErrors.set({ count: page.open });
    // An empty list has no order to keep.
    if (items.length === 0 && fresh > 0) return load();
    draw();
  } catch (error) {
    if (error.status === undefined) throw error;
  }
}

const chipValue = (key, value) => {
  if (key === "state") return t(`errors.states.${value}`);
  if (key !== "since") return value;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? value : dayWithSeconds(date);
};

function narrow(patch) {
  values = given({ ...STANDARD, ...values, ...patch });
  keepInAddress(values);
  show();
  load();
}

/** Shows the conditions that hold. */
function show() {
  const { state, sort, ...rest } = given(values);
  const shown = state ? { state, ...rest } : rest;
  const chips = Object.entries(shown).map(([key, value]) => {
    return { key, label: t(`errors.filter.${key}`), value: chipValue(key, value) };
  });
  showChips(byId("errors-chips"), chips, (key) => narrow({ [key]: STANDARD[key] ?? "" }));
  for (const input of byId("errors-states").querySelectorAll("input"))
    input.checked = input.value === (state ?? STANDARD.state);
  byId("errors-sort").value = sort ?? STANDARD.sort;
  const search = byId("errors-search");
  if (document.activeElement !== search) search.value = values.search ?? "";
}

function bindFilter(menu, form, button) {
  keepBeside(menu, button);
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState !== "open") return;
    for (const name of ["app", "version"]) form.elements[name].value = values[name] ?? "";
    form.elements.app.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    menu.hidePopover();
    narrow({ app: form.elements.app.value.trim(), version: form.elements.version.value.trim() });
  });
  for (const range of menu.querySelectorAll("[data-hours]")) {
    range.addEventListener("click", () => {
      menu.hidePopover();
      narrow({ since: new Date(Date.now() - Number(range.dataset.hours) * HOUR_MS).toISOString() });
    });
  }
}

function bindArrows(list) {
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest(".error-item");
    const other = { ArrowDown: row?.nextSibling, ArrowUp: row?.previousSibling }[event.key];
    if (!other) return;
    event.preventDefault();
    other.querySelector(event.target.matches("a") ? "a" : "input").focus();
  });
}

export function showErrors() {
  byId("errors").hidden = false;
  values = given(asked());
  const skeleton = () => el("li", { className: "error-item error-skeleton", aria: { hidden: "true" } });
  byId("errors-list").replaceChildren(...Array.from({ length: 8 }, skeleton));
  bindSearchField(byId("errors-search"), (search) => narrow({ search }));
  bindFilter(byId("errors-filter"), byId("errors-filter-form"), byId("errors-filter-button"));
  bindArrows(byId("errors-list"));
  byId("errors-states").addEventListener("change", ({ target }) => narrow({ state: target.value }));
  byId("errors-sort").addEventListener("change", ({ target }) => narrow({ sort: target.value }));
  byId("errors-more").addEventListener("click", () => load(next));
  byId("errors-fresh").addEventListener("click", () => load());
  byId("errors-again").addEventListener("click", () => load());
  const standard = Object.fromEntries(KEYS.map((key) => [key, STANDARD[key] ?? ""]));
  byId("errors-clear").addEventListener("click", () => narrow(standard));
  show();
  load();
  let looking = null;
  const soon = () => {
    looking ??= setTimeout(() => {
      looking = null;
      look();
    }, LOOK_MS);
  };
  bindBulk(byId("errors-list"), load);
  const settle = (ids, state) => {
    const before = items;
    items = items.map((error) => (ids.includes(error.id) ? { ...error, state, regressed: false } : error));
    soon();
    draw();
    return before.filter((error) => ids.includes(error.id) && error.state !== state).length;
  };
  followStates(settle, soon);
  // Also after a lost connection: what came meanwhile is in the answer.
  follow("monitor:logs?kind=exception", soon, soon);
}

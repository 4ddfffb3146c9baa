// The audit log: who did what, when, and how it ended. The address says which of it.

import { asked, keepInAddress } from "../../lib/address.js";
import { api } from "../../lib/api.js";
import { showChips } from "../../lib/chips.js";
import { save, toCsv } from "../../lib/csv.js";
import { createDialog } from "../../lib/dialog.js";
import { byId, el, setText, setTitle } from "../../lib/dom.js";
import { dayWithSeconds, exactTime, integer, since } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { bindSearchField } from "../../lib/search-field.js";
import { textCell } from "../../lib/table.js";
import { actionColumn, createList } from "./parts/list.js";
import { startSection } from "./parts/section.js";

const PAGE = 100;
const MOST = 200;
const DAY_MS = 86_400_000;
const KEYS = ["user", "action", "outcome", "range"];
const BADGES = { ok: "", refused: "badge badge-warn", failed: "badge badge-bad" };
const COLUMNS = [
  ["time", ({ time }) => time],
  ["username", ({ username }) => username],
  ["action", ({ action }) => action],
  ["outcome", ({ outcome }) => outcome],
  ["status", ({ status }) => status ?? ""],
  ["target", ({ target }) => JSON.stringify(target)],
  ["address", ({ address }) => address],
  ["request_id", ({ request_id }) => request_id],
];

let values = {};
let items = [];
let next = null;
let turn = 0;

const given = (of) => Object.fromEntries(KEYS.filter((key) => of[key]).map((key) => [key, of[key]]));

function query(more) {
  const { range, ...wanted } = values;
  const from = Number(range) > 0 ? { from: new Date(Date.now() - Number(range) * DAY_MS).toISOString() } : {};
  return `/api/audit?${new URLSearchParams({ ...wanted, ...from, ...more })}`;
}

const targetOf = ({ target }) =>
  Object.entries(target)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");

function drawTime(cell, { time }) {
  const date = new Date(time);
  if (!cell.firstChild) cell.append(el("span", { className: "when-long" }), el("span", { className: "when-short" }));
  setText(cell.firstChild, dayWithSeconds(date));
  setText(cell.lastChild, since(date, Date.now()));
  setTitle(cell, exactTime(date));
}

function drawOutcome(cell, { outcome, status }) {
  if (!cell.firstChild) cell.append(el("span"));
  cell.firstChild.className = BADGES[outcome];
  setText(cell.firstChild, t(`settings.audit.outcome.${outcome}`));
  setTitle(cell, status === null ? "" : `HTTP ${status}`);
}

const columns = () => [
  {
    key: "time",
    label: t("settings.audit.when"),
    className: "col-when",
    sort: ({ time }) => Date.parse(time),
    downFirst: true,
    draw: drawTime,
  },
  {
    key: "who",
    label: t("settings.audit.who"),
    className: "col-who",
    plain: true,
    draw: textCell(({ username }) => username),
  },
  {
    key: "what",
    label: t("settings.audit.what"),
    className: "col-main",
    plain: true,
    draw: textCell(({ action }) => action),
  },
  {
    key: "target",
    label: t("settings.audit.target"),
    className: "col-wide col-far",
    plain: true,
    draw: textCell(targetOf),
  },
  { key: "outcome", label: t("settings.audit.outcome"), className: "col-outcome", plain: true, draw: drawOutcome },
  actionColumn({ name: "details", label: ({ action }) => t("settings.audit.details", { action }) }),
];

const fact = (label, value) =>
  el("div", { className: "fact" }, el("dt", { textContent: label }), el("dd", { textContent: value }));

const details = createDialog(byId("entry-dialog"), {
  fill(entry) {
    setText(byId("entry-title"), entry.action);
    const outcome = t(`settings.audit.outcome.${entry.outcome}`);
    byId("entry-facts").replaceChildren(
      fact(t("settings.audit.when"), exactTime(new Date(entry.time))),
      fact(t("settings.audit.who"), entry.username),
      fact(t("settings.audit.outcome"), entry.status === null ? outcome : `${outcome} (${entry.status})`),
      ...Object.entries(entry.target).map(([name, value]) =>
        fact(name, typeof value === "string" ? value : JSON.stringify(value)),
      ),
      fact(t("settings.sessions.address"), entry.address),
      fact(t("error.request"), entry.request_id),
    );
  },
});

const list = createList("audit", {
  columns: columns(),
  sortBy: "time",
  up: false,
  none: () => t(Object.keys(values).length > 0 ? "settings.audit.none_filtered" : "settings.audit.none"),
  open: (entry) => details.open(entry),
});

function draw() {
  list.set(items);
  byId("audit-more").hidden = next === null;
  const suggest = (id, read) =>
    byId(id).replaceChildren(...[...new Set(items.map(read))].sort().map((value) => el("option", { value })));
  suggest("audit-users", ({ username }) => username);
  suggest("audit-actions", ({ action }) => action);
}

/** The newest rows, or those after `cursor`. */
async function load(cursor = null) {
  turn += 1;
  const mine = turn;
  const page = await api.get(query({ limit: PAGE, ...(cursor && { cursor }) }));
  if (mine !== turn) return;
  const known = new Set(items.map(({ id }) => id));
  items = cursor ? items.concat(page.items.filter(({ id }) => !known.has(id))) : page.items;
  next = page.next;
  draw();
}

const form = byId("audit-filter");
const chipValue = (key, value) =>
  key === "outcome" || key === "range" ? t(`settings.audit.${key}.${value}`) : value;
const NAMES = { user: "who", action: "what", outcome: "outcome", range: "when" };

function show() {
  for (const key of KEYS) form.elements[key].value = values[key] ?? "";
  const chips = Object.entries(values).map(([key, value]) => ({
    key,
    label: t(`settings.audit.${NAMES[key]}`),
    value: chipValue(key, value),
  }));
  showChips(byId("audit-chips"), chips, (key) => narrow({ [key]: "" }));
}

function narrow(patch) {
  values = given({ ...values, ...patch });
  keepInAddress(values);
  show();
  again();
}

const wanted = asked();
// A word of the address that no choice has would show nothing, and say nothing of it.
for (const key of ["outcome", "range"]) {
  const known = [...form.elements[key].options].some(({ value }) => value === wanted[key]);
  if (!known) delete wanted[key];
}
values = given(wanted);
show();
const again = startSection(() => load());
for (const key of ["user", "action"]) bindSearchField(form.elements[key], (text) => narrow({ [key]: text }));
for (const key of ["outcome", "range"]) {
  form.elements[key].addEventListener("change", ({ target }) => narrow({ [key]: target.value }));
}

/** Does `work` with the button locked; a refusal is told. */
async function locked(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    if (error.status === undefined) throw error;
    report(error.text, "bad");
  } finally {
    button.disabled = false;
  }
}

byId("audit-more").addEventListener("click", ({ currentTarget }) => locked(currentTarget, () => load(next)));

const csv = byId("audit-csv");
csv.addEventListener("click", () =>
  locked(csv, async () => {
    const label = csv.querySelector("span");
    const all = [];
    let cursor = "";
    do {
      const page = await api.get(query({ limit: MOST, ...(cursor && { cursor }) }));
      all.push(...page.items);
      cursor = page.next;
      setText(label, integer(all.length));
    } while (cursor);
    setText(label, t("fleet.csv"));
    save(`audit-${new Date().toISOString().slice(0, 10)}.csv`, "text/csv;charset=utf-8", toCsv(COLUMNS, all));
  }),
);

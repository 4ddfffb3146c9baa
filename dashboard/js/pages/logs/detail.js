// What stands below a line that is open: its whole message, stack and fields, and the ways on from it.

import { api } from "../../lib/api.js";
import { at } from "../../lib/boot.js";
import { copy } from "../../lib/copy.js";
import { el, icon } from "../../lib/dom.js";
import { exactTime, ms, timeWithMs } from "../../lib/format.js";
import { highlighted } from "../../lib/highlight.js";
import { t } from "../../lib/i18n.js";
import { stackOf } from "../../lib/stack.js";
import { narrow, placeOf } from "./filter.js";
import { fieldsOf, valueText } from "./line.js";

// What is shown around a moment, before and after.
const AROUND_MS = 30_000;
// Lines as they came in full, so that one opened again does not wait.
const whole = new Map();
const MOST_WHOLE = 200;

async function read(id) {
  const line = await api.get(`/api/logs/${id}`);
  if (whole.size >= MOST_WHOLE) whole.delete(whole.keys().next().value);
  whole.set(id, line);
  return line;
}

const link = (href, name, text) => el("a", { className: "button button-small", href: at(href) }, icon(name), text);

function action(name, text, run) {
  const button = el("button", { className: "button button-small", type: "button" }, icon(name), text);
  button.addEventListener("click", run);
  return button;
}

/** The time by the client's own clock, where that tells more. */
function clientTime({ time, client_time }) {
  if (!client_time) return null;
  const [date, behind] = [new Date(client_time), Date.parse(time) - Date.parse(client_time)];
  return `${timeWithMs(date)} · ${t(behind < 0 ? "logs.ahead" : "logs.behind", { time: ms(Math.abs(behind)) })}`;
}

function facts(line) {
  const rows = [
    ["logs.time", `${exactTime(new Date(line.time))} · ${timeWithMs(new Date(line.time))}`],
    ["logs.client_time", clientTime(line)],
    ["logs.level", t(`logs.level.${line.level}`)],
    ["logs.kind", t(`logs.kind.${line.kind}`)],
    ["logs.app", [line.app, line.app_version].filter(Boolean).join(" ")],
    ["logs.user", line.user_name || line.user_id],
    ["logs.client", line.client],
    ["logs.session", line.session],
    ["logs.place", line.place],
    ["logs.trace_id", line.trace_id],
    ["logs.span", line.span_id],
  ];
  const known = rows.filter(([, value]) => value);
  return known.map(([key, value]) => [t(key), value]);
}

const listOf = (className, rows, search) =>
  el(
    "dl",
    { className },
    ...rows.map(([name, value]) =>
      el("div", { className: "log-fact" }, el("dt", {}, name), el("dd", {}, ...highlighted(valueText(value), search))),
    ),
  );

function ways(line, raw) {
  const time = Date.parse(line.time);
  const [from, to] = [time - AROUND_MS, time + AROUND_MS].map((edge) => new Date(edge).toISOString());
  const user = line.user_name || line.user_id;
  const type = line.kind === "exception" && line.fields?.type;
  const kin = type && `/errors?${new URLSearchParams({ state: "all", ...(line.app && { app: line.app }), search: type })}`;
  const copied = action("copy", t("logs.copy"), async () => {
    await copy(raw);
    copied.firstChild.replaceWith(icon("done"));
  });
  return el(
    "div",
    { className: "action-block log-ways" },
    ...(line.client ? [link(`/clients/${line.client}`, "fleet", t("logs.open_client"))] : []),
    ...(line.trace_id ? [link(placeOf({ trace_id: line.trace_id }), "monitoring", t("logs.open_trace"))] : []),
    ...(kin ? [link(kin, "errors", t("logs.errors"))] : []),
    link(placeOf({ from, to }), "logs", t("logs.around")),
    ...(user ? [action("people", t("logs.only", { name: user }), () => narrow({ user }))] : []),
    ...(line.app ? [action("details", t("logs.only", { name: line.app }), () => narrow({ app: line.app }))] : []),
    copied,
  );
}

function fill(box, line, search) {
  const raw = el("pre", { className: "log-raw", tabIndex: 0, textContent: JSON.stringify(line, null, 2) });
  raw.setAttribute("aria-label", t("logs.raw"));
  const frames = line.fields?.frames ?? [];
  const fields = fieldsOf(line);
  box.replaceChildren(
    el("p", { className: "log-text" }, ...highlighted(line.message, search)),
    ...(frames.length > 0 ? [stackOf(frames)] : []),
    ...(fields.length > 0 ? [listOf("log-facts log-fields", fields, search)] : []),
    listOf("log-facts", facts(line)),
    ways(line, raw),
    el("details", { className: "log-raw-block" }, el("summary", { textContent: t("logs.raw") }), raw),
  );
}

/** Shows below `node` what `entry` has; `search` is marked in it. */
export async function openItem(node, { line }, search) {
  const box = el("div", { className: "log-detail" });
  node.append(box);
  const known = whole.get(line.id);
  fill(box, known ?? line, search);
  // The list leaves long fields out, and only the line alone has the places in the source code.
  if (known || !(line.truncated || line.kind === "exception")) return;
  box.setAttribute("aria-busy", "true");
  try {
    fill(box, await read(line.id), search);
  } catch (error) {
    if (error.status === undefined) throw error;
    const text = error.status === 404 ? t("logs.gone") : error.text;
    box.prepend(el("p", { className: "alert", role: "alert" }, icon("alert"), text));
  } finally {
    box.removeAttribute("aria-busy");
  }
}

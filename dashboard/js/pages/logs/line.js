// One line of the log as an element, with what was searched for marked in it.

import { el } from "../../lib/dom.js";
import { exactTime, integer, timeWithMs } from "../../lib/format.js";
import { highlighted } from "../../lib/highlight.js";
import { t } from "../../lib/i18n.js";

const LETTERS = { trace: "T", debug: "D", info: "I", warning: "W", error: "E" };
// Beyond these a line of the widest screen is full.
const SUMMARY = 300;
const MESSAGE = 600;

/** Who wrote a line, short. */
export function sourceOf({ source, app, user_name, place }) {
  if (source === "server") return place.split("::").at(-1) || t("logs.source.server");
  return [app, user_name].filter(Boolean).join(" · ") || t("logs.source.client");
}

/** The fields of a line as `[name, value]`, without what has a place of its own. */
export function fieldsOf({ source, fields, message }) {
  if (!fields) return [];
  if (source === "server") return Object.entries(fields);
  const { attributes = {}, values = {}, type, duration_ms, action, fatal } = fields;
  // What the message says already is not said again.
  const more = { type: message.startsWith(type) ? "" : type, duration_ms, action: action?.name, fatal };
  const known = Object.entries(more).filter(([, value]) => value !== undefined && value !== "");
  return [...Object.entries(values), ...known, ...Object.entries(attributes)];
}

export const valueText = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));

function summaryOf(line) {
  let text = "";
  for (const [name, value] of fieldsOf(line)) {
    text += ` ${name}=${valueText(value)}`;
    if (text.length > SUMMARY) break;
  }
  return text.slice(0, SUMMARY);
}

function gapOf({ gap, cursor }) {
  const text = el("span", { className: "log-gap-text", textContent: t("logs.gap", { count: gap, number: integer(gap) }) });
  const item = el("li", { className: "log-item log-gap" }, text);
  if (cursor) {
    const label = t("logs.gap.fill");
    item.append(el("button", { className: "button button-text log-gap-fill", type: "button", textContent: label }));
  }
  return item;
}

/** The item of an entry; `search` is marked in it. */
export function makeItem(entry, search) {
  if (entry.gap) return gapOf(entry);
  const { line } = entry;
  const date = new Date(line.time);
  const message = el("span", { className: "log-message" });
  if (!["log", "server", "exception"].includes(line.kind)) {
    message.append(el("span", { className: "log-kind", textContent: t(`logs.kind.${line.kind}`) }), " ");
  }
  message.append(...highlighted(line.message.slice(0, MESSAGE), search));
  const summary = summaryOf(line);
  if (summary) message.append(el("span", { className: "log-summary" }, ...highlighted(summary, search)));
  const source = sourceOf(line);
  const button = el(
    "button",
    { className: "log-line", type: "button", tabIndex: -1, aria: { expanded: "false" } },
    el("time", { className: "log-time", dateTime: line.time, title: exactTime(date), textContent: timeWithMs(date) }),
    el("abbr", { className: "log-level", title: t(`logs.level.${line.level}`), textContent: LETTERS[line.level] }),
    el("span", { className: "log-source cut", title: source, textContent: source }),
    message,
  );
  return el("li", { className: "log-item", data: { level: line.level } }, button);
}

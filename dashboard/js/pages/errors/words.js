// How errors are said: their name, state and times.

import { el, setText } from "../../lib/dom.js";
import { exactTime, since } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";

/** What an error is called: its type, or else its message. */
export const nameOf = ({ type, message }) => type || message || t("errors.nameless");

// "12 s ago" must not be read for long.
const TICK_MS = 10_000;

setInterval(() => {
  for (const node of document.querySelectorAll("#page time")) setText(node, since(new Date(node.dateTime), Date.now()));
}, TICK_MS);

/** A moment, short, with the exact time for who wants it. */
export function timeOf(text, className = "") {
  const date = new Date(text);
  return el("time", { className, dateTime: text, title: exactTime(date), textContent: since(date, Date.now()) });
}

/** What people made of an error, and whether it came back; nothing for one that is simply open. */
export function badgeOf({ state, regressed }) {
  if (regressed) return el("span", { className: "badge badge-bad", textContent: t("errors.regressed") });
  if (state === "open") return "";
  return el("span", { className: "badge badge-off", textContent: t(`errors.state.${state}`) });
}

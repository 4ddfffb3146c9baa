// One occurrence on the page: a button that says in full what it is, and that can be dragged where it may be changed.

import { el, icon } from "../../lib/dom.js";
import { timeOfDay } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { ownTime, times, when } from "./say.js";

/** What a screen reader says. */
function fullName(item) {
  const parts = [item.title, when(item), ownTime(item), item.place, item.recurring ? t("agenda.repeats") : ""];
  return parts.filter(Boolean).join(", ");
}

function node(item, kind, ...children) {
  const button = el(
    "button",
    {
      className: `agenda-event agenda-event-${kind}`,
      type: "button",
      data: { key: item.key },
    },
    el("span", { className: "spoken", textContent: fullName(item) }),
    ...children,
  );
  if (item.color) button.style.setProperty("--tone", item.color);
  button.classList.toggle("is-editable", item.editable);
  button.classList.toggle("is-past", item.ends < Date.now());
  return button;
}

// Seen, not said: the full name says it better.
const text = (name, textContent) =>
  el("span", { className: `agenda-event-${name}`, textContent, aria: { hidden: "true" } });
const handle = () => el("span", { className: "agenda-event-handle", aria: { hidden: "true" } });
const repeats = (item) => (item.recurring ? [icon("repeat")] : []);

/** A block of the day's grid. */
export function timedEvent(part) {
  const { item, from, low, begins, ends } = part;
  const minutes = low - from;
  // Under three quarters of an hour there is one line.
  const short = minutes < 45;
  const own = ownTime(item);
  const lines = [text("title", item.title), text("time", short ? timeOfDay(item.starts) : times(item))];
  if (own && minutes >= 60) lines.push(text("own", own));
  if (item.place && minutes >= 75) lines.push(text("place", item.place));
  const button = node(item, "timed", ...lines);
  button.classList.toggle("is-short", short);
  button.classList.toggle("goes-before", !begins);
  button.classList.toggle("goes-on", !ends);
  if (item.editable && ends) button.append(handle());
  return button;
}

/** A bar over days, or a line of a month's day. `sizable`: its end can be dragged. */
export function barEvent({ item, begins, ends }, sizable) {
  const button = item.bar
    ? node(item, "bar", text("title", item.title), ...repeats(item))
    : node(item, "line", text("time", timeOfDay(item.starts)), text("title", item.title));
  button.classList.toggle("goes-before", !begins);
  button.classList.toggle("goes-on", !ends);
  if (sizable && item.editable && item.allDay && ends) button.append(handle());
  return button;
}

/** A row of the list. */
export function rowEvent(item, day) {
  let time = times(item);
  if (item.allDay) time = t("agenda.all_day");
  else if (item.first !== item.last) {
    if (item.first === day) time = t("agenda.from", { time: timeOfDay(item.starts) });
    else if (item.last === day) time = t("agenda.until", { time: timeOfDay(item.ends) });
    else time = t("agenda.all_day");
  }
  const about = [ownTime(item), item.place].filter(Boolean).join(" · ");
  return node(
    item,
    "row",
    text("time", time),
    el(
      "span",
      { className: "agenda-event-what" },
      el("span", { className: "agenda-event-head" }, text("title", item.title), ...repeats(item)),
      ...(about ? [text("place", about)] : []),
    ),
  );
}

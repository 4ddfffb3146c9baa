// What happened to one installation, the newest first: connections, requests, what it reported, what admins did.

import { api } from "../../lib/api.js";
import { byId, el } from "../../lib/dom.js";
import { dayName, exactTime, timeWithSeconds } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";

const PAGE = 50;
const EVERY_MS = 5000;
const KINDS = [
  "connected",
  "disconnected",
  "request",
  "chat",
  "agenda",
  "admin",
  "log",
  "exception",
  "measurement",
  "event",
  "span",
];

function lineOf(entry) {
  const date = new Date(entry.time);
  const detail = JSON.stringify(entry.detail, null, 2);
  const button = el(
    "button",
    { className: "timeline-line", type: "button", aria: { expanded: "false" } },
    el("time", {
      className: "timeline-time",
      textContent: timeWithSeconds(date),
      title: exactTime(date),
      dateTime: entry.time,
    }),
    el("span", { className: "timeline-tag", textContent: t(`timeline.${entry.kind}`) }),
    el("span", { className: "timeline-summary cut", textContent: entry.summary, title: entry.summary }),
  );
  const line = el("li", { className: "timeline-entry", data: { kind: entry.kind, position: entry.position } }, button);
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!shown));
    if (shown) return line.lastChild.remove();
    const props = { className: "code-text", textContent: detail, tabIndex: 0, aria: { label: t("timeline.detail") } };
    const text = el("pre", props);
    text.setAttribute("role", "region");
    line.append(el("div", { className: "code-block timeline-detail" }, text));
  });
  return line;
}

/** The entries with a heading wherever another day begins. */
function withDays(entries) {
  let day = null;
  return entries.flatMap(({ entry, line }) => {
    const name = dayName(new Date(entry.time), new Date());
    if (name === day) return [line];
    day = name;
    return [el("li", { className: "timeline-day", textContent: name }), line];
  });
}

export function showTimeline(path) {
  const [list, none, more, kind] = ["timeline", "timeline-none", "timeline-more", "timeline-kind"].map(byId);
  kind.append(...KINDS.map((value) => el("option", { value, textContent: t(`timeline.${value}`) })));
  let entries = [];
  let next = null;
  let previous = null;
  let turn = 0;
  let timer = null;

  const read = (position) => {
    const parameters = new URLSearchParams({ limit: String(PAGE), ...position });
    if (kind.value) parameters.set("kind", kind.value);
    return api.get(`${path}/timeline?${parameters}`);
  };
  const made = (items) => items.map((entry) => ({ entry, line: lineOf(entry) }));
  const draw = () => {
    // What is older stays where it is while one reads it.
    const away = list.scrollHeight - list.scrollTop;
    const reading = list.scrollTop > 0;
    const focused = document.activeElement;
    list.replaceChildren(...withDays(entries));
    if (reading) list.scrollTop = list.scrollHeight - away;
    if (list.contains(focused)) focused.focus({ preventScroll: true });
    none.hidden = entries.length > 0;
    more.hidden = next === null;
  };

  /** Runs `job(isCurrent)`; what fails is tried again in the next round, and the head of the page says why. */
  async function guarded(job) {
    const mine = turn;
    try {
      await job(() => mine === turn);
    } catch (error) {
      if (error.status === undefined) throw error;
    }
  }
  async function load(current) {
    const page = await read(previous === null ? {} : { after: previous });
    if (!current()) return;
    if (previous === null) next = page.next;
    previous = page.previous ?? previous;
    if (page.items.length === 0 && entries.length > 0) return;
    entries = [...made(page.items), ...entries];
    draw();
    if (page.items.length === PAGE && entries.length > PAGE) await load(current);
  }
  async function newer() {
    clearTimeout(timer);
    // Nobody looks: each question would be one more line of this client's own, if it is this one.
    if (!document.hidden) await guarded(load);
    clearTimeout(timer);
    timer = setTimeout(newer, EVERY_MS);
  }
  more.addEventListener("click", () =>
    guarded(async (current) => {
      const page = await read({ before: next });
      if (!current()) return;
      next = page.next;
      const first = made(page.items);
      entries = [...entries, ...first];
      const { scrollTop } = list;
      list.replaceChildren(...withDays(entries));
      list.scrollTop = scrollTop;
      more.hidden = next === null;
      first[0]?.line.firstChild.focus({ preventScroll: true });
    }),
  );
  kind.addEventListener("change", () => {
    turn += 1;
    [entries, next, previous] = [[], null, null];
    draw();
    none.hidden = true;
    newer();
  });
  newer();
  return { newer };
}

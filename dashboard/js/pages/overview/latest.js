// The errors that clients reported last, asked for again when another one comes.

import { api } from "../../lib/api.js";
import { at } from "../../lib/boot.js";
import { byId, el } from "../../lib/dom.js";
import { exactTime, integer, since } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { connection, follow } from "../../lib/realtime.js";
import { createStore } from "../../lib/store.js";

const SHOWN = 5;
// Enough to count what is new of an hour; beyond, "many" is all that matters.
const ASKED = 100;
// However many errors come, the list is asked for once in this time.
const PAUSE_MS = 3000;
// For the words that say how long ago, and for what no channel tells.
const AGAIN_MS = 30_000;

/** `{items, failed}`: the latest groups of errors, null as long as none were asked for. */
export const latest = createStore({ items: null, failed: false });

async function load() {
  try {
    const { items } = await api.get(`/api/errors?limit=${ASKED}`);
    latest.set({ items, failed: false });
  } catch {
    latest.set({ failed: true });
  }
}

function line({ id, type, message, culprit, app, count, last_seen: lastSeen }, now) {
  const when = new Date(lastSeen);
  const name = [type, message].filter(Boolean).join(": ");
  const link = el(
    "a",
    { className: "recent", href: at(`/errors/${encodeURIComponent(id)}`) },
    el("span", { className: "recent-name cut", textContent: name, title: name }),
    el("span", { className: "recent-count", textContent: t("latest.count", { count: integer(count) }) }),
    el("span", { className: "recent-more cut", textContent: [app, culprit].filter(Boolean).join(" · ") }),
    el("span", { className: "recent-when", textContent: since(when, now), title: exactTime(when) }),
  );
  return el("li", {}, link);
}

function draw({ items, failed }) {
  const list = byId("latest-list");
  const none = byId("latest-none");
  if (!items && !failed) return;
  list.setAttribute("aria-busy", "false");
  none.hidden = !(failed && !items) && items?.length !== 0;
  none.textContent = failed && !items ? t("latest.failed") : t("latest.none");
  if (!items) return;
  const focused = list.contains(document.activeElement) ? document.activeElement.href : null;
  list.replaceChildren(...items.slice(0, SHOWN).map((item) => line(item, new Date())));
  if (focused) [...list.querySelectorAll("a")].find(({ href }) => href === focused)?.focus();
}

export function showLatest() {
  let asked = 0;
  let due = null;
  const soon = () => {
    if (due) return;
    due = setTimeout(
      () => {
        due = null;
        asked = Date.now();
        load();
      },
      Math.max(0, asked + PAUSE_MS - Date.now()),
    );
  };
  latest.watch(draw);
  follow("monitor:logs?level=error&source=client", soon, soon);
  setInterval(() => {
    if (connection.get().state === "live") soon();
  }, AGAIN_MS);
}

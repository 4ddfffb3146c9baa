// Which versions of which application are in the field today: the most used first.

import { api } from "../../lib/api.js";
import { byId, el } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { connection } from "../../lib/realtime.js";

const SHOWN = 6;
const AGAIN_MS = 60_000;

function line({ app, version, count }, all) {
  const name = `${app} ${version}`;
  const text = t("versions.count", { count: integer(count) });
  return el(
    "li",
    { className: "share" },
    el("span", { className: "cut", textContent: name, title: name }),
    el("span", { className: "share-count", textContent: text }),
    el("progress", { className: "share-bar", max: all, value: count, aria: { label: name } }),
  );
}

async function load() {
  const list = byId("versions-list");
  const none = byId("versions-none");
  try {
    const { items } = await api.get("/api/installations/versions");
    const today = items
      .map(({ app, version, installations }) => ({ app, version, count: installations.at(-1) ?? 0 }))
      .filter(({ count, version }) => count > 0 && version)
      .sort((a, b) => b.count - a.count);
    const all = today.reduce((sum, { count }) => sum + count, 0);
    list.replaceChildren(...today.slice(0, SHOWN).map((item) => line(item, all)));
    none.hidden = today.length > 0;
    none.textContent = t("versions.none");
  } catch {
    // What is there stays; it is a minute older than it should be.
    none.hidden = list.children.length > 0;
    none.textContent = t("versions.failed");
  }
  list.setAttribute("aria-busy", "false");
}

export function showVersions() {
  setInterval(() => {
    if (connection.get().state === "live") load();
  }, AGAIN_MS);
}

/** Asks for the versions; for when the page is connected, and may ask. */
export const loadVersions = load;

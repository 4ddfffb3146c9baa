// What to do next, for an admin to whom no client has connected yet. Decided once, when the page opens:
// a block that came and went with every client would move the page under the reader.

import { APP } from "../../lib/agent.js";
import { byId, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { clients, nameOf } from "../../lib/connected.js";

const KEY = "next-closed";

function closed() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export function showNext() {
  const block = byId("next");
  let decided = closed();
  byId("next-close").addEventListener("click", () => {
    block.hidden = true;
    try {
      localStorage.setItem(KEY, "1");
    } catch {
      // Without storage it is closed for this page.
    }
  });
  clients.watch(({ byId: all, known }) => {
    if (!known) return;
    const other = [...all.values()].find(({ app }) => app !== APP);
    if (!decided) block.hidden = other !== undefined;
    decided = true;
    if (other) setText(byId("next-state"), t("connect.here", { name: nameOf(other) }));
  });
}

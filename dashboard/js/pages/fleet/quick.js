// The four questions that are asked most, each with its answer: how many there are, connected, behind and silent.

import { api } from "../../lib/api.js";
import { byId, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { pathOf, query } from "./query.js";

// Counted again this often: a week's silence does not hurry.
const EVERY_MS = 30_000;
const SILENT_DAYS = "7";

const QUICK = {
  all: {},
  connected: { connected: "true" },
  behind: { behind: "true" },
  silent: { silent_days: SILENT_DAYS },
};
const NONE = { connected: "", behind: "", silent_days: "" };

async function count(root) {
  await Promise.all(
    Object.entries(QUICK).map(async ([name, conditions]) => {
      const { total } = await api.get(pathOf(conditions, 1));
      setText(root.querySelector(`[data-quick="${name}"] .quick-number`), integer(total));
    }),
  );
}

/** Shows them; the returned function counts again. */
export function showQuick() {
  const root = byId("fleet-quick");
  setText(
    root.querySelector("[data-quick=silent] .quick-label"),
    t("fleet.silent_days", { count: Number(SILENT_DAYS) }),
  );
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-quick]");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") === "true";
    query.change({ ...NONE, ...(on ? {} : QUICK[button.dataset.quick]) });
  });
  query.watch((now) => {
    for (const button of root.children) {
      const wanted = { ...NONE, ...QUICK[button.dataset.quick] };
      const on = Object.entries(wanted).every(([key, value]) => (now[key] ?? "") === value);
      button.setAttribute("aria-pressed", String(on));
    }
  });
  const again = async () => {
    try {
      await count(root);
    } catch (error) {
      // The table says what is wrong; the numbers come with the next round.
      if (error.status === undefined) throw error;
    }
  };
  again();
  setInterval(again, EVERY_MS);
  return again;
}

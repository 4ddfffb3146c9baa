// Errors that are chosen together, and what can be done to all of them.

import { api } from "../../lib/api.js";
import { byId, el, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { nameOf } from "./words.js";

// As many as one call takes.
const MOST = 100;

const chosen = new Set();
let shown = [];

function draw() {
  const bar = byId("errors-bulk");
  bar.hidden = chosen.size === 0;
  setText(byId("errors-bulk-count"), t("errors.chosen", { count: chosen.size, number: integer(chosen.size) }));
  const all = byId("errors-all");
  all.checked = shown.length > 0 && chosen.size === Math.min(shown.length, MOST);
  all.indeterminate = chosen.size > 0 && !all.checked;
  all.disabled = shown.length === 0;
}

/** A box that chooses `error`. */
export function boxOf(error) {
  const box = el("input", { type: "checkbox", checked: chosen.has(error.id), data: { choose: error.id } });
  box.setAttribute("aria-label", t("errors.choose", { name: nameOf(error) }));
  return el("label", { className: "error-choose" }, box);
}

/** These are shown now: what is not shown is not chosen. */
export function keepChosen(ids) {
  shown = ids;
  for (const id of [...chosen]) if (!ids.includes(id)) chosen.delete(id);
  draw();
}

/** Binds the boxes and the buttons; `changed()` is called after a change. */
export function bindBulk(list, changed) {
  list.addEventListener("change", ({ target }) => {
    const { choose: id } = target.dataset;
    if (!id) return;
    if (!target.checked) chosen.delete(id);
    else if (chosen.size < MOST) chosen.add(id);
    else target.checked = false;
    draw();
  });
  const set = (all) => {
    chosen.clear();
    if (all) for (const id of shown.slice(0, MOST)) chosen.add(id);
    for (const box of list.querySelectorAll("[data-choose]")) box.checked = chosen.has(box.dataset.choose);
    draw();
  };
  byId("errors-all").addEventListener("change", ({ target }) => set(target.checked));
  const bar = byId("errors-bulk");
  bar.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") set(false);
  });
  byId("errors-bulk-clear").addEventListener("click", () => set(false));
  bar.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-state]");
    if (!button) return;
    const { state } = button.dataset;
    button.disabled = true;
    try {
      const { ids } = await api.patch("/api/errors", { ids: [...chosen], state });
      report(t(`errors.done_many.${state}`, { count: ids.length, number: integer(ids.length) }));
      set(false);
      await changed();
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    } finally {
      button.disabled = false;
    }
  });
}

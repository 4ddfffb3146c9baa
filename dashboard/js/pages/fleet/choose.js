// Which columns the table has: chosen from a menu, kept for the account.

import { chosen, choose } from "../../lib/choice.js";
import { byId, el } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { keepBeside } from "../../lib/place.js";
import { allColumns, usualColumns, widen } from "./columns.js";

const NAME = "fleet-columns";

const keysNow = () => chosen(NAME) ?? usualColumns();

/** The columns to begin with. */
export function firstColumns() {
  const keys = keysNow();
  const columns = allColumns().filter(({ key, always }) => always || keys.includes(key));
  widen(columns);
  return columns;
}

/** Lets the reader choose; `apply(columns)` is called after each change. */
export function bindColumnChoice(apply) {
  const [button, menu, list] = ["fleet-columns", "fleet-columns-menu", "fleet-columns-list"].map(byId);
  const fill = () => {
    const keys = keysNow();
    list.replaceChildren(
      ...allColumns()
        .filter(({ always }) => !always)
        .map(({ key, label }) => {
          const box = el("input", { type: "checkbox", value: key, checked: keys.includes(key) });
          return el("label", { className: "menu-item" }, box, label);
        }),
    );
  };
  menu.addEventListener("beforetoggle", ({ newState }) => {
    if (newState === "open") fill();
  });
  keepBeside(menu, button);
  list.addEventListener("change", () => {
    choose(
      NAME,
      [...list.querySelectorAll("input:checked")].map(({ value }) => value),
    );
    apply(firstColumns());
  });
  byId("fleet-columns-usual").addEventListener("click", () => {
    choose(NAME, null);
    fill();
    apply(firstColumns());
  });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width || chosen(NAME)) return;
    width = innerWidth;
    apply(firstColumns());
  });
  button.title = t("fleet.columns");
}

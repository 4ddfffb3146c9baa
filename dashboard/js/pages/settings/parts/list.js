// A short list in a table: columns, a button per row, and one sentence when there is nothing.

import { byId, el, icon, setText, setTitle } from "../../../lib/dom.js";
import { exactTime, integer, since } from "../../../lib/format.js";
import { t } from "../../../lib/i18n.js";
import { createTable } from "../../../lib/table.js";

/** A cell with a moment; `none` is said when there was none. */
export const timeCell =
  (read, none = "") =>
  (cell, row) => {
    const value = read(row);
    const date = value && new Date(value);
    setText(cell, date ? since(date, Date.now()) : none);
    setTitle(cell, date ? exactTime(date) : "");
  };

/** A column whose button does something to the row; `label(row)` names it. */
export const actionColumn = ({ name, label, shown = () => true }) => ({
  key: "action",
  label: t("people.actions_head"),
  className: "col-end",
  draw(cell, row) {
    if (!cell.firstChild) {
      const button = el("button", { className: "button button-icon", type: "button", tabIndex: -1 }, icon(name));
      cell.append(button);
    }
    const button = cell.firstChild;
    button.hidden = !shown(row);
    button.setAttribute("aria-label", label(row));
    setTitle(button, label(row));
  },
});

/** Shows rows in the table `id`; `open(row)` is called by the row's button, or Enter on it. */
export function createList(id, { columns, sortBy, up, none, open }) {
  let rows = [];
  const find = (wanted) => rows.find((row) => row.id === wanted);
  const table = createTable({
    head: byId(`${id}-head`),
    body: byId(`${id}-rows`),
    scroll: byId(`${id}-scroll`),
    columns,
    sortBy,
    up,
    onOpen: (wanted) => open?.(find(wanted)),
  });
  byId(`${id}-rows`).addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) open?.(find(button.closest("tr").dataset.id), button);
  });
  return {
    set(list) {
      rows = list;
      table.set(list);
      const count = byId(`${id}-count`);
      if (count) setText(count, integer(list.length));
      byId(`${id}-none`).hidden = list.length > 0;
      if (list.length === 0) setText(byId(`${id}-none`), none());
    },
  };
}

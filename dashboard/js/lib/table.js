// A live table: rows keep their place while their numbers change, and only those in view exist.

import { el, setText } from "./dom.js";
import { onNextFrame } from "./frame.js";

// Rows drawn beyond each edge, so that a quick scroll shows rows and not a gap.
const BEYOND = 12;

/**
 * `columns`: `{key, label, className, number?, title?, sort?(row), draw(cell, row)}`. Rows have a unique `id`.
 * `set(rows)` replaces them; the order is worked out again only when rows come or go, or a head is pressed.
 */
export function createTable({ head, body, scroll, columns, sortBy, onOpen }) {
  const drawn = new Map();
  const spaces = [
    el("tr", { className: "table-space", aria: { hidden: "true" } }),
    el("tr", { className: "table-space", aria: { hidden: "true" } }),
  ];
  // One cell: a span over all columns would bring back those that a narrow page hides.
  for (const space of spaces) space.append(el("td"));
  let rows = new Map();
  let order = [];
  let sorting = { key: sortBy, up: true };
  let active = null;

  const table = head.closest("table");
  const rowHeight = () => drawn.values().next().value?.node.offsetHeight || 36;

  function sort() {
    const value = columns.find(({ key }) => key === sorting.key).sort;
    const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
    const sign = sorting.up ? 1 : -1;
    order = [...rows.values()]
      .map((row) => [value(row), row.id])
      .sort(([a, idA], [b, idB]) => {
        // What is not known stands last in both directions.
        if (a === null || b === null) return (a === null) - (b === null) || compare(idA, idB);
        return sign * (typeof a === "number" ? a - b : compare(a, b)) || compare(idA, idB);
      })
      .map(([, id]) => id);
  }

  function makeRow(id) {
    const cells = columns.map(({ className, number }) =>
      el("td", { className: `table-cell ${className}${number ? " is-number" : ""}` }),
    );
    const node = el("tr", { className: "table-row", tabIndex: -1, data: { id } }, ...cells);
    return { node, cells };
  }

  function draw() {
    const height = rowHeight();
    const first = Math.max(0, Math.floor(scroll.scrollTop / height) - BEYOND);
    const last = Math.min(order.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / height) + BEYOND);
    const shown = order.slice(first, last);
    const keep = new Set(shown);
    for (const [id, { node }] of drawn) {
      if (keep.has(id)) continue;
      node.remove();
      drawn.delete(id);
    }
    if (!keep.has(active)) active = shown[0] ?? null;
    let before = spaces[0];
    shown.forEach((id, index) => {
      const row = drawn.get(id) ?? makeRow(id);
      drawn.set(id, row);
      columns.forEach((column, at) => column.draw(row.cells[at], rows.get(id)));
      row.node.tabIndex = id === active ? 0 : -1;
      row.node.setAttribute("aria-rowindex", String(first + index + 2));
      if (before.nextSibling !== row.node) before.after(row.node);
      before = row.node;
    });
    spaces[0].firstChild.style.height = `${first * height}px`;
    spaces[1].firstChild.style.height = `${(order.length - last) * height}px`;
    table.setAttribute("aria-rowcount", String(order.length + 1));
  }

  function drawHead() {
    head.replaceChildren(
      ...columns.map(({ key, label, className, number, title, sort: sortable }) => {
        const cell = el("th", { className: `table-head ${className}${number ? " is-number" : ""}`, scope: "col" });
        if (title) cell.title = title;
        if (!sortable) {
          cell.append(el("span", { className: "spoken", textContent: label }));
          return cell;
        }
        const button = el("button", { className: "table-sort", type: "button", textContent: label });
        button.addEventListener("click", () => {
          sorting = { key, up: sorting.key === key ? !sorting.up : true };
          sort();
          markHead();
          onNextFrame(draw);
        });
        cell.append(button);
        return cell;
      }),
    );
    markHead();
  }

  function markHead() {
    columns.forEach(({ key }, index) => {
      if (key === sorting.key) head.children[index].setAttribute("aria-sort", sorting.up ? "ascending" : "descending");
      else head.children[index].removeAttribute("aria-sort");
    });
  }

  function move(step) {
    const next = order[order.indexOf(active) + step];
    if (next === undefined) return;
    active = next;
    if (!drawn.has(next)) scroll.scrollTop = order.indexOf(next) * rowHeight();
    draw();
    drawn.get(next).node.focus();
  }

  body.append(...spaces);
  drawHead();
  scroll.addEventListener("scroll", () => onNextFrame(draw), { passive: true });
  body.addEventListener("focusin", ({ target }) => {
    active = target.closest("tr").dataset.id;
  });
  body.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "TR") return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) move(step);
    else if (event.key === "Enter") onOpen(event.target.dataset.id, event.target);
    else return;
    event.preventDefault();
  });

  return {
    set(list) {
      const next = new Map(list.map((row) => [row.id, row]));
      const moved = next.size !== rows.size || list.some(({ id }) => !rows.has(id));
      rows = next;
      if (moved) sort();
      onNextFrame(draw);
    },
    redraw: () => onNextFrame(draw),
  };
}

/** The draw function of a column that is one text. */
export const textCell = (text) => (cell, row) => {
  const value = text(row) ?? "";
  setText(cell, value);
  if (cell.title !== value) cell.title = value;
};

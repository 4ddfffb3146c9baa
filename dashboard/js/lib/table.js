// A live table: rows keep their place while their numbers change, and only those in view exist.

import { el, setText } from "./dom.js";
import { onNextFrame } from "./frame.js";

// Rows drawn beyond each edge, so that a quick scroll shows rows and not a gap.
const BEYOND = 12;
// Marks the rows that are known to exist and not loaded yet.
const WAITING = "waiting:";

/**
 * `columns`: `{key, label, className, number?, title?, width?, sort?, draw(cell, row)}`. Rows have a unique `id`.
 * `set(rows, total)` replaces them. A table sorts its rows itself, by `sort(row)` of a column, only when rows come or
 * go, or a head is pressed; with `onSort(column, up)` they come sorted, `sort` says that a column can be, and rows
 * beyond those given, up to `total`, are drawn as waiting. `onView(first, last)` tells which rows are in view.
 */
export function createTable({ head, body, scroll, columns, sortBy, up = true, onOpen, onSort, onView }) {
  const drawn = new Map();
  const spaces = [
    el("tr", { className: "table-space", aria: { hidden: "true" } }),
    el("tr", { className: "table-space", aria: { hidden: "true" } }),
  ];
  // One cell: a span over all columns would bring back those that a narrow page hides.
  for (const space of spaces) space.append(el("td"));
  let rows = new Map();
  let order = [];
  let count = 0;
  let sorting = { key: sortBy, up };
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
    const waiting = id.startsWith(WAITING);
    const cells = columns.map(({ className, number }) =>
      el("td", { className: `table-cell ${className}${number ? " is-number" : ""}` }),
    );
    if (waiting) for (const cell of cells) cell.append(el("span", { className: "table-wait" }));
    const node = el("tr", { className: waiting ? "table-row is-waiting" : "table-row", data: { id } }, ...cells);
    if (!waiting) node.tabIndex = -1;
    return { node, cells, waiting };
  }

  function draw() {
    const height = rowHeight();
    const first = Math.max(0, Math.min(count, Math.floor(scroll.scrollTop / height)) - BEYOND);
    const last = Math.min(count, Math.ceil((scroll.scrollTop + scroll.clientHeight) / height) + BEYOND);
    const shown = order.slice(first, last);
    for (let index = Math.max(first, order.length); index < last; index += 1) shown.push(WAITING + index);
    const keep = new Set(shown);
    for (const [id, { node }] of drawn) {
      if (keep.has(id)) continue;
      node.remove();
      drawn.delete(id);
    }
    if (!keep.has(active)) active = shown.find((id) => rows.has(id)) ?? null;
    let before = spaces[0];
    shown.forEach((id, index) => {
      const row = drawn.get(id) ?? makeRow(id);
      drawn.set(id, row);
      if (!row.waiting) {
        columns.forEach((column, at) => column.draw(row.cells[at], rows.get(id)));
        row.node.tabIndex = id === active ? 0 : -1;
      }
      row.node.setAttribute("aria-rowindex", String(first + index + 2));
      if (before.nextSibling !== row.node) before.after(row.node);
      before = row.node;
    });
    spaces[0].firstChild.style.height = `${first * height}px`;
    spaces[1].firstChild.style.height = `${(count - last) * height}px`;
    table.setAttribute("aria-rowcount", String(count + 1));
    onView?.(first, last);
  }

  function press(column) {
    const { key, downFirst = false } = column;
    sorting = { key, up: sorting.key === key ? !sorting.up : !downFirst };
    markHead();
    if (onSort) return onSort(column, sorting.up);
    sort();
    onNextFrame(draw);
  }

  function makeHead(column) {
    const { label, className, number, title, width } = column;
    const cell = el("th", { className: `table-head ${className}${number ? " is-number" : ""}`, scope: "col" });
    if (title) cell.title = title;
    if (width) cell.style.width = `${width}px`;
    if (column.sort) {
      const button = el("button", { className: "table-sort", type: "button", textContent: label });
      button.addEventListener("click", () => press(column));
      cell.append(button);
    } else {
      cell.append(el("span", { className: column.plain ? "" : "spoken", textContent: label }));
    }
    return cell;
  }

  function drawHead() {
    head.replaceChildren(...columns.map(makeHead));
    markHead();
  }

  function markHead() {
    columns.forEach(({ key }, index) => {
      if (key === sorting.key) head.children[index].setAttribute("aria-sort", sorting.up ? "ascending" : "descending");
      else head.children[index].removeAttribute("aria-sort");
    });
  }

  function move(step) {
    const next = order[Math.max(0, Math.min(order.length - 1, order.indexOf(active) + step))];
    if (next === undefined || next === active) return;
    active = next;
    if (!drawn.has(next)) scroll.scrollTop = order.indexOf(next) * rowHeight();
    draw();
    drawn.get(next).node.focus();
  }

  const STEPS = {
    ArrowDown: () => 1,
    ArrowUp: () => -1,
    PageDown: () => Math.floor(scroll.clientHeight / rowHeight()) - 2,
    PageUp: () => 2 - Math.floor(scroll.clientHeight / rowHeight()),
    Home: () => -order.length,
    End: () => order.length,
  };

  body.append(...spaces);
  drawHead();
  scroll.addEventListener("scroll", () => onNextFrame(draw), { passive: true });
  new ResizeObserver(() => onNextFrame(draw)).observe(scroll);
  body.addEventListener("focusin", ({ target }) => {
    active = target.closest("tr").dataset.id;
  });
  body.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "TR") return;
    const step = STEPS[event.key];
    if (step) move(step());
    else if (event.key === "Enter") onOpen(event.target.dataset.id, event.target);
    else return;
    event.preventDefault();
  });

  return {
    set(list, total = list.length) {
      const next = new Map(list.map((row) => [row.id, row]));
      const moved = next.size !== rows.size || list.some(({ id }) => !rows.has(id));
      rows = next;
      count = Math.max(total, next.size);
      if (onSort) order = [...next.keys()];
      else if (moved) sort();
      onNextFrame(draw);
    },
    setColumns(list) {
      columns = list;
      for (const { node } of drawn.values()) node.remove();
      drawn.clear();
      drawHead();
      onNextFrame(draw);
    },
    toTop() {
      scroll.scrollTop = 0;
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

// Dragging with mouse, pen or finger: an empty stretch makes an event, an event moves, its end resizes.
//
// In the grid of hours (`.agenda-column`) a place is a minute of a day; elsewhere (`.agenda-cell`) it is a day. A
// finger that moves at once scrolls; held for a moment it takes hold of what is below it.

import { el, setText } from "../../lib/dom.js";
import { addDays, daysBetween, minuteOf, momentOf } from "./days.js";
import { times } from "./say.js";
import { stepOf } from "./move.js";

const SNAP_MINUTES = 15;
const DAY_MINUTES = 1440;
const CLICK_SNAP = 30;
const CLICK_LENGTH = 60;
// Closer than this a press is a click.
const SLACK_PX = 4;
const HOLD_MS = 350;
const EDGE_PX = 28;

const snap = (minutes, to = SNAP_MINUTES, round = Math.round) => round(minutes / to) * to;

/** The day at `x` (and in a month `y`), and the minute at `y`. */
function placeAt(root, selector, x, y) {
  let best = null;
  let least = Infinity;
  for (const box of root.querySelectorAll(selector)) {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    // Beyond the edge the nearest one counts; hours go on above and below.
    const aside = Math.max(left - x, 0, x - right);
    const away = aside + (selector === ".agenda-cell" ? Math.max(top - y, 0, y - bottom) : 0);
    if (away >= least) continue;
    least = away;
    const minute = ((y - top) / (bottom - top)) * DAY_MINUTES;
    best = { day: box.dataset.day, minute: Math.max(0, Math.min(DAY_MINUTES, minute)), box };
  }
  return best;
}

const absolute = (from, { day, minute }) => daysBetween(from, day) * DAY_MINUTES + minute;

/** The change that a drag from `begin` to `end` makes to `item`. */
function changeOf({ item, mode, surface }, begin, end) {
  if (surface === ".agenda-cell") {
    return stepOf(item, { days: daysBetween(begin.day, end.day), end: mode === "resize" });
  }
  if (mode === "resize") {
    const least = minuteOf(item.starts) + SNAP_MINUTES;
    const minutes = Math.max(snap(absolute(item.first, end)), least);
    return { starts: item.starts, ends: momentOf(item.first, minutes) };
  }
  const begun = minuteOf(item.starts);
  const minutes = snap(begun + absolute(item.first, end) - absolute(item.first, begin));
  const starts = momentOf(item.first, minutes);
  return { starts, ends: new Date(starts.getTime() + (item.ends - item.starts)) };
}

/** The stretch between two places, for a new event. */
function stretch(surface, begin, end) {
  const [from, to] = begin.day <= end.day ? [begin, end] : [end, begin];
  if (surface === ".agenda-cell") return { start: from.day, end: addDays(to.day, 1) };
  const [low, high] = [absolute(begin.day, begin), absolute(begin.day, end)].sort((a, b) => a - b);
  const start = snap(low, SNAP_MINUTES, Math.floor);
  const stop = Math.max(snap(high, SNAP_MINUTES, Math.ceil), start + SNAP_MINUTES);
  return { starts: momentOf(begin.day, start), ends: momentOf(begin.day, stop) };
}

/** What shows where it would land. */
function createGhost(root) {
  const ghosts = [];
  const clear = () => {
    for (const ghost of ghosts.splice(0)) ghost.remove();
    for (const cell of root.querySelectorAll(".is-target")) cell.classList.remove("is-target");
  };
  return {
    clear,
    show(change, color) {
      clear();
      if (change.start !== undefined || change.days) {
        const [from, to] = change.days ?? [change.start, addDays(change.end, -1)];
        for (const { classList, dataset } of root.querySelectorAll(".agenda-cell")) {
          classList.toggle("is-target", dataset.day >= from && dataset.day <= to);
        }
        return;
      }
      for (const column of root.querySelectorAll(".agenda-column")) {
        const opens = momentOf(column.dataset.day);
        const [from, to] = [change.starts, change.ends].map((at) => (at - opens) / 60_000);
        if (to <= 0 || from >= DAY_MINUTES) continue;
        const ghost = el("div", { className: "agenda-ghost" });
        const [top, bottom] = [Math.max(0, from), Math.min(DAY_MINUTES, to)];
        ghost.style.insetBlockStart = `${(top / DAY_MINUTES) * 100}%`;
        ghost.style.blockSize = `${((bottom - top) / DAY_MINUTES) * 100}%`;
        if (color) ghost.style.setProperty("--tone", color);
        if (from >= 0) setText(ghost, times(change));
        column.append(ghost);
        ghosts.push(ghost);
      }
    },
  };
}

/**
 * `itemOf(key)` gives an occurrence, `create(at)` and `move(item, change)` what follows; `writes` false drags nothing.
 * The returned `isActive()` says that something is pressed: the view must not be drawn anew below it, which would also
 * swallow the click. `released()` follows.
 */
export function bindDrag(root, { itemOf, create, move, writes, released }) {
  const ghost = createGhost(root);
  let drag = null;
  let dropped = false;
  let pressed = false;

  function release() {
    if (!pressed) return;
    pressed = false;
    released();
  }

  function stop() {
    clearTimeout(drag?.timer);
    if (drag?.node) drag.node.classList.remove("is-dragged");
    root.classList.remove("is-dragging");
    ghost.clear();
    drag = null;
  }

  function start() {
    drag.on = true;
    drag.node?.classList.add("is-dragged");
    root.classList.add("is-dragging");
    follow();
  }

  function follow() {
    const end = placeAt(root, drag.surface, drag.x, drag.y);
    drag.change = drag.item ? changeOf(drag, drag.begin, end) : stretch(drag.surface, drag.begin, end);
    const { item, begin, surface } = drag;
    const inDays = item && !item.allDay && surface === ".agenda-cell";
    const shift = daysBetween(begin.day, end.day);
    ghost.show(inDays ? { days: [addDays(item.first, shift), addDays(item.last, shift)] } : drag.change, item?.color);
  }

  function scrollAtEdge() {
    const box = root.querySelector(".agenda-scroll");
    if (!box || drag.surface === ".agenda-cell") return;
    const { top, bottom } = box.getBoundingClientRect();
    if (drag.y > bottom - EDGE_PX) box.scrollTop += 10;
    else if (drag.y < top + EDGE_PX + 60) box.scrollTop -= 10;
  }

  root.addEventListener("pointerdown", (event) => {
    pressed = true;
    if (!writes || event.button !== 0 || !event.isPrimary) return;
    if (event.target.closest(".agenda-day-head, .agenda-date, .agenda-more")) return;
    const node = event.target.closest(".agenda-event");
    const item = node && itemOf(node.dataset.key);
    const surface = (node ?? event.target).closest(".agenda-column") ? ".agenda-column" : ".agenda-cell";
    if (node ? !item?.editable : !event.target.closest(".agenda-column, .agenda-cell")) return;
    if (!root.querySelector(surface)) return;
    const begin = placeAt(root, surface, event.clientX, event.clientY);
    const mode = event.target.closest(".agenda-event-handle") ? "resize" : "move";
    const { clientX: x, clientY: y, pointerId: id } = event;
    drag = { node, item, surface, begin, mode, x, y, fromX: x, fromY: y, on: false, id };
    dropped = false;
    if (event.pointerType === "touch") {
      if (item) drag.timer = setTimeout(start, HOLD_MS);
      else drag.tap = true;
    } else if (!item) event.preventDefault();
  });

  addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    [drag.x, drag.y] = [event.clientX, event.clientY];
    const far = Math.hypot(drag.x - drag.fromX, drag.y - drag.fromY) > SLACK_PX;
    if (drag.on) {
      scrollAtEdge();
      follow();
    } else if (far && event.pointerType === "touch") stop();
    else if (far) start();
  });

  addEventListener("pointerup", (event) => {
    release();
    if (!drag || event.pointerId !== drag.id) return;
    const { on, item, change, surface, begin } = drag;
    stop();
    if (on) {
      // The click that follows a drag opens nothing.
      dropped = true;
      setTimeout(() => {
        dropped = false;
      });
      if (item) move(item, change);
      else create(change);
    } else if (!item) {
      if (surface === ".agenda-cell") return create({ start: begin.day, end: addDays(begin.day, 1) }, begin.box);
      const minute = Math.min(snap(begin.minute, CLICK_SNAP, Math.floor), DAY_MINUTES - CLICK_LENGTH);
      create({ starts: momentOf(begin.day, minute), ends: momentOf(begin.day, minute + CLICK_LENGTH) });
    }
  });
  addEventListener("pointercancel", () => {
    release();
    if (drag) stop();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag?.on) stop();
  });
  root.addEventListener("touchmove", (event) => drag?.on && event.preventDefault(), { passive: false });
  root.addEventListener("contextmenu", (event) => drag?.on && event.preventDefault());
  root.addEventListener(
    "click",
    (event) => {
      if (dropped) event.stopPropagation();
    },
    { capture: true },
  );

  return { isActive: () => pressed };
}

// The list: only the lines in view exist. It stays at the end while it follows, and else where the reader looks, whatever
// comes and goes around it.

import { el } from "../../lib/dom.js";
import { onNextFrame } from "../../lib/frame.js";
import { indexOf } from "./book.js";

// Lines drawn beyond each edge, so that a quick scroll shows lines and not a gap.
const BEYOND = 16;
// This near to an edge, in pixels, more is asked for.
const EARLY = 600;
// This near to the end counts as the end.
const NEAR = 4;

/**
 * `makeItem(entry)` gives the `<li>` of an entry and `openItem(node, entry)` what stands below the line of one that is
 * open. `onEdge(start, end)` is called when a reader comes near an edge, `onMove()` after each scroll and draw.
 */
export function createList({ box, list, makeItem, openItem, onEdge, onMove }) {
  const drawn = new Map();
  // Open lines: by how much each is higher than a line.
  const open = new Map();
  let shown = [];
  let next = [];
  let height = 22;
  let following = true;
  let lastTop = 0;
  let active = null;
  let isWaiting = false;

  function extraBefore(index) {
    let extra = 0;
    for (const [key, more] of open) {
      const at = indexOf(shown, key);
      if (at < index && shown[at]?.key === key) extra += more;
    }
    return extra;
  }
  const topOf = (index) => index * height + extraBefore(index);

  /** The entry at a height, and how far into it that is. */
  function entryAt(top) {
    let [low, high] = [0, shown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (topOf(middle + 1) <= top) low = middle + 1;
      else high = middle;
    }
    return { index: low, into: top - topOf(low) };
  }

  function setOpen(node, entry) {
    const button = node.querySelector(".log-line");
    const isOpen = open.has(entry.key);
    button?.setAttribute("aria-expanded", String(isOpen));
    node.classList.toggle("is-open", isOpen);
    node.querySelector(".log-detail")?.remove();
    if (isOpen) {
      openItem(node, entry);
      sizes.observe(node);
    } else sizes.unobserve(node);
  }

  function item(entry) {
    const known = drawn.get(entry.key);
    if (known) return known;
    const node = makeItem(entry);
    node.dataset.key = entry.key;
    drawn.set(entry.key, node);
    if (open.has(entry.key)) setOpen(node, entry);
    return node;
  }

  function ready() {
    if (!isWaiting) return;
    for (const node of [...list.querySelectorAll(":scope > .log-skeleton")]) node.remove();
    isWaiting = false;
  }

  function drawItems(first, last) {
    const wanted = shown.slice(first, last);
    const keep = new Set(wanted.map(({ key }) => key));
    for (const [key, node] of drawn) {
      if (keep.has(key)) continue;
      // Who reads by keyboard goes on from here.
      if (node.contains(document.activeElement)) box.focus({ preventScroll: true });
      sizes.unobserve(node);
      node.remove();
      drawn.delete(key);
    }
    let before = null;
    if (wanted.length > 0) ready();
    for (const entry of wanted) {
      const node = item(entry);
      const place = before ? before.nextSibling : list.firstChild;
      if (place !== node) list.insertBefore(node, place);
      before = node;
    }
    if (!keep.has(active)) active = wanted.at(-1)?.key ?? null;
    for (const [key, node] of drawn) {
      const button = node.querySelector(".log-line, .log-gap-fill");
      if (button) button.tabIndex = key === active ? 0 : -1;
    }
  }

  function draw() {
    // A reader who has just gone up is not pulled back by lines that come before the event that tells it.
    if (box.scrollTop < lastTop - 1 && toEnd() > NEAR) following = false;
    const base = list.offsetTop;
    const inside = box.clientHeight;
    let top = box.scrollTop;
    const place = following || shown.length === 0 ? null : entryAt(top - base);
    const anchor = place && shown[Math.min(place.index, shown.length - 1)].key;
    shown = next;
    const all = topOf(shown.length);
    if (following) top = Math.max(0, base + all - inside);
    else if (anchor && top > 0) top = base + topOf(indexOf(shown, anchor)) + place.into;
    top = Math.max(0, Math.min(top, base + all - inside));
    const first = Math.max(0, entryAt(top - base).index - BEYOND);
    const last = Math.min(shown.length, entryAt(top - base + inside).index + 1 + BEYOND);
    drawItems(first, last);
    list.style.paddingTop = `${topOf(first)}px`;
    list.style.paddingBottom = `${all - topOf(last)}px`;
    if (Math.abs(box.scrollTop - top) > 0.5) box.scrollTop = top;
    lastTop = box.scrollTop;
    atEdges();
    onMove();
  }

  const toEnd = () => box.scrollHeight - box.scrollTop - box.clientHeight;
  const atEdges = () => onEdge(box.scrollTop < EARLY, toEnd() < EARLY);

  box.addEventListener(
    "scroll",
    () => {
      // Only a reader goes up; what comes and goes keeps the end.
      if (toEnd() <= NEAR) following = true;
      else if (box.scrollTop < lastTop - 1) following = false;
      lastTop = box.scrollTop;
      onNextFrame(draw);
    },
    { passive: true },
  );

  const sizes = new ResizeObserver((changes) => {
    height = Number.parseFloat(getComputedStyle(list).getPropertyValue("--log-line")) || height;
    for (const { target } of changes) {
      const { key } = target.dataset;
      if (open.has(key)) open.set(key, target.offsetHeight - height);
    }
    // In this frame: what follows an open line must not be seen in two places.
    draw();
  });
  sizes.observe(box);

  function toggle(key) {
    const entry = shown[indexOf(shown, key)];
    if (entry?.key !== key || entry.gap) return;
    if (open.has(key)) open.delete(key);
    else {
      open.set(key, 0);
      following = false;
    }
    const node = drawn.get(key);
    if (node) setOpen(node, entry);
    draw();
  }

  function move(step) {
    const index = indexOf(shown, active) + step;
    if (!shown[index]) return;
    active = shown[index].key;
    const [top, bottom] = [list.offsetTop + topOf(index), list.offsetTop + topOf(index + 1)];
    following = false;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
    draw();
    drawn.get(active)?.querySelector(".log-line, .log-gap-fill")?.focus({ preventScroll: true });
  }

  list.addEventListener("click", ({ target }) => {
    const line = target.closest(".log-line");
    if (line) toggle(line.parentNode.dataset.key);
  });
  list.addEventListener("focusin", ({ target }) => {
    active = target.closest("li")?.dataset.key ?? active;
  });
  list.addEventListener("keydown", (event) => {
    if (!event.target.matches(".log-line, .log-gap-fill")) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(step);
  });

  return {
    /** Shows `entries`; an array of them is never changed. */
    set(entries) {
      if (entries === next) return;
      next = entries;
      onNextFrame(draw);
    },
    /** Draws every line anew, as when something else is to be marked in them. */
    reset() {
      for (const node of drawn.values()) {
        sizes.unobserve(node);
        node.remove();
      }
      drawn.clear();
      open.clear();
      onNextFrame(draw);
    },
    follow() {
      following = true;
      onNextFrame(draw);
    },
    isFollowing: () => following,
    isShort: () => box.scrollHeight <= box.clientHeight + EARLY,
    /** The first entry in view. */
    first: () => shown[Math.min(entryAt(Math.max(0, box.scrollTop - list.offsetTop)).index, shown.length - 1)],
    /** Nothing more stands for lines to come. */
    ready,
    /** What stands there until the first lines come, or `ready` says that there are none. */
    skeleton(count) {
      isWaiting = true;
      list.replaceChildren(
        ...Array.from({ length: count }, () => el("li", { className: "log-item log-skeleton", aria: { hidden: "true" } })),
      );
    },
  };
}

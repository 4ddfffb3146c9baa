// The list of messages: draws the rows that changed, keeps the reader's place, and loads what is further up.

import { boot } from "../../lib/boot.js";
import { byId, el, setText } from "../../lib/dom.js";
import { onNextFrame } from "../../lib/frame.js";
import { t } from "../../lib/i18n.js";
import { nodeOf, rowsOf, signature } from "./message.js";
import { outbox } from "./outbox.js";
import { people } from "./people.js";
import { createScroll } from "./scroll.js";
import { bindTools } from "./tools.js";

const SKELETONS = 6;

const pending = ({ nonce, body, replyTo, at, failed }) => ({
  id: nonce,
  unsent: true,
  user: boot.user,
  body,
  reply_to: replyTo,
  mentions: [],
  reactions: [],
  created_at: at,
  edited_at: null,
  deleted_at: null,
  failed,
});

/** `room()` is the open room; `actions` as for the tools, and `takeBack(nonce)`; `onSeen()` when the end is in view. */
export function showMessages({ room, actions, onSeen }) {
  const [list, box, empty, newest] = ["message-list", "talk-scroll", "talk-empty", "talk-newest"].map(byId);
  const drawn = new Map();
  let timeline = null;
  let stop = () => {};
  let newAfter = null;
  // What came while the reader looked further up.
  let missed = 0;
  let last = 0;
  let placed = false;

  const draw = () => onNextFrame(redraw);
  const scroll = createScroll(box, list, {
    onTop: () => placed && timeline?.loadOlder(),
    onMove(atEnd) {
      if (atEnd) missed = 0;
      drawNewest();
      if (atEnd && placed) onSeen();
    },
  });
  const messageOf = (id) => timeline?.get().messages.find((message) => message.id === id) ?? null;
  const tools = bindTools(list, { messageOf, room, actions });

  function drawNewest() {
    newest.hidden = !placed || scroll.atEnd();
    setText(newest.lastElementChild, missed > 0 ? t("chat.new_below", { count: missed }) : t("chat.to_newest"));
  }

  function drawEmpty({ state, error, messages }) {
    const none = state === "ready" && messages.length === 0 && !outbox.get().unsent.some(isHere);
    empty.hidden = state !== "failed" && !none;
    if (empty.hidden) return;
    const [title, text, again, back] = empty.children;
    // An address that could be no room's is refused in another way than one that is no room's any more.
    const gone = [400, 404, 422].includes(error?.status);
    again.hidden = none || gone;
    back.hidden = !gone;
    if (none) {
      setText(title, t("chat.empty"));
      setText(text, room()?.member && boot.user.role !== "viewer" ? t("chat.empty_write") : t("chat.empty_read"));
    } else {
      setText(title, gone ? t("chat.no_room") : t("chat.failed"));
      setText(text, gone ? t("chat.no_room_text") : error.text);
    }
  }

  const isHere = ({ roomId }) => roomId === timeline?.roomId;

  function place(rows) {
    const focused = document.activeElement?.closest?.(".message")?.dataset.id;
    const may = Boolean(room()?.member) && boot.user.role !== "viewer";
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, { node }] of drawn) {
      if (keys.has(key)) continue;
      tools.release(node);
      node.remove();
      drawn.delete(key);
    }
    let next = list.firstChild;
    for (const row of rows) {
      const sign = `${may} ${signature(row)}`;
      let entry = drawn.get(row.key);
      if (entry?.sign !== sign) {
        const node = nodeOf(row, may);
        const held = entry && tools.holder() === entry.node;
        if (entry?.node === next) next = next.nextSibling;
        entry?.node.replaceWith(node);
        entry = { node, sign };
        drawn.set(row.key, entry);
        if (!node.isConnected) list.insertBefore(node, next);
        if (held) tools.show(node);
        if (focused === row.key) node.focus({ preventScroll: true });
      } else if (entry.node === next) next = next.nextSibling;
      else list.insertBefore(entry.node, next);
    }
    const tabbable = list.querySelector(".message[tabindex='0']");
    if (!tabbable) list.querySelector(".message:last-of-type")?.setAttribute("tabindex", "0");
  }

  function redraw() {
    if (!timeline) return;
    const state = timeline.get();
    list.setAttribute("aria-busy", String(state.state === "loading"));
    drawEmpty(state);
    if (state.state === "loading") return;
    if (!placed) list.replaceChildren();
    const newLast = state.messages.at(-1)?.offset ?? 0;
    if (placed && !scroll.atEnd()) {
      missed += state.messages.filter(({ offset, user }) => offset > last && user.id !== boot.user.id).length;
    }
    last = newLast;
    const rows = rowsOf(state, outbox.get().unsent.filter(isHere).map(pending), newAfter);
    scroll.still(() => place(rows));
    if (!placed && state.state === "ready") {
      placed = true;
      scroll.toEnd();
      const mark = list.querySelector(".message-line.is-new");
      if (mark) scroll.show(mark);
    }
    drawNewest();
    if (placed && scroll.atEnd()) onSeen();
    if (placed && scroll.isShort()) timeline.loadOlder();
  }

  function move(from, step) {
    let node = from;
    do node = step > 0 ? node.nextElementSibling : node.previousElementSibling;
    while (node && !node.classList.contains("message"));
    node?.focus();
  }

  list.addEventListener("focusin", ({ target }) => {
    const message = target.closest(".message");
    for (const node of list.querySelectorAll(".message[tabindex='0']")) if (node !== message) node.tabIndex = -1;
    if (message) message.tabIndex = 0;
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.classList.contains("message")) return;
    event.preventDefault();
    move(event.target, step);
  });
  list.addEventListener("click", ({ target }) => {
    const id = target.closest(".message")?.dataset.id;
    const { emoji } = target.closest(".reaction")?.dataset ?? {};
    if (emoji) actions.react(messageOf(id), emoji);
    const quoted = target.closest("[data-quote]")?.dataset.quote;
    if (quoted) find(quoted);
    const unsent = target.closest("[data-unsent]")?.dataset.unsent;
    if (unsent === "retry") outbox.retry(id);
    if (unsent === "take") actions.takeBack(id);
  });

  /** Shows a message that may not be loaded yet. */
  async function find(id) {
    const mine = timeline;
    while (!messageOf(id)) if (!(await mine.loadOlder()) || mine !== timeline) return;
    redraw();
    const node = drawn.get(id)?.node;
    if (!node) return;
    scroll.show(node);
    node.focus({ preventScroll: true });
  }

  newest.addEventListener("click", () => {
    scroll.toEnd();
    missed = 0;
    drawNewest();
    onSeen();
  });
  empty.querySelector("button").addEventListener("click", () => timeline.loadNewest());
  outbox.watch(draw);
  let met = null;
  people.watch(({ seen }) => {
    // Who writes or comes and goes changes no message; a name that was not known does.
    if (seen !== met) draw();
    met = seen;
  });
  // "Today" becomes "Yesterday".
  setInterval(draw, 60_000);

  return {
    /** Shows `next`; messages after `readOffset` are marked as new (null: none). */
    open(next, readOffset) {
      stop();
      timeline = next;
      [newAfter, missed, last, placed] = [readOffset, 0, 0, false];
      drawn.clear();
      newest.hidden = true;
      empty.hidden = true;
      const bones = Array.from({ length: SKELETONS }, () =>
        el("div", { className: "message-bone", aria: { hidden: "true" } }),
      );
      list.replaceChildren(...bones);
      stop = timeline.watch(draw);
    },
    toEnd: () => scroll.toEnd(),
    atEnd: () => placed && scroll.atEnd(),
    redraw: draw,
  };
}

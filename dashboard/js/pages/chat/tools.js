// What can be done with the message under the pointer or the focus: one bar that moves from message to message.

import { boot } from "../../lib/boot.js";
import { byId, el, icon } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { placeBeside } from "../../lib/place.js";

// What people react with most, by far; any other emoji can be reacted with through the API.
const EMOJI = ["👍", "👎", "❤️", "😂", "😮", "😢", "🎉", "🙏", "👀", "✅", "❌", "🔥", "🚀", "💡", "👏", "🤔"];

const button = (action, name, label) =>
  el(
    "button",
    { className: "button button-icon", type: "button", title: label, data: { action }, aria: { label } },
    icon(name),
  );

/**
 * `messageOf(id)` gives a message or null, `room()` the open room; `actions` are `react(message, emoji)`,
 * `reply(message)`, `edit(message)` and `remove(message)`.
 */
export function bindTools(list, { messageOf, room, actions }) {
  const items = {
    react: button("react", "react", t("chat.react")),
    reply: button("reply", "reply", t("chat.reply")),
    edit: button("edit", "edit", t("chat.edit")),
    remove: button("remove", "delete", t("chat.delete")),
  };
  const bar = el(
    "div",
    { className: "message-tools", role: "toolbar", aria: { label: t("chat.actions") } },
    ...Object.values(items),
  );
  const menu = byId("reaction-menu");
  let picking = null;
  let opened = 0;
  menu.append(
    ...EMOJI.map((emoji) =>
      el("button", {
        className: "reaction-choice",
        type: "button",
        data: { emoji },
        aria: { label: emoji },
        textContent: emoji,
      }),
    ),
  );

  function show(node) {
    if (menu.matches(":popover-open") || bar.parentNode === node) return;
    const message = node && messageOf(node.dataset.id);
    const { member = false, role = null } = room() ?? {};
    if (!message || message.deleted_at || !member || boot.user.role === "viewer") return bar.remove();
    const own = message.user.id === boot.user.id;
    items.edit.hidden = !own;
    items.remove.hidden = !own && role !== "owner" && boot.user.role !== "admin";
    node.append(bar);
  }

  list.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType !== "touch") show(target.closest(".message"));
  });
  list.addEventListener("pointerleave", () => show(document.activeElement?.closest?.(".message") ?? null));
  list.addEventListener("focusin", ({ target }) => show(target.closest(".message")));

  function open(message) {
    picking = message;
    opened = items.react.getBoundingClientRect().top;
    menu.showPopover();
    placeBeside(menu, items.react);
    menu.firstChild.focus();
  }

  bar.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    const message = messageOf(bar.parentNode?.dataset.id);
    if (!action || !message) return;
    if (action === "react") open(message);
    else actions[action](message);
  });
  menu.addEventListener("click", ({ target }) => {
    const emoji = target.closest("[data-emoji]")?.dataset.emoji;
    if (!emoji) return;
    menu.hidePopover();
    actions.react(picking, emoji);
  });
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
    const at = [...menu.children].indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    menu.children[at + step]?.focus();
  });
  // A menu that stays behind while its message scrolls away would point at another one.
  const follow = () => {
    if (menu.matches(":popover-open") && Math.abs(items.react.getBoundingClientRect().top - opened) > 2)
      menu.hidePopover();
  };
  addEventListener("scroll", follow, { passive: true, capture: true });

  return {
    /** Before the list changes: a bar that is redrawn away would take the focus with it. */
    release(node) {
      if (bar.parentNode === node) bar.remove();
    },
    /** Puts the bar into the element that took the place of the one it was in. */
    show,
    holder: () => bar.parentNode,
  };
}

// The list of rooms, in an order that news does not change: rooms, direct messages, then what one could join.

import { at, boot } from "../../lib/boot.js";
import { byId, el, icon } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { rooms } from "../../lib/rooms.js";
import { short } from "../../lib/unread.js";
import { kept } from "../../lib/keep.js";
import { avatarOf } from "../../lib/person.js";

export const placeOf = (id) => at(`/rooms/${encodeURIComponent(id)}`);

const collator = new Intl.Collator(boot.lang, { numeric: true });
const byName = (a, b) => (b.id === "general") - (a.id === "general") || collator.compare(a.name, b.name);

function badge({ unread, mentions }) {
  if (unread === 0) return [];
  const text = mentions > 0 ? t("chat.unread_mentions", { count: mentions }) : t("chat.unread", { count: unread });
  return [
    el("span", {
      className: `badge-count${mentions > 0 ? " is-mention" : ""}`,
      title: text,
      textContent: short(unread),
    }),
    el("span", { className: "spoken", textContent: ` · ${text}` }),
  ];
}

function entry(room, isOpen) {
  const { id, kind, name, unread, member, peer } = room;
  const mark =
    kind === "direct" ? avatarOf(peer ?? { name, username: name }, "avatar avatar-small") : icon(`room-${kind}`);
  const draft =
    !isOpen && kept(`draft:${id}`) ? [el("span", { className: "room-draft", textContent: t("chat.draft") })] : [];
  const link = el(
    "a",
    {
      className: `room-link${unread > 0 && member ? " is-unread" : ""}`,
      href: placeOf(id),
      title: name,
      data: { room: id },
    },
    mark,
    el("span", { className: "room-link-name cut", textContent: name }),
    ...draft,
    ...(member ? badge(room) : []),
  );
  if (isOpen) link.setAttribute("aria-current", "page");
  return el("li", {}, link);
}

function group(key, list, openId) {
  if (list.length === 0) return [];
  return [
    el("h3", { className: "room-group", textContent: t(key) }),
    el("ul", { className: "room-links" }, ...list.map((room) => entry(room, room.id === openId))),
  ];
}

/** Shows the rooms; `current()` is the id of the open one, `open(id)` opens another without leaving the page. */
export function showRooms(current, open) {
  const list = byId("room-list");
  let drawn = "";
  const draw = () => {
    const all = [...rooms.get().byId.values()].sort(byName);
    const openId = current();
    const state = all.map(({ id, name, member, unread, mentions }) => [id, name, member, unread, mentions]);
    const next = JSON.stringify([openId, state, all.map(({ id }) => Boolean(kept(`draft:${id}`)))]);
    if (next === drawn) return;
    drawn = next;
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.room : null;
    list.replaceChildren(
      ...group(
        "chat.rooms_own",
        all.filter(({ member, kind }) => member && kind !== "direct"),
        openId,
      ),
      ...group(
        "chat.rooms_direct",
        all.filter(({ kind }) => kind === "direct"),
        openId,
      ),
      ...group(
        "chat.rooms_other",
        all.filter(({ member, kind }) => !member && kind !== "direct"),
        openId,
      ),
    );
    if (focused) list.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
  };
  list.addEventListener("click", (event) => {
    const link = event.target.closest("[data-room]");
    // A new tab or window is the browser's to open.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.dataset.room);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = [...list.querySelectorAll("[data-room]")];
    const at = links.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    links[at + step]?.focus();
  });
  rooms.watch(draw);
  return draw;
}

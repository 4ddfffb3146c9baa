// The number beside "Chat" in the rail and in the title of the window.

import { integer } from "./format.js";
import { setText, setTitle } from "./dom.js";
import { t } from "./i18n.js";
import { rooms } from "./rooms.js";

// Beyond this the number says no more than "many".
const MOST = 99;

export const short = (count) => (count > MOST ? `${MOST}+` : integer(count));

/** `{unread, mentions}` over all rooms that one is a member of. */
export function total() {
  const sum = { unread: 0, mentions: 0 };
  for (const { member, unread, mentions } of rooms.get().byId.values()) {
    if (!member) continue;
    sum.unread += unread;
    sum.mentions += mentions;
  }
  return sum;
}

// What the window is called without the number.
let title = document.title;

const drawTitle = ({ unread } = total()) => {
  document.title = unread > 0 ? `(${short(unread)}) ${title}` : title;
};

/** Calls the window after what it shows. */
export function nameWindow(text) {
  title = text;
  drawTitle();
}

export function showUnread() {
  const badge = document.querySelector("[data-badge='chat']");
  rooms.watch(() => {
    const { unread, mentions } = total();
    drawTitle({ unread });
    if (!badge) return;
    badge.hidden = unread === 0;
    setText(badge, unread > 0 ? short(unread) : "");
    setTitle(badge, t("chat.unread", { count: unread }));
    badge.classList.toggle("is-mention", mentions > 0);
  });
}

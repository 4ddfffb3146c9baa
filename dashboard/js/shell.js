// What every page behind the login does: preferences, log out, connection, unread messages.

import { api } from "./lib/api.js";
import { at } from "./lib/boot.js";
import { showConnection } from "./lib/connection-view.js";
import { bindCopyButtons } from "./lib/copy.js";
import { byId } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { forget } from "./lib/keep.js";
import { bindPreferences } from "./lib/preferences.js";
import { expectEnd, onPersonal } from "./lib/realtime.js";
import { report } from "./lib/report.js";
import { followRooms, rooms } from "./lib/rooms.js";
import { showUnread } from "./lib/unread.js";

async function logOut() {
  expectEnd(true);
  try {
    await api.post("/api/auth/logout");
  } catch (error) {
    // A session that is already gone is what was asked for.
    if (error.status !== 401) {
      expectEnd(false);
      return report(error.text, "bad");
    }
  }
  forget();
  location.assign(at("/login"));
}

function told(data) {
  if (data.type === "notice") report(`${data.title} · ${data.body}`, data.level === "error" ? "bad" : "ok");
  // In the room itself one sees the message.
  if (data.type === "mention" && !(rooms.isOpen(data.room.id) && document.visibilityState === "visible")) {
    report(t("chat.mentioned", { name: data.user.name || data.user.username }));
  }
}

/** `detail` is what stands beside "Live" (see connection-view.js); `chat` is what `followRooms` takes. */
export function startShell(detail, chat) {
  bindPreferences();
  bindCopyButtons();
  byId("log-out").addEventListener("click", logOut);
  showConnection(detail);
  onPersonal(told);
  showUnread();
  followRooms(chat);
}

// What every page behind the login does: preferences, log out, connection, unread messages, open errors.

import { api } from "./lib/api.js";
import { at } from "./lib/boot.js";
import { showConnection } from "./lib/connection-view.js";
import { bindCopyButtons } from "./lib/copy.js";
import { createDialog } from "./lib/dialog.js";
import { byId, setText } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { forget, keptAll } from "./lib/keep.js";
import { bindPalette } from "./lib/palette.js";
import { showOpenErrors } from "./lib/open-errors.js";
import { bindPreferences } from "./lib/preferences.js";
import { expectEnd, onPersonal } from "./lib/realtime.js";
import { remind } from "./lib/reminder.js";
import { report } from "./lib/report.js";
import { followRooms, rooms } from "./lib/rooms.js";
import { showUnread } from "./lib/unread.js";

/** Asks first when messages would be lost: after the log-out it would be too late to stay. */
function askLogOut(dialog) {
  const count = keptAll("unsent:").length;
  if (count > 0) dialog.open({ count });
  else logOut();
}

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
  if (data.type === "agenda.reminder") remind(data);
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
  bindPalette();
  const dialog = createDialog(byId("log-out-dialog"), {
    fill: ({ count }) => setText(byId("log-out-title"), t("log_out.title", { count })),
    send: logOut,
  });
  byId("log-out").addEventListener("click", () => askLogOut(dialog));
  showConnection(detail);
  onPersonal(told);
  showUnread();
  showOpenErrors();
  followRooms(chat);
}

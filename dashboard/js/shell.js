// What every page behind the login does: preferences, log out, connection.

import { api } from "./lib/api.js";
import { at } from "./lib/boot.js";
import { showConnection } from "./lib/connection-view.js";
import { bindCopyButtons } from "./lib/copy.js";
import { byId } from "./lib/dom.js";
import { bindPreferences } from "./lib/preferences.js";
import { expectEnd, onPersonal } from "./lib/realtime.js";
import { report } from "./lib/report.js";

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
  location.assign(at("/login"));
}

/** `detail` is what stands beside "Live"; see connection-view.js. */
export function startShell(detail) {
  bindPreferences();
  bindCopyButtons();
  byId("log-out").addEventListener("click", logOut);
  showConnection(detail);
  onPersonal((data) => {
    if (data.type === "notice") report(`${data.title} · ${data.body}`, data.level === "error" ? "bad" : "ok");
  });
}

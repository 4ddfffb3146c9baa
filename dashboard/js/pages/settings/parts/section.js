// What every section of the settings does: the frame, its data, and the data again after a lost connection.

import { byId, setText } from "../../../lib/dom.js";
import { connect, connection } from "../../../lib/realtime.js";
import { startShell } from "../../../shell.js";

/** Starts the page; `load()` fetches and shows. The returned function does that again. */
export function startSection(load = async () => {}) {
  startShell();
  // In a row that scrolls, the entry of this page may be out of sight.
  const current = document.querySelector(".settings-link[aria-current]");
  new ResizeObserver(() => current.scrollIntoView({ block: "nearest", inline: "center" })).observe(current.closest("nav"));
  const failed = byId("settings-failed");
  async function run() {
    try {
      await load();
      failed.hidden = true;
    } catch (error) {
      if (error.status === undefined) throw error;
      setText(failed.querySelector(".alert-text"), error.text);
      failed.hidden = false;
    }
  }
  byId("settings-again").addEventListener("click", run);
  let lost = false;
  connection.watch(({ state }) => {
    if (state === "live" && lost) run();
    lost = state === "waiting" || state === "offline";
  });
  run();
  connect();
  return run;
}

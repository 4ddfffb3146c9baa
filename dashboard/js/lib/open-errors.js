// The number beside "Errors" in the rail: how many are open. Only admins have that entry.

import { api } from "./api.js";
import { setText, setTitle } from "./dom.js";
import { integer } from "./format.js";
import { t } from "./i18n.js";
import { connection } from "./realtime.js";
import { createStore } from "./store.js";
import { short } from "./unread.js";

// Errors are looked at within minutes, not seconds: their own page listens to what comes.
const EVERY_MS = 60_000;
// After a lost connection: who is no longer an admin is led away from the page meanwhile.
const RETURNED_MS = 10_000;

/** `{count}`: null as long as nobody has told. */
export const openErrors = createStore({ count: null });

async function ask() {
  try {
    const { open } = await api.get("/api/errors?limit=1");
    openErrors.set({ count: open });
  } catch (error) {
    // The number is an extra: the page goes on with the last one.
    if (error.status === undefined) throw error;
  }
}

export function showOpenErrors() {
  const badge = document.querySelector("[data-badge='errors']");
  if (!badge) return;
  openErrors.watch(({ count }) => {
    badge.hidden = !count;
    setText(badge, count ? short(count) : "");
    setTitle(badge, count ? t("errors.open", { count, number: integer(count) }) : "");
  });
  let live = false;
  let lost = false;
  connection.watch(({ state }) => {
    if (state === "live" && !live && lost) setTimeout(ask, RETURNED_MS);
    live = state === "live";
    lost ||= state === "waiting" || state === "offline";
  });
  ask();
  setInterval(() => live && !document.hidden && ask(), EVERY_MS);
}

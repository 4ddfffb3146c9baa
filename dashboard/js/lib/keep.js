// What this browser keeps of an account's unfinished writing. Logging out forgets it: others may use the browser.

import { boot } from "./boot.js";

const own = `chat:${boot.user?.id}:`;

/** The value kept under `name`, or `otherwise`. */
export function kept(name, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(own + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keeps `value` under `name`; null keeps nothing. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(own + name);
    else localStorage.setItem(own + name, JSON.stringify(value));
  } catch {
    // Without storage it lasts as long as the page.
  }
}

/** All values kept under names that start with `start`. */
export function keptAll(start) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(own + start));
    return names.map((name) => kept(name.slice(own.length))).filter((value) => value !== null);
  } catch {
    return [];
  }
}

export function forget() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(own)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept either.
  }
}

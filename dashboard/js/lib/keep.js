// What this browser keeps of an account's unfinished writing. Logging out forgets it: others may use the browser.

import { boot } from "./boot.js";

const own = `chat:${boot.user?.id}:`;

// Lists ask for the same names again and again, and each question to the storage waits for the disk.
const known = new Map();

// Another window has changed something (null: everything).
addEventListener("storage", ({ key }) => (key === null ? known.clear() : known.delete(key)));

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

/** The value kept under `name`, or `otherwise`. */
export function kept(name, otherwise = null) {
  const key = own + name;
  if (!known.has(key)) known.set(key, read(key));
  return known.get(key) ?? otherwise;
}

/** Keeps `value` under `name`; null keeps nothing. */
export function keep(name, value) {
  known.set(own + name, value);
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
  known.clear();
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(own)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept either.
  }
}

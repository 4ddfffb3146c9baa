// What somebody chose to see, such as the columns of a table: kept for their account in this browser, also after they
// log out.

import { boot } from "./boot.js";

const keyOf = (name) => `choice:${boot.user?.id}:${name}`;

/** What was chosen under `name`, or null. */
export function chosen(name) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(name)));
  } catch {
    return null;
  }
}

/** Keeps a choice; null forgets it. */
export function choose(name, value) {
  try {
    if (value === null) localStorage.removeItem(keyOf(name));
    else localStorage.setItem(keyOf(name), JSON.stringify(value));
  } catch {
    // Without storage it lasts as long as the page.
  }
}

// Keys that work all over a page, and the sheet that names them.
//
// A key on its own is left alone while one types; a sequence (g, then a letter) must be finished within a second.

import { byId, el } from "./dom.js";

const SEQUENCE_MS = 1000;

const known = [];
let begun = null;

const writes = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select, .xterm *"));

function pressed(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) return `ctrl+${key}`;
  return event.ctrlKey || event.metaKey || event.altKey ? null : key;
}

function handle(event) {
  const key = pressed(event);
  if (key === null || event.isComposing) return;
  const chord = key.startsWith("ctrl+");
  // What is open over the page has keys of its own.
  if (!chord && (writes(event.target) || document.querySelector("dialog[open], [popover]:popover-open"))) return;
  const first = begun && event.timeStamp - begun.at < SEQUENCE_MS ? begun.key : null;
  begun = null;
  const wanted = first ? `${first} ${key}` : key;
  const found = known.find(({ keys }) => keys === wanted);
  if (found) {
    event.preventDefault();
    found.run();
  } else if (!chord && known.some(({ keys }) => keys.startsWith(`${key} `))) {
    begun = { key, at: event.timeStamp };
  }
}

/** Adds shortcuts: `{keys: "ctrl+k" | "?" | "g o", label, run}`. */
export function addShortcuts(shortcuts) {
  if (known.length === 0) document.addEventListener("keydown", handle);
  known.push(...shortcuts);
}

/** The sheet of all shortcuts of this page. */
export function openSheet() {
  const dialog = byId("keys-dialog");
  const names = { ctrl: "Ctrl" };
  byId("keys-list").replaceChildren(
    ...known.flatMap(({ keys, label }) => [
      el(
        "dt",
        {},
        ...keys.split(/[ +]/).map((key) => el("kbd", { className: "key", textContent: names[key] ?? key.toUpperCase() })),
      ),
      el("dd", { textContent: label }),
    ]),
  );
  dialog.showModal();
}

// A line that says what an action did, and leaves by itself.

import { byId, el, icon } from "./dom.js";

// Long enough to read two lines at an easy pace.
const STAYS_MS = 6000;

/** Shows `text`; `state` is "ok" or "bad". */
export function report(text, state = "ok") {
  const line = el("p", { className: "report", data: { state } }, icon(state === "ok" ? "done" : "alert"), text);
  byId("reports").append(line);
  setTimeout(() => line.remove(), STAYS_MS);
}

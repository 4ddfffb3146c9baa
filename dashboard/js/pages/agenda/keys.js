// The keyboard on an occurrence: arrows go to the next one, with Shift they move it, with Alt and Shift its end.

import { stepOf } from "./move.js";

const STEP_MINUTES = 15;
const WEEK = 7;

/** What an arrow does, in days and minutes; null where it means nothing. */
function stepFor(key, { inHours, inMonth }, item, end) {
  const days = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (days) return end && inHours && !item.allDay ? null : { days };
  const sign = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (!sign) return null;
  if (inMonth) return end ? null : { days: sign * WEEK };
  if (!inHours) return null;
  return item.allDay ? null : { minutes: sign * STEP_MINUTES };
}

/** `itemOf(key)`, `move(item, step)`; `view()` names the view. */
export function bindKeys(root, { itemOf, move, view }) {
  root.addEventListener("keydown", (event) => {
    const node = event.target.closest(".agenda-event");
    if (!node || !event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey) return;
    if (!event.shiftKey) {
      const all = [...root.querySelectorAll(".agenda-event")];
      const next = all[all.indexOf(node) + (["ArrowDown", "ArrowRight"].includes(event.key) ? 1 : -1)];
      if (event.altKey || !next) return;
      event.preventDefault();
      next.focus();
      return;
    }
    const item = itemOf(node.dataset.key);
    if (!item?.editable) return;
    const inHours = view() === "week" || view() === "day";
    const step = stepFor(event.key, { inHours, inMonth: view() === "month" }, item, event.altKey);
    if (!step) return;
    event.preventDefault();
    move(item, (known) => stepOf(known, { ...step, end: event.altKey }));
  });
}

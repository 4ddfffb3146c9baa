// What a press on a chart offers for that moment: its logs, its errors, and a closer look.

import { byId, setText } from "../../lib/dom.js";
import { exactTime } from "../../lib/format.js";
import { logsPath } from "./bar.js";
import { view, windowOf } from "./view.js";

// Around a moment of the live view; a longer range has wider moments.
const LEAST_S = 30;
const PARTS = 60;
const CLOSER = 6;

/** Prepares the menu; the returned `open(seconds, event)` shows it where the chart was pressed. */
export function bindMoment() {
  const menu = byId("moment");
  const item = (action) => menu.querySelector(`[data-action="${action}"]`);
  let around = [0, 0];
  item("zoom").addEventListener("click", () => {
    menu.hidePopover();
    view.set({ from: around[0], to: around[1] });
  });
  addEventListener("scroll", () => menu.hidePopover(), { passive: true });
  return (seconds, event) => {
    const [from, to] = windowOf(view.get());
    const half = Math.max(LEAST_S, (to - from) / PARTS / 2);
    const wide = Math.max(LEAST_S, (to - from) / CLOSER / 2);
    around = [Math.floor(seconds - wide), Math.ceil(seconds + wide)];
    setText(byId("moment-time"), exactTime(new Date(seconds * 1000)));
    item("logs").href = logsPath(seconds - half, seconds + half);
    item("errors").href = logsPath(seconds - half, seconds + half, { level: "error" });
    menu.showPopover();
    menu.style.left = `${Math.max(8, Math.min(event.clientX + 8, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(event.clientY + 8, innerHeight - menu.offsetHeight - 8))}px`;
    item("logs").focus({ preventScroll: true });
  };
}

// The bar above the charts: which range, what it is narrowed to, and the logs of the same time.

import { at } from "../../lib/boot.js";
import { showChips } from "../../lib/chips.js";
import { byId } from "../../lib/dom.js";
import { dayAndTime, timeWithSeconds } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { view, windowOf } from "./view.js";

const DAY_MS = 86_400_000;

/** The logs of a window, as their page takes it. */
export function logsPath(from, to, more = {}) {
  const [first, last] = [from, to].map((seconds) => new Date(seconds * 1000).toISOString());
  return at(`/logs?${new URLSearchParams({ ...more, from: first, to: last })}`);
}

function spanText(from, to) {
  const [first, last] = [from, to].map((seconds) => new Date(seconds * 1000));
  const near = last - first < DAY_MS && first.toDateString() === last.toDateString();
  return t("monitoring.span", {
    from: near && Date.now() - first < DAY_MS ? timeWithSeconds(first) : dayAndTime(first),
    to: near ? timeWithSeconds(last) : dayAndTime(last),
  });
}

export function bindBar() {
  const choice = byId("monitoring-range");
  choice.addEventListener("change", ({ target }) => view.set({ range: target.value, from: null, to: null }));
  view.watch((state) => {
    for (const input of choice.querySelectorAll("input")) input.checked = input.value === state.range;
    const chips = [];
    if (state.from !== null) {
      chips.push({ key: "time", label: t("monitoring.time"), value: spanText(state.from, state.to) });
    }
    if (state.route) chips.push({ key: "route", label: t("monitoring.route"), value: state.route });
    showChips(byId("monitoring-chips"), chips, (key) => {
      view.set(key === "time" ? { from: null, to: null } : { route: "" });
    });
  });
  const logs = byId("monitoring-logs");
  // Worked out when it is followed: a range that ends now moves on.
  const aim = () => {
    logs.href = logsPath(...windowOf(view.get()));
  };
  for (const name of ["pointerdown", "focus", "keydown"]) logs.addEventListener(name, aim);
  // A press on the range that is on, while zoomed, goes back to it.
  choice.addEventListener("click", ({ target }) => {
    if (target.value === view.get().range && view.get().from !== null) view.set({ from: null, to: null });
  });
}

// The filters that are on, each as a chip that one can take away.

import { el, icon } from "./dom.js";
import { t } from "./i18n.js";

/** Shows `chips`, `{key, label, value}`, in `place`; `remove(key)` is called for the one that is pressed. */
export function showChips(place, chips, remove) {
  const focused = place.contains(document.activeElement) ? [...place.children].indexOf(document.activeElement) : -1;
  place.replaceChildren(
    ...chips.map(({ key, label, value }) => {
      const chip = el(
        "button",
        { className: "chip", type: "button", title: t("chip.remove", { label, value }) },
        el("span", { className: "chip-label", textContent: label }),
        el("span", { className: "chip-value cut", textContent: value }),
        icon("close"),
      );
      chip.addEventListener("click", () => remove(key));
      return chip;
    }),
  );
  place.hidden = chips.length === 0;
  // Whoever takes chips away by keyboard goes on with the next one.
  if (focused >= 0) place.children[Math.min(focused, chips.length - 1)]?.focus();
}

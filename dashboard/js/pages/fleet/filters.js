// The conditions: a text to look for, a form behind a button, a chip for each that is on.

import { showChips } from "../../lib/chips.js";
import { byId } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { keepBeside } from "../../lib/place.js";
import { bindSearchField, later } from "../../lib/search-field.js";
import { CONDITIONS, query } from "./query.js";

const LABELS = () => ({
  user: t("clients.user"),
  app: t("clients.app"),
  version: t("fleet.version"),
  os: t("clients.os"),
  connected: t("fleet.state"),
  silent_days: t("fleet.silence"),
  behind: t("fleet.version_state"),
});

function valueOf(key, value) {
  if (key === "connected") return t(value === "true" ? "fleet.connected" : "fleet.not_connected");
  if (key === "behind") return t(value === "true" ? "fleet.behind" : "fleet.not_behind");
  if (key === "silent_days") return t("fleet.days_or_more", { count: Number(value) });
  return value;
}

function bindForm(form, fill) {
  const apply = () => {
    // What is not a whole number of days yet waits until it is.
    if (!form.checkValidity()) return;
    query.change(Object.fromEntries(new FormData(form)));
  };
  form.addEventListener("input", later(apply));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
    byId("fleet-filter").hidePopover();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    query.change(Object.fromEntries(CONDITIONS.map((key) => [key, ""])));
    fill();
  });
}

export function bindFilters() {
  const [button, menu, form, search] = ["fleet-filter-open", "fleet-filter", "fleet-filter-form", "fleet-search"].map(
    byId,
  );
  const fill = () => {
    const now = query.get();
    for (const key of CONDITIONS) {
      const field = form.elements.namedItem(key);
      if (field) field.value = now[key] ?? "";
    }
  };
  bindForm(form, fill);
  menu.addEventListener("beforetoggle", ({ newState }) => {
    if (newState === "open") fill();
  });
  keepBeside(menu, button);
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") form.querySelector("input").focus({ preventScroll: true });
  });
  search.value = query.get().search ?? "";
  bindSearchField(search, (words) => query.change({ search: words }));
  const labels = LABELS();
  query.watch((now) => {
    const chips = CONDITIONS.filter((key) => now[key]).map((key) => ({
      key,
      label: labels[key],
      value: valueOf(key, now[key]),
    }));
    showChips(byId("fleet-chips"), chips, (key) => query.change({ [key]: "" }));
  });
}

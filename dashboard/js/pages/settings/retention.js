// The bounds in force: what is used of each, and the setting that changes it.

import { api } from "../../lib/api.js";
import { byId, el } from "../../lib/dom.js";
import { bytesText, duration, integer, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { startSection } from "./parts/section.js";

// From here one should look: the oldest is about to go, or nothing new is taken.
const WARN = 90;

const SAY = {
  bytes: bytesText,
  days: (count) => t("settings.limits.days", { count, number: integer(count) }),
  seconds: duration,
  count: integer,
};

function meter(used, value, unit) {
  const share = Math.min(100, (100 * used) / value);
  const part = el("span", { className: "limit-part" });
  part.style.inlineSize = `${share}%`;
  part.hidden = used === 0;
  // Days that are over are the rule, and no alarm.
  const state = share >= WARN && unit !== "days" ? "warn" : "";
  return el("span", { className: "limit-meter", data: { state }, title: `${percent(share)}\u00a0%`, aria: { hidden: "true" } }, part);
}

function row({ name, setting, value, unit, used }) {
  const say = SAY[unit];
  return el(
    "li",
    { className: "limit" },
    el(
      "span",
      { className: "limit-name" },
      t(`settings.limit.${name}`),
      setting
        ? el("code", { className: "limit-setting", textContent: setting })
        : el("span", { className: "limit-setting", textContent: t("settings.limits.fixed") }),
    ),
    el("span", { className: "limit-number", textContent: used === null ? "–" : say(used) }),
    used === null ? el("span") : meter(used, value, unit),
    el("span", { className: "limit-number limit-bound", textContent: say(value) }),
  );
}

const EVERY_MS = 30_000;

async function load() {
  const { items } = await api.get("/api/limits");
  byId("limits").replaceChildren(...items.map(row));
  byId("limits").removeAttribute("aria-busy");
}

const again = startSection(load);
setInterval(() => document.hidden || again(), EVERY_MS);

// The fields of the form that no browser has: reminders, colours, time zones.

import { showChips } from "../../lib/chips.js";
import { byId, el } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { readerZone } from "./days.js";
import { reminderText, zoneTitle } from "./say.js";

const OFFERED = [0, 5, 10, 15, 30, 60, 120, 1440, 2880, 10_080];
// As the API takes them.
const MOST = 5;
/** Name and value; the order is that of the series' colours. */
export const COLORS = [
  ["blue", "#2f6fed"],
  ["orange", "#d9621e"],
  ["green", "#159a73"],
  ["pink", "#c2528b"],
  ["yellow", "#c28a0a"],
  ["sky", "#3a9fcf"],
  ["red", "#d13b3b"],
  ["grey", "#6b7280"],
];

export const colorName = (color) => {
  const known = COLORS.find(([, value]) => value === color);
  return color === null ? t("agenda.color.none") : known ? t(`agenda.color.${known[0]}`) : color;
};

/** `{set(minutes), get()}`, the sooner before the start the earlier in the list. */
export function createReminders(changed) {
  const [place, select] = [byId("event-reminders"), byId("event-remind")];
  let minutes = [];

  function draw() {
    const chips = minutes.map((value) => ({ key: value, label: "", value: reminderText(value) }));
    showChips(place, chips, (key) => {
      minutes = minutes.filter((value) => value !== key);
      draw();
      changed();
    });
    const free = OFFERED.filter((value) => !minutes.includes(value));
    select.replaceChildren(
      el("option", { value: "", textContent: t("agenda.reminder.add") }),
      ...free.map((value) => el("option", { value: String(value), textContent: reminderText(value) })),
    );
    select.disabled = minutes.length >= MOST;
  }

  select.addEventListener("change", () => {
    if (select.value === "") return;
    minutes = [...minutes, Number(select.value)].sort((a, b) => a - b);
    draw();
    changed();
  });
  return {
    set(given) {
      minutes = [...given].sort((a, b) => a - b);
      draw();
    },
    get: () => minutes,
  };
}

/** Radio buttons named `color`; one that an event has from elsewhere is offered as well. */
export function showColors(chosen) {
  const values = [null, ...COLORS.map(([, value]) => value)];
  if (!values.includes(chosen)) values.push(chosen);
  const options = values.map((value) => {
    const name = colorName(value);
    const choice = { type: "radio", name: "color", value: value ?? "", checked: value === chosen };
    const input = el("input", { ...choice, aria: { label: name } });
    const label = el("label", { className: "agenda-color", title: name }, input);
    if (value) label.style.setProperty("--tone", value);
    return label;
  });
  byId("event-colors").replaceChildren(...options);
}

let zones = null;

function allZones() {
  if (zones) return zones;
  try {
    zones = Intl.supportedValuesOf("timeZone");
  } catch {
    zones = [];
  }
  return zones;
}

/** Fills the list of zones; "" is the clock of whoever reads. */
export function showZones(select, chosen) {
  const option = (value, textContent) => el("option", { value, textContent });
  const others = allZones().filter((zone) => zone !== readerZone && zone !== chosen);
  const first = [...new Set([readerZone, ...(chosen ? [chosen] : [])])];
  if (select.dataset.filled !== String(chosen)) {
    select.replaceChildren(
      ...first.map((zone) => option(zone, zoneTitle(zone))),
      option("", t("agenda.zone.floating")),
      ...others.map((zone) => option(zone, zone.replaceAll("_", " "))),
    );
    select.dataset.filled = String(chosen);
  }
  select.value = chosen ?? "";
}

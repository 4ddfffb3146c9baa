// The editor of a repetition, in plain words.

import { byId, el, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { addMonths, isDay, weekdayOf, weekdays } from "./days.js";
import { FREQUENCIES, isLastOf, moved, newModel, nthOf, parseRule, ruleText } from "./rule.js";
import { capital, weekdayLetter, weekdayName } from "./say.js";
import { nthDay, sentence } from "./sentence.js";

const KEEP = "keep";
const PARTS = ["kind", "every", "every-part", "every-label", "unit", "days", "monthly"].concat(
  ["end", "end-part", "until", "count", "count-part", "sentence"],
);
const UNTIL_MONTHS = 3;

/** The editor over the fields of the form; `changed()` follows each change. */
export function createRepeat(changed) {
  const part = Object.fromEntries(PARTS.map((name) => [name, byId(`repeat-${name}`)]));
  /** What the event has, and a model of it where there is one. */
  let kept = null;
  let model = null;
  let day = null;
  // A rule that nobody touches is sent as it came, not as the editor would write it.
  let touched = false;

  const option = (value, text) => el("option", { value, textContent: text });

  function drawKinds() {
    const custom = kept !== null && model === null;
    part.kind.replaceChildren(
      option("never", t("agenda.repeat.never")),
      ...FREQUENCIES.map((freq) => option(freq, t(`agenda.repeat.${freq}`))),
      ...(custom ? [option(KEEP, t("agenda.repeat.custom"))] : []),
    );
    part.kind.value = custom ? KEEP : (model?.freq ?? "never");
  }

  function drawDays() {
    const boxes = weekdays.map((weekday) =>
      el(
        "label",
        { className: "agenda-weekday-option", title: weekdayName(weekday) },
        el("input", {
          type: "checkbox",
          name: "repeat_day",
          value: String(weekday),
          checked: model.days.includes(weekday),
          aria: { label: weekdayName(weekday) },
        }),
        weekdayLetter(weekday),
      ),
    );
    part.days.replaceChildren(part.days.firstElementChild, ...boxes);
  }

  function drawMonthly() {
    const { monthly } = model;
    const date = monthly.by === "day" ? monthly.day : Number(day.slice(8));
    const choices = [[{ by: "day", day: date }, t("agenda.repeat.on_day", { day: integer(date) })]];
    const nth = (value, weekday) => {
      const same = choices.some(([choice]) => choice.nth === value && choice.weekday === weekday);
      const text = capital(t("agenda.repeat.on_nth", { day: nthDay(value, weekday) }));
      if (!same) choices.push([{ by: "nth", nth: value, weekday }, text]);
    };
    if (monthly.by === "nth") nth(monthly.nth, monthly.weekday);
    if (nthOf(day) < 5) nth(nthOf(day), weekdayOf(day));
    if (isLastOf(day)) nth(-1, weekdayOf(day));
    const options = choices.map(([choice, text]) => {
      const input = el("input", { type: "radio", name: "repeat_monthly" });
      input.checked = JSON.stringify(choice) === JSON.stringify(monthly);
      input.addEventListener("change", () => {
        change({ monthly: choice });
        part.monthly.querySelector("input:checked").focus();
      });
      return el("label", { className: "agenda-choice" }, input, text);
    });
    part.monthly.replaceChildren(part.monthly.firstElementChild, ...options);
  }

  function draw() {
    const freq = model?.freq;
    for (const name of ["every-part", "end-part"]) part[name].hidden = !model;
    part.days.hidden = freq !== "weekly";
    part.monthly.hidden = freq !== "monthly";
    if (!model) {
      const text = part.kind.value === KEEP ? t("agenda.says.custom", { rule: kept }) : "";
      return setText(part.sentence, text);
    }
    if (freq === "weekly") drawDays();
    if (freq === "monthly") drawMonthly();
    if (document.activeElement !== part.every) part.every.value = String(model.interval);
    setText(part["every-label"], t(`agenda.repeat.every.${freq}`));
    setText(part.unit, t(`agenda.repeat.unit.${freq}`, { count: model.interval }));
    part.end.value = model.end.kind;
    part.until.hidden = model.end.kind !== "until";
    part["count-part"].hidden = model.end.kind !== "count";
    if (model.end.kind === "until" && document.activeElement !== part.until) part.until.value = model.end.date;
    if (model.end.kind === "count" && document.activeElement !== part.count) part.count.value = String(model.end.count);
    setText(part.sentence, sentence(model, day));
  }

  function change(patch) {
    touched = true;
    model = { ...model, ...patch };
    draw();
    changed();
  }

  part.kind.addEventListener("change", () => {
    touched = true;
    const { value } = part.kind;
    if (value === "never") model = null;
    else if (value === KEEP) model = null;
    else model = { ...newModel(value, day), ...(model && { interval: model.interval, end: model.end }) };
    draw();
    changed();
  });
  part.every.addEventListener("input", () => {
    const interval = part.every.valueAsNumber;
    if (interval >= 1 && interval <= 1000) change({ interval: Math.round(interval) });
  });
  part.days.addEventListener("change", ({ target }) => {
    const days = [...part.days.querySelectorAll("input:checked")].map(({ value }) => Number(value));
    const { value } = target;
    // At least one day, always: without one there is nothing to repeat.
    change({ days: days.length > 0 ? days : model.days });
    part.days.querySelector(`input[value="${value}"]`).focus();
  });
  part.end.addEventListener("change", () => {
    const kinds = {
      never: { kind: "never" },
      until: { kind: "until", date: addMonths(day, UNTIL_MONTHS) },
      count: { kind: "count", count: 10 },
    };
    change({ end: kinds[part.end.value] });
  });
  part.until.addEventListener("input", () => {
    if (isDay(part.until.value)) change({ end: { kind: "until", date: part.until.value } });
  });
  part.count.addEventListener("input", () => {
    const count = part.count.valueAsNumber;
    if (count >= 1 && count <= 5000) change({ end: { kind: "count", count: Math.round(count) } });
  });

  return {
    set(rule, start, zone) {
      [kept, day, touched] = [rule, start, false];
      model = rule === null ? null : parseRule(rule, start, zone);
      drawKinds();
      draw();
    },
    /** The event starts on another day: what named the old one names the new one. */
    startAt(start) {
      if (model && start !== day) {
        model = moved(model, day, start);
        touched = true;
      }
      day = start;
      draw();
    },
    /** The rule for an event that starts on `first`, or null. */
    get(first) {
      if (part.kind.value === KEEP || !touched) return kept;
      return model ? ruleText(model, first) : null;
    },
    /** Whether the rule ends before it begins. */
    fault: () => (model?.end.kind === "until" && model.end.date < day ? t("agenda.repeat.until_early") : null),
  };
}

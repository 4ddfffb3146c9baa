// Repetition rules (RFC 5545) as far as the editor speaks of them: text to model and back. Pure.
//
// A model is `{freq, interval, days, monthly, wkst, end}`: `days` of a weekly rule (0 is Monday), `monthly` either
// `{by: "day", day}` or `{by: "nth", nth, weekday}` (nth -1: the last), `end` one of `{kind: "never"}`,
// `{kind: "until", date}`, `{kind: "count", count}`. A rule that says anything else is no model: it is kept as it is.

import { addDays, daysBetween, localOf, weekdayOf } from "./days.js";

const NAMES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
export const FREQUENCIES = ["daily", "weekly", "monthly", "yearly"];
const NEVER = { kind: "never" };

const dayOfMonth = (day) => Number(day.slice(8, 10));
const monthOf = (day) => Number(day.slice(5, 7));
export const nthOf = (day) => Math.ceil(dayOfMonth(day) / 7);
export const isLastOf = (day) => addDays(day, 7).slice(0, 7) !== day.slice(0, 7);

/** What the editor begins with for an event that starts on `day`. */
export const newModel = (freq, day) => ({
  freq,
  interval: 1,
  days: [weekdayOf(day)],
  monthly: { by: "day", day: dayOfMonth(day) },
  wkst: null,
  end: NEVER,
});

function untilDate(text, zone) {
  const [, year, month, day, time, zulu] = /^(\d{4})(\d{2})(\d{2})(?:T(\d{6})(Z?))?$/.exec(text) ?? [];
  if (!year) return null;
  const date = `${year}-${month}-${day}`;
  if (!zulu) return date;
  const at = new Date(`${date}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`);
  return Number.isNaN(at.getTime()) ? null : localOf(zone, at).slice(0, 10);
}

function endOf({ COUNT, UNTIL }, zone) {
  if (COUNT) return { kind: "count", count: Number(COUNT) };
  if (!UNTIL) return NEVER;
  const date = untilDate(UNTIL, zone);
  return date && { kind: "until", date };
}

const PARTS = {
  DAILY: [],
  WEEKLY: ["BYDAY"],
  MONTHLY: ["BYDAY", "BYMONTHDAY"],
  YEARLY: ["BYMONTH", "BYMONTHDAY"],
};

/** The model of a rule for an event that starts on `day`, on the clock of `zone`; null without words for it. */
export function parseRule(text, day, zone) {
  const parts = Object.fromEntries(
    text
      .replace(/^RRULE:/, "")
      .split(";")
      .map((part) => part.split("=")),
  );
  const { FREQ, INTERVAL = "1", BYDAY, BYMONTHDAY, BYMONTH, WKST = null } = parts;
  const known = ["FREQ", "INTERVAL", "WKST", "COUNT", "UNTIL", ...(PARTS[FREQ] ?? [])];
  if (!PARTS[FREQ] || Object.keys(parts).some((name) => !known.includes(name))) return null;
  const end = endOf(parts, zone);
  if (!end) return null;
  const model = { ...newModel(FREQ.toLowerCase(), day), interval: Number(INTERVAL), wkst: WKST, end };
  if (FREQ === "WEEKLY" && BYDAY) {
    model.days = BYDAY.split(",").map((name) => NAMES.indexOf(name));
    if (model.days.includes(-1)) return null;
  }
  if (FREQ === "MONTHLY" && BYDAY) {
    const [, nth, name] = /^(-1|[1-5])(MO|TU|WE|TH|FR|SA|SU)$/.exec(BYDAY) ?? [];
    if (!nth || BYMONTHDAY) return null;
    model.monthly = { by: "nth", nth: Number(nth), weekday: NAMES.indexOf(name) };
  }
  if (FREQ === "MONTHLY" && BYMONTHDAY) {
    if (!/^\d{1,2}$/.test(BYMONTHDAY)) return null;
    model.monthly = { by: "day", day: Number(BYMONTHDAY) };
  }
  if (FREQ === "YEARLY") {
    const other = (value, own) => value !== undefined && Number(value) !== own;
    if (other(BYMONTH, monthOf(day)) || other(BYMONTHDAY, dayOfMonth(day))) return null;
    if (BYMONTHDAY && !BYMONTH) return null;
  }
  return model;
}

/** The rule of a model. What the start says already is left out, so that the rule moves with the event. */
export function ruleText({ freq, interval, days, monthly, wkst, end }, day) {
  const parts = [`FREQ=${freq.toUpperCase()}`];
  if (end.kind === "count") parts.push(`COUNT=${end.count}`);
  // A date stands for the whole day, whatever the clock.
  if (end.kind === "until") parts.push(`UNTIL=${end.date.replaceAll("-", "")}`);
  if (interval !== 1) parts.push(`INTERVAL=${interval}`);
  if (wkst) parts.push(`WKST=${wkst}`);
  if (freq === "weekly" && (days.length !== 1 || days[0] !== weekdayOf(day))) {
    parts.push(`BYDAY=${[...days].sort((a, b) => a - b).map((weekday) => NAMES[weekday])}`);
  }
  if (freq === "monthly") {
    if (monthly.by === "nth") parts.push(`BYDAY=${monthly.nth}${NAMES[monthly.weekday]}`);
    else if (monthly.day !== dayOfMonth(day)) parts.push(`BYMONTHDAY=${monthly.day}`);
  }
  return parts.join(";");
}

/** The model for an event that is moved from one day to another: a rule that named the old day names the new one. */
export function moved(model, from, to) {
  const shift = daysBetween(from, to);
  const days = model.days.map((weekday) => (((weekday + shift) % 7) + 7) % 7);
  let { monthly } = model;
  if (monthly.by === "day" && monthly.day === dayOfMonth(from)) monthly = { by: "day", day: dayOfMonth(to) };
  if (monthly.by === "nth") {
    const last = monthly.nth === -1 && isLastOf(to);
    monthly = { by: "nth", nth: last || nthOf(to) > 4 ? -1 : nthOf(to), weekday: weekdayOf(to) };
  }
  return { ...model, days, monthly };
}

// Days, times and zones in words, in the page's language.

import { boot } from "../../lib/boot.js";
import { timeOfDay } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { addDays, momentOf, readerZone, today, windowOf } from "./days.js";

const format = (options) => new Intl.DateTimeFormat(boot.lang, { hourCycle: "h23", ...options });
export const capital = (text) => text.charAt(0).toLocaleUpperCase(boot.lang) + text.slice(1);

const month = format({ month: "long", year: "numeric" });
const longDate = format({ dateStyle: "long" });
const fullDate = format({ dateStyle: "full" });
const dayAndMonth = format({ weekday: "long", day: "numeric", month: "long" });
const dateAndTime = format({ weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const dateInYear = format({ month: "long", day: "numeric" });
const shortMonth = format({ month: "short", day: "numeric" });
const [longWeekday, shortWeekday, narrowWeekday] = ["long", "short", "narrow"].map((weekday) => format({ weekday }));
// A Monday: any week has the same names.
const MONDAY = "2026-11-23";

export const weekdayName = (weekday) => longWeekday.format(momentOf(addDays(MONDAY, weekday)));
export const weekdayShort = (weekday) => shortWeekday.format(momentOf(addDays(MONDAY, weekday)));
export const weekdayLetter = (weekday) => narrowWeekday.format(momentOf(addDays(MONDAY, weekday)));
export const dayHead = (day) =>
  t("agenda.day_head", { weekday: shortWeekday.format(momentOf(day)), day: Number(day.slice(8)) });
export const dayLong = (day) => longDate.format(momentOf(day));
export const dayFull = (day) => capital(fullDate.format(momentOf(day)));
export const dayInYear = (day) => dateInYear.format(momentOf(day));
export const dayInMonth = (day) => shortMonth.format(momentOf(day));

/** A day of the list: with "today" where it is. */
export function dayTitle(day) {
  const text = (day.slice(0, 4) === today().slice(0, 4) ? dayAndMonth : fullDate).format(momentOf(day));
  return day === today() ? t("agenda.today_is", { day: text }) : capital(text);
}

/** What a view shows, as a title. */
export function windowTitle(view, day) {
  if (view === "month") return capital(month.format(momentOf(day)));
  if (view === "day") return dayFull(day);
  const { from, to } = windowOf(view, day);
  return longDate.formatRange(momentOf(from), momentOf(addDays(to, -1)));
}

/** When an occurrence is, in full: what a card and a screen reader say. */
export function when(item) {
  if (item.allDay) {
    const span = fullDate.formatRange(momentOf(item.first), momentOf(item.last));
    return t("agenda.when_all_day", { days: capital(span) });
  }
  const { starts, ends } = item;
  const oneDay = item.first === item.last;
  if (!oneDay) return capital(dateAndTime.formatRange(starts, ends));
  return t("agenda.when", { day: dayFull(item.first), from: timeOfDay(starts), to: timeOfDay(ends) });
}

/** The time alone: what stands beside a title. */
export const times = ({ starts, ends }) => t("agenda.times", { from: timeOfDay(starts), to: timeOfDay(ends) });

const zoneName = (zone, date, timeZoneName) => {
  try {
    const parts = new Intl.DateTimeFormat(boot.lang, { timeZone: zone, timeZoneName }).formatToParts(date);
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
  } catch {
    return zone;
  }
};

/** "Tokyo, GMT+9": the city that an IANA name ends with, and how far its clock is. */
export function zoneTitle(zone, date = new Date()) {
  const offset = zoneName(zone, date, "shortOffset");
  const city = zone.split("/").at(-1).replaceAll("_", " ");
  return city === offset ? city : `${city}, ${offset}`;
}

export const readerOffset = (date) => zoneName(readerZone, date, "shortOffset");

/** The time on the event's own clock, where that is another one than the reader's; otherwise "". */
export function ownTime({ allDay, zone, starts, ends }) {
  if (allDay || !zone || zone === readerZone) return "";
  const clock = format({ hour: "2-digit", minute: "2-digit", timeZone: zone });
  const own = (date) => clock.format(date);
  // Two names for one clock are no difference for a reader.
  if (own(starts) === timeOfDay(starts) && own(ends) === timeOfDay(ends)) return "";
  return t("agenda.own_time", { from: own(starts), to: own(ends), zone: zoneTitle(zone, starts) });
}

/** Minutes before the start, in the largest unit that fits. */
export function reminderText(minutes) {
  if (minutes === 0) return t("agenda.reminder.start");
  for (const [unit, size] of [
    ["weeks", 10_080],
    ["days", 1440],
    ["hours", 60],
  ]) {
    if (minutes % size === 0) return t(`agenda.reminder.${unit}`, { count: minutes / size });
  }
  return t("agenda.reminder.minutes", { count: minutes });
}

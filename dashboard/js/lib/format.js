// Numbers, sizes and times as a person reads them, in the page's language and the reader's zone.

import { boot } from "./boot.js";
import { t } from "./i18n.js";

const digits = (most) => new Intl.NumberFormat(boot.lang, { maximumFractionDigits: most, minimumFractionDigits: most });
const [whole, tenth, hundredth] = [digits(0), digits(1), digits(2)];
const clock = new Intl.DateTimeFormat(boot.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockSeconds = new Intl.DateTimeFormat(boot.lang, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const clockMs = new Intl.DateTimeFormat(boot.lang, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const dayAndSeconds = new Intl.DateTimeFormat(boot.lang, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const dayAndClock = new Intl.DateTimeFormat(boot.lang, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const yearDay = new Intl.DateTimeFormat(boot.lang, { day: "numeric", month: "short", year: "numeric" });
const day = new Intl.DateTimeFormat(boot.lang, { day: "numeric", month: "short" });
const exact = new Intl.DateTimeFormat(boot.lang, { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" });

export const integer = (value) => whole.format(value);

/** Three significant places at most, so that a changing value keeps its width. */
export const decimal = (value) => {
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return whole.format(value);
  return (size >= 10 ? tenth : hundredth).format(value);
};

/** A rate in events a second: one place below 100, none above. */
export const rate = (value) => (value !== 0 && value < 100 ? tenth : whole).format(value);

/** A rate with its unit: by the minute where a second would say almost nothing. */
export const rateText = (value) =>
  value !== 0 && value < 0.1
    ? `${decimal(value * 60)}${t("unit.per_minute")}`
    : `${rate(value)}${t("unit.per_second")}`;

export const percent = (share) => (share > 0 && share < 10 ? tenth : whole).format(share);

const STEPS = ["unit.b", "unit.kib", "unit.mib", "unit.gib", "unit.tib"];

/** `[number, unit]` of a size in bytes, in powers of 1024. */
export function bytes(value) {
  let step = 0;
  while (Math.abs(value) >= 1000 && step < STEPS.length - 1) {
    value /= 1024;
    step += 1;
  }
  return [step === 0 ? whole.format(value) : decimal(value), t(STEPS[step])];
}

export const bytesText = (value) => bytes(value).join("\u00a0");

/** Milliseconds: finer below one, where a fast server lives. */
export const msNumber = (value) => (value >= 100 ? whole : value >= 1 ? tenth : hundredth).format(value);
export const ms = (value) => `${msNumber(value)}\u00a0ms`;

/** A rate on an axis, where every place that says nothing is noise. */
export const tickRate = new Intl.NumberFormat(boot.lang, { maximumFractionDigits: 2 }).format;

export const timeOfDay = (date) => clock.format(date);
export const timeWithSeconds = (date) => clockSeconds.format(date);
/** A line of the log: to the millisecond. */
export const timeWithMs = (date) => clockMs.format(date);
/** An edge of a range, short enough for a chip. */
export const dayWithSeconds = (date) => dayAndSeconds.format(date);
export const dayOfMonth = (date) => day.format(date);
/** A day of another year. */
export const dayOfYear = (date) => yearDay.format(date);
export const dayAndTime = (date) => dayAndClock.format(date);
export const exactTime = (date) => exact.format(date);

/** A length of time in its two largest units. */
export function duration(seconds) {
  const parts = [
    ["d", Math.floor(seconds / 86400)],
    ["h", Math.floor((seconds % 86400) / 3600)],
    ["min", Math.floor((seconds % 3600) / 60)],
    ["s", Math.floor(seconds % 60)],
  ];
  const first = parts.findIndex(([, value]) => value > 0);
  if (first < 0) return `0\u00a0${t("unit.s")}`;
  return parts
    .slice(first, first + 2)
    .filter(([, value], index) => index === 0 || value > 0)
    .map(([unit, value]) => `${value}\u00a0${t(`unit.${unit}`)}`)
    .join(" ");
}

const weekday = new Intl.DateTimeFormat(boot.lang, { weekday: "long", day: "numeric", month: "long" });
const fullDate = new Intl.DateTimeFormat(boot.lang, { dateStyle: "long" });
const nearDay = new Intl.RelativeTimeFormat(boot.lang, { numeric: "auto" });
const capital = (text) => text.charAt(0).toLocaleUpperCase(boot.lang) + text.slice(1);

/** A day in the reader's zone: "Today", "Yesterday", the weekday and date within the year, the whole date beyond. */
export function dayName(date, now) {
  const midnight = (of) => new Date(of.getFullYear(), of.getMonth(), of.getDate());
  // Rounded, because a day with a change of the clock has 23 or 25 hours.
  const ago = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (ago === 0 || ago === 1) return capital(nearDay.format(-ago, "day"));
  return capital((date.getFullYear() === now.getFullYear() ? weekday : fullDate).format(date));
}

/** Relative within an hour, the clock within a day, the date beyond. */
export function since(date, now) {
  const seconds = Math.max(0, Math.round((now - date) / 1000));
  if (seconds < 60) return t("time.seconds_ago", { count: seconds });
  if (seconds < 3600) return t("time.minutes_ago", { count: Math.floor(seconds / 60) });
  return seconds < 86400 ? clock.format(date) : dayAndClock.format(date);
}

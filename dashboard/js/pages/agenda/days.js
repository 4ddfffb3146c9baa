// Days as texts such as "2026-11-23", which compare, key and travel as they are; and the clocks of time zones.
//
// A local time is a text without a zone, "2026-11-23T09:00:00", as the API writes it. What stands on the page is on the
// reader's clock, which is that of the browser.

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
// As the API takes them.
const [FIRST_YEAR, LAST_YEAR] = [1900, 2200];
export const VIEWS = ["month", "week", "day", "list"];
/** Days that the list shows. */
const LIST_DAYS = 28;

export const readerZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const pad = (number) => String(number).padStart(2, "0");
const utc = (day) => Date.parse(`${day}T00:00:00Z`);
const written = (ms) => new Date(ms).toISOString().slice(0, 10);

export const dayOf = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
export const today = () => dayOf(new Date());
export const addDays = (day, count) => written(utc(day) + count * DAY_MS);
export const daysBetween = (from, to) => Math.round((utc(to) - utc(from)) / DAY_MS);
/** 0 is Monday. */
export const weekdayOf = (day) => (new Date(utc(day)).getUTCDay() + 6) % 7;
/** Midnight of a day, or a minute of it, on the reader's clock. */
export function momentOf(day, minutes = 0) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date, 0, minutes);
}
export const minuteOf = (date) => date.getHours() * 60 + date.getMinutes();

export function isDay(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text ?? "") || Number.isNaN(utc(text))) return false;
  const year = Number(text.slice(0, 4));
  // The first and the last year stay out, so that a window around a day is always one that the API takes.
  return written(utc(text)) === text && year > FIRST_YEAR && year < LAST_YEAR;
}

function weekInfo() {
  try {
    const locale = new Intl.Locale(navigator.language);
    return locale.getWeekInfo?.() ?? locale.weekInfo ?? null;
  } catch {
    return null;
  }
}

/** The first day of the week where the reader lives: by the browser's locale, Monday where it does not say. */
export const firstWeekday = ((weekInfo()?.firstDay ?? 1) + 6) % 7;
export const weekdays = Array.from({ length: 7 }, (_, at) => (firstWeekday + at) % 7);
export const startOfWeek = (day) => addDays(day, -((weekdayOf(day) - firstWeekday + 7) % 7));
const startOfMonth = (day) => `${day.slice(0, 8)}01`;

/** The same day of another month, or the last one of a shorter month. */
export function addMonths(day, count) {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + count, 0)).getUTCDate();
  return written(Date.UTC(year, month - 1 + count, Math.min(date, last)));
}

/** The days that a view shows around a day: `{from, to}`, `to` not included. */
export function windowOf(view, day) {
  if (view === "day") return { from: day, to: addDays(day, 1) };
  if (view === "list") return { from: day, to: addDays(day, LIST_DAYS) };
  if (view === "week") return { from: startOfWeek(day), to: addDays(startOfWeek(day), 7) };
  const from = startOfWeek(startOfMonth(day));
  const weeks = Math.ceil(daysBetween(from, startOfMonth(addMonths(day, 1))) / 7);
  return { from, to: addDays(from, weeks * 7) };
}

/** Where "next" (`direction` 1) and "previous" (-1) lead. */
export function stepped(view, day, direction) {
  if (view === "month") return addMonths(startOfMonth(day), direction);
  return addDays(day, direction * { week: 7, day: 1, list: LIST_DAYS }[view]);
}

export const daysOf = ({ from, to }) => Array.from({ length: daysBetween(from, to) }, (_, at) => addDays(from, at));

const clocks = new Map();

function clockOf(zone) {
  if (!clocks.has(zone)) {
    const [date, two] = ["numeric", "2-digit"];
    const parts = { year: date, month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23" };
    try {
      clocks.set(zone, new Intl.DateTimeFormat("en-US", { ...parts, timeZone: zone }));
    } catch {
      // A zone newer than the browser: the reader's own clock is the best guess.
      clocks.set(zone, new Intl.DateTimeFormat("en-US", parts));
    }
  }
  return clocks.get(zone);
}

/** The local time of a zone (null: the reader's) at a moment. */
export function localOf(zone, date) {
  const part = Object.fromEntries(
    clockOf(zone ?? readerZone)
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
}

/** The moment of a local time in a zone (null: the reader's). */
export function instantOf(zone, local) {
  const wanted = Date.parse(`${local}Z`);
  let at = wanted;
  // The second round settles what lies beside a change of the clock.
  for (let round = 0; round < 2; round += 1) at += wanted - Date.parse(`${localOf(zone, new Date(at))}Z`);
  return new Date(at);
}

/** Minutes between two local times, or two days. */
export const localMinutes = (from, to) => (Date.parse(stamp(to)) - Date.parse(stamp(from))) / MINUTE_MS;
/** A local time, or a day, some minutes later. */
export function addLocal(local, minutes) {
  const text = new Date(Date.parse(stamp(local)) + minutes * MINUTE_MS).toISOString();
  return text.slice(0, local.length === 10 ? 10 : 19);
}
const stamp = (local) => (local.length === 10 ? `${local}T00:00:00Z` : `${local}Z`);

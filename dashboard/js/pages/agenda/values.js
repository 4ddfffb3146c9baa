// What the form holds, made from an event and made into a request. Pure.
//
// The values are those of `FIELDS`: texts are "" where there is nothing; `start` and `end` are local times, of all-day
// events days, and the last day is included.

import { timeOfDay } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { addDays, addLocal, dayOf, instantOf, localMinutes, localOf, readerZone } from "./days.js";
import { colorName } from "./fields.js";
import { attendeeName } from "./people.js";
import { dayFull, reminderText, zoneTitle } from "./say.js";
import { ruleSentence } from "./sentence.js";

/** What an occurrence shares with its series. */
export const OF_SERIES = ["all_day", "time_zone", "rule", "attendees", "visibility"];
/** All of it, in the order in which two versions are compared. */
export const FIELDS = ["title", "start", "end", "place", "notes", "reminders", "color", ...OF_SERIES];

const lastDay = (end) => addDays(end, -1);

/** An event without anything yet, at a time: `{starts, ends}`, or all-day `{start, end}` with the end not included. */
export function newValues(at) {
  const allDay = at.start !== undefined;
  return {
    title: "",
    all_day: allDay,
    start: allDay ? at.start : localOf(readerZone, at.starts),
    end: allDay ? lastDay(at.end) : localOf(readerZone, at.ends),
    time_zone: allDay ? null : readerZone,
    place: "",
    notes: "",
    color: null,
    attendees: [],
    reminders: [],
    visibility: "private",
    rule: null,
  };
}

/** The values of an event, or of one occurrence of it. */
export function valuesOf(event, occurrence = null) {
  const changed = occurrence && event.recurrence?.changed.find((one) => one.occurrence === occurrence);
  const at = changed || {
    ...event,
    start: occurrence ?? event.start,
    end: occurrence ? addLocal(occurrence, localMinutes(event.start, event.end)) : event.end,
  };
  return {
    title: at.title,
    all_day: event.all_day,
    start: at.start,
    end: event.all_day ? lastDay(at.end) : at.end,
    time_zone: event.time_zone,
    place: at.place ?? "",
    notes: at.notes ?? "",
    color: at.color,
    attendees: event.attendees,
    reminders: [...at.reminders].sort((a, b) => a - b),
    visibility: event.visibility,
    rule: event.recurrence?.rule ?? null,
  };
}

const invited = ({ attendees }) => attendees.map(({ user_id, email }) => user_id ?? email).sort();
const comparable = (values, field) => JSON.stringify(field === "attendees" ? invited(values) : values[field]);
export const differs = (a, b, field) => comparable(a, field) !== comparable(b, field);
export const changedFields = (from, to) => FIELDS.filter((field) => differs(from, to, field));

const attendee = ({ user_id, email, name, response }) => (user_id ? { user_id, response } : { email, name, response });
const sent = {
  title: ({ title }) => title,
  place: ({ place }) => place.trim() || null,
  notes: ({ notes }) => notes.trim() || null,
  color: ({ color }) => color,
  reminders: ({ reminders }) => reminders,
  visibility: ({ visibility }) => visibility,
  attendees: ({ attendees }) => attendees.map(attendee),
};
const endOf = ({ all_day: allDay, end }) => (allDay ? addDays(end, 1) : end);

/** The request that makes the event. */
export function toInput(values) {
  const words = Object.fromEntries(Object.entries(sent).map(([field, make]) => [field, make(values)]));
  return {
    ...words,
    start: values.start,
    end: endOf(values),
    all_day: values.all_day,
    time_zone: values.all_day ? null : values.time_zone,
    recurrence: values.rule === null ? null : { rule: values.rule },
  };
}

/**
 * The change from `base` to `values`. Of a whole series, `first` is the event: what moves is its first occurrence, by
 * as much as the one that is shown.
 */
export function toPatch(base, values, first = null) {
  const fields = changedFields(base, values);
  const patch = Object.fromEntries(fields.filter((field) => sent[field]).map((field) => [field, sent[field](values)]));
  if (fields.includes("rule")) patch.recurrence = values.rule === null ? null : { rule: values.rule };
  if (["start", "end", "all_day", "time_zone"].some((field) => fields.includes(field))) {
    const start = first ? seriesStart(base, values, first) : values.start;
    patch.start = start;
    patch.end = addLocal(start, localMinutes(values.start, endOf(values)));
    if (fields.includes("all_day")) patch.all_day = values.all_day;
    const otherClock = fields.includes("time_zone") || fields.includes("all_day");
    if (otherClock) patch.time_zone = values.all_day ? null : values.time_zone;
  }
  return patch;
}

/** Where a series starts when its occurrence moves from `base` to `values`. */
export function seriesStart(base, values, first) {
  const size = values.all_day ? 10 : 19;
  const asTime = (local) => (local.length === 10 ? `${local}T00:00:00` : local);
  // From whole days to hours or back the clock is that of the form.
  if (base.all_day !== values.all_day) {
    const day = addDays(first.start.slice(0, 10), days(base.start, values.start));
    return values.all_day ? day : `${day}${values.start.slice(10)}`;
  }
  return addLocal(asTime(first.start), localMinutes(asTime(base.start), asTime(values.start))).slice(0, size);
}
const days = (from, to) => Math.round(localMinutes(from.slice(0, 10), to.slice(0, 10)) / 1440);

const moment = (local, allDay, zone) => {
  if (allDay) return dayFull(local.slice(0, 10));
  const date = instantOf(zone, local);
  const text = t("agenda.moment", { day: dayFull(local.slice(0, 10)), time: local.slice(11, 16) });
  if (!zone || zone === readerZone || localOf(readerZone, date) === local) return text;
  const own = { time: timeOfDay(date), day: dayFull(dayOf(date)) };
  return t("agenda.moment_own", { moment: text, zone: zoneTitle(zone, date), ...own });
};

/** A field in words, for comparing two versions. */
export function describe(values, field) {
  const none = t("agenda.none");
  const value = values[field];
  const ways = {
    start: () => moment(value, values.all_day, values.time_zone),
    end: () => moment(value, values.all_day, values.time_zone),
    all_day: () => t(value ? "agenda.yes" : "agenda.no"),
    time_zone: () => (value ? zoneTitle(value) : t("agenda.zone.floating")),
    rule: () => (value ? ruleSentence(value, values.start.slice(0, 10), values.time_zone) : t("agenda.repeat.never")),
    attendees: () => value.map(attendeeName).join(", ") || none,
    reminders: () => value.map(reminderText).join(", ") || none,
    color: () => colorName(value),
    visibility: () => t(`agenda.visibility.${value}`),
  };
  return ways[field]?.() ?? (value || none);
}

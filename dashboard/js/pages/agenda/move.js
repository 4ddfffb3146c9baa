// An occurrence that was dragged, or moved by keyboard, to another time.

import { byId, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { data, movedItem } from "./data.js";
import { addDays, localMinutes, localOf } from "./days.js";
import { moved, parseRule, ruleText } from "./rule.js";
import { when } from "./say.js";
import { change, find, isConflict, isGone, reschedule } from "./save.js";
import { seriesStart, valuesOf } from "./values.js";

// Keys that follow each other are one move.
const SETTLES_MS = 700;

/** The times of a move as the API takes them for one event or occurrence. */
function requested(item, to) {
  if (item.allDay) return { start: to.start, end: to.end };
  // A floating event has no moment of its own: it takes what the clock shows.
  if (!item.zone) return { start: localOf(null, to.starts), end: localOf(null, to.ends) };
  return { start: to.starts.toISOString(), end: to.ends.toISOString() };
}

/** Start and end as the form holds them. */
function local(item, to) {
  if (item.allDay) return { start: to.start, end: addDays(to.end, -1) };
  return { start: localOf(item.zone, to.starts), end: localOf(item.zone, to.ends) };
}

/** What a whole series, or the rest of it, becomes: `{base, mine}`. */
function ofSeries(event, item, scope, to) {
  const plain = { ...event, recurrence: { ...event.recurrence, changed: [] } };
  const base = valuesOf(plain, item.occurrence);
  const mine = { ...base, ...local(item, to) };
  const [from, day] = [base.start.slice(0, 10), mine.start.slice(0, 10)];
  const first = scope === "series" ? event.start.slice(0, 10) : from;
  const model = from === day ? null : parseRule(base.rule, first, event.time_zone);
  if (model) {
    const start = scope === "series" ? seriesStart(base, mine, event).slice(0, 10) : day;
    mine.rule = ruleText(moved(model, first, start), start);
  }
  return { base, mine };
}

/** What the page knew of an occurrence before it was moved; the rest is as it is now. */
const knownOf = (event, item) => ({
  ...valuesOf(event, event.recurrence ? item.occurrence : null),
  ...local(item, item.allDay ? item : { starts: item.starts, ends: item.ends }),
  title: item.title,
  place: item.place ?? "",
  color: item.color,
});

/** `{to(item, change), byKey(item, change)}`; `form` and `scopes` are the dialogs that may be needed. */
export function createMoves({ form, scopes }) {
  let pending = null;
  // One after the other, so that each knows the version that the one before it made.
  let sending = Promise.resolve();
  // By event: the versions that this page has replaced itself, and the last that it made. They are no conflict.
  const own = new Map();

  function current(item) {
    const known = own.get(item.id);
    return known?.replaced.has(item.version) ? { ...item, version: known.last } : item;
  }

  function replaced(item, { version }) {
    const known = own.get(item.id) ?? { replaced: new Set() };
    known.replaced.add(item.version);
    own.set(item.id, { ...known, last: version });
  }

  async function conflict(item, scope, to) {
    const event = await find(item.id);
    const former = knownOf(event, item);
    form.meet(event, { occurrence: item.occurrence, scope, former, mine: { ...former, ...local(item, to) } });
  }

  function send(item, scope, to) {
    const sent = sending.then(() => sendNow(current(item), scope, to));
    sending = sent.catch(() => {});
    return sent;
  }

  async function sendNow(item, scope, to) {
    try {
      if (!item.recurring || scope === "this") {
        replaced(item, await reschedule(item, item.recurring ? scope : "series", requested(item, to)));
      } else {
        const event = { ...(await find(item.id)), version: item.version };
        const { base, mine } = ofSeries(event, item, scope, to);
        await change({ event, occurrence: item.occurrence, scope }, base, mine);
      }
      setText(byId("agenda-spoken"), t("agenda.moved", { title: item.title, when: when(movedItem(item, to)) }));
    } catch (error) {
      if (error.status === undefined) throw error;
      if (isConflict(error)) return conflict(item, scope, to);
      report(isGone(error) ? t("agenda.gone_move", { title: item.title }) : error.text, "bad");
    }
  }

  /** `item` as it was before; `change` as in data.js. */
  async function to(item, given) {
    const same = item.allDay
      ? given.start === item.start && given.end === item.end
      : Number(given.starts) === Number(item.starts) && Number(given.ends) === Number(item.ends);
    if (same) return data.reload();
    data.preview(item.key, given);
    if (!item.recurring) {
      await send(item, "series", given);
      return data.reload();
    }
    return scopes.ask({
      title: t("agenda.move_title", { title: item.title }),
      text: when(movedItem(item, given)),
      submit: t("agenda.move_submit"),
      recurring: true,
      act: async (scope) => {
        await send(item, scope, given);
        data.reload();
      },
      dropped: data.reload,
    });
  }

  function settle() {
    const { item, given } = pending;
    pending = null;
    to(item, given);
  }

  return {
    to,

    /** One step of the keyboard: shown at once, sent when the keys rest. `step(item)` gives the change. */
    byKey(item, step) {
      if (pending && pending.item.key !== item.key) {
        clearTimeout(pending.timer);
        settle();
      }
      // What is on the page is the preview; what is sent names the version from before.
      const original = pending?.item ?? item;
      clearTimeout(pending?.timer);
      const given = step(item);
      pending = { item: original, given, timer: setTimeout(settle, SETTLES_MS) };
      data.preview(item.key, given);
      setText(byId("agenda-spoken"), when(movedItem(item, given)));
    },
    isPending: () => pending !== null,
  };
}

/** `item` moved by days and minutes, or its end alone. */
export function stepOf(item, { days = 0, minutes = 0, end = false }) {
  if (item.allDay) {
    const start = end ? item.start : addDays(item.start, days);
    const last = addDays(item.end, days);
    return { start, end: localMinutes(start, last) < 1440 ? addDays(start, 1) : last };
  }
  // On the clock, so that a day that is longer or shorter changes nothing.
  const shift = (date) => {
    const clock = [date.getDate() + days, date.getHours(), date.getMinutes() + minutes];
    return new Date(date.getFullYear(), date.getMonth(), ...clock);
  };
  if (!end) {
    const starts = shift(item.starts);
    return { starts, ends: new Date(starts.getTime() + (item.ends - item.starts)) };
  }
  const ends = shift(item.ends);
  return { starts: item.starts, ends: ends > item.starts ? ends : item.ends };
}

// The dialog in which an event is made and changed. Nothing typed is lost: not by a refusal, not by another's change,
// and not by closing, which asks first.

import { byId, setText } from "../../lib/dom.js";
import { bindForm, clearErrors } from "../../lib/form.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { hideConflict, isSeen, merged, showConflict } from "./conflict.js";
import { data } from "./data.js";
import { addDays, daysBetween } from "./days.js";
import { createInputs } from "./inputs.js";
import { change, create, find, isConflict, isGone, newKey } from "./save.js";
import { changedFields, differs, FIELDS, newValues, OF_SERIES, seriesStart, valuesOf } from "./values.js";

// A conflict that shows nothing is repeated at once, but not for ever.
const MOST_TRIES = 3;
const PLACES = { start: "start_date", end: "end_date", "recurrence.rule": "repeat", reminders: "event-remind" };
/** The input that shows what is wrong with a field of the API. */
const placeOf = (field) => (field.startsWith("attendees") ? "event-invite" : (PLACES[field] ?? field));

/** An error that the form shows at these fields. */
const refusal = (fields) => Object.assign(new Error("refused"), { status: 0, fields, text: Object.values(fields)[0] });

/** `{open(target), conflict(target, mine), isDirty()}`; see there. Null for those who only read. */
export function createForm() {
  const dialog = byId("event-dialog");
  if (!dialog) return null;
  const parts = ["form", "scope", "save", "discard", "actions"].map((name) => byId(`event-${name}`));
  const [form, scopes, save, discard, actions] = parts;
  /** `{event, occurrence, scope}`: `event` null for a new one, `occurrence` null for a single one. */
  let target = null;
  let base = null;
  let key = null;

  const isNew = () => target.event === null;
  const recurring = () => target.occurrence !== null;
  const inputs = createInputs({ seriesDay: () => seriesDay });

  /** The day of the series that moves with the one that is shown. */
  function seriesDay(start) {
    if (isNew() || !recurring() || target.scope !== "series") return start.slice(0, 10);
    return addDays(target.event.start.slice(0, 10), daysBetween(base.start.slice(0, 10), start.slice(0, 10)));
  }

  function read() {
    const values = inputs.read(base);
    if (recurring() && target.scope === "this") for (const field of OF_SERIES) values[field] = base[field];
    else {
      const whole = recurring() && target.scope === "series";
      values.rule = inputs.rule((whole ? seriesStart(base, values, target.event) : values.start).slice(0, 10));
    }
    return values;
  }

  const isDirty = () => dialog.open && (inputs.pending() || changedFields(base, read()).length > 0);

  function baseOf({ event, occurrence, scope }) {
    if (occurrence === null || scope === "this") return valuesOf(event, occurrence);
    // Whoever changes the series sees the series, also where this occurrence differs from it.
    const plain = { ...event, recurrence: { ...event.recurrence, changed: [] } };
    return valuesOf(plain, occurrence);
  }

  function fill(values) {
    const one = recurring() && target.scope === "this";
    setText(byId("event-title-head"), t(isNew() ? "agenda.new_title" : "agenda.edit_title"));
    setText(save, t(isNew() ? "agenda.create" : "agenda.save"));
    scopes.hidden = !recurring();
    if (recurring()) form.elements.scope.value = target.scope;
    for (const part of form.querySelectorAll("[data-series]")) part.hidden = one;
    byId("event-repeat").hidden = one;
    inputs.fill(values, seriesDay(base.start));
  }

  function show(values) {
    clearErrors(form);
    hideConflict();
    closing(false);
    key = newKey();
    fill(values);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  function closing(asks) {
    discard.hidden = !asks;
    actions.hidden = asks;
    if (asks) byId("event-keep").focus();
  }

  function close() {
    dialog.close();
    hideConflict();
  }

  function leave() {
    if (isDirty()) closing(true);
    else close();
  }

  /** Somebody deleted it: what is typed becomes a new event. */
  function gone(mine) {
    target = { event: null, occurrence: null, scope: "series" };
    base = { ...newValues({ starts: new Date(), ends: new Date() }), start: mine.start, end: mine.end };
    show(mine);
    throw refusal({ "": t("agenda.gone") });
  }

  function meet(latest, former, mine) {
    target = { ...target, event: latest };
    base = baseOf(target);
    const values = merged(former, mine, base);
    fill(values);
    showConflict(former, mine, base);
  }

  async function send(mine, tries = MOST_TRIES) {
    if (isNew()) return create(mine, key);
    const former = base;
    try {
      return await change(target, base, mine);
    } catch (error) {
      if (isGone(error)) return gone(mine);
      if (!isConflict(error)) throw error;
    }
    const latest = await find(target.event.id).catch((error) => (isGone(error) ? gone(mine) : Promise.reject(error)));
    if (!isSeen(former, baseOf({ ...target, event: latest })) && tries > 0) {
      target = { ...target, event: latest };
      base = baseOf(target);
      return send(merged(former, mine, base), tries - 1);
    }
    meet(latest, former, mine);
    return undefined;
  }

  function check(values) {
    const fields = inputs.faults(values);
    if (Object.keys(fields).length > 0) throw refusal(fields);
  }

  bindForm(form, async () => {
    const values = read();
    check(values);
    const wasNew = isNew();
    try {
      // Undefined: another's change has to be looked at first.
      if ((await send(values)) === undefined) return;
    } catch (error) {
      if (error.fields) {
        const placed = Object.entries(error.fields).map(([field, message]) => [placeOf(field), message]);
        error.fields = Object.fromEntries(placed);
      }
      throw error;
    }
    close();
    report(t(wasNew ? "agenda.created" : "agenda.saved", { title: values.title.trim() }));
    data.reload();
  });

  form.addEventListener("change", ({ target: { name, value } }) => {
    if (name !== "scope") return;
    const mine = read();
    const former = base;
    target = { ...target, scope: value };
    base = baseOf(target);
    fill(Object.fromEntries(FIELDS.map((field) => [field, (differs(former, mine, field) ? mine : base)[field]])));
  });
  byId("event-cancel").addEventListener("click", leave);
  byId("event-keep").addEventListener("click", () => {
    closing(false);
    form.elements.title.focus();
  });
  byId("event-drop").addEventListener("click", close);
  byId("event-take-theirs").addEventListener("click", () => {
    hideConflict();
    fill(base);
    form.elements.title.focus();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener("beforeunload", (event) => {
    if (isDirty()) event.preventDefault();
  });

  return {
    isDirty,

    /** A new event at `{starts, ends}`, or all-day at `{start, end}`. */
    openNew(at) {
      target = { event: null, occurrence: null, scope: "series" };
      base = newValues(at);
      show(base);
      form.elements.title.focus();
    },

    /** An event, or with `occurrence` one of a series. */
    open(event, occurrence) {
      target = { event, occurrence: event.recurrence ? occurrence : null, scope: event.recurrence ? "this" : "series" };
      base = baseOf(target);
      show(base);
      form.elements.title.focus();
    },

    /** A change that was made elsewhere on the page, from `former` to `mine`, met another's. */
    meet(event, { occurrence, scope, former, mine }) {
      target = { event, occurrence: event.recurrence ? occurrence : null, scope };
      base = former;
      show(mine);
      meet(event, former, mine);
    },
  };
}

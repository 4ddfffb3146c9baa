// The inputs of the form: values in, values out, and what follows when one of them changes.

import { byId, setText } from "../../lib/dom.js";
import { timeOfDay } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { addDays, addLocal, dayOf, instantOf, isDay, localMinutes, localOf, readerZone } from "./days.js";
import { createReminders, showColors, showZones } from "./fields.js";
import { createPeople } from "./people.js";
import { createRepeat } from "./repeat.js";
import { dayFull } from "./say.js";

const HOUR = 60;
// As the API takes it: up to 400 days, the last one included.
const MOST_DAYS = 399;

/** `seriesDay()` gives the function that tells which day of the series belongs to a start. */
export function createInputs({ seriesDay }) {
  const form = byId("event-form");
  const { elements } = form;
  const help = byId("event-zone-help");
  const nothing = () => {};
  const people = createPeople(nothing);
  const reminders = createReminders(nothing);
  const repeat = createRepeat(nothing);
  /** The start that the end was last laid after. */
  let start = null;

  const allDay = () => elements.all_day.checked;
  function momentAt(name) {
    const day = elements[`${name}_date`].value;
    if (allDay()) return day;
    const time = elements[`${name}_time`].value;
    return isDay(day) && time ? `${day}T${time.slice(0, 5)}:00` : "";
  }
  function put(name, local) {
    elements[`${name}_date`].value = local.slice(0, 10);
    if (local.length > 10) elements[`${name}_time`].value = local.slice(11, 16);
  }

  function drawTimes() {
    form.classList.toggle("is-all-day", allDay());
    elements.start_time.hidden = allDay();
    elements.end_time.hidden = allDay();
    byId("event-zone-field").classList.toggle("is-off", allDay());
    const zone = elements.time_zone.value;
    const [from, to] = [momentAt("start"), momentAt("end")];
    const other = !allDay() && zone && zone !== readerZone && from && to;
    const [starts, ends] = other ? [instantOf(zone, from), instantOf(zone, to)] : [];
    const differs = other && localOf(readerZone, starts) !== from;
    help.hidden = !differs;
    if (!differs) return;
    const clock = { from: timeOfDay(starts), to: timeOfDay(ends) };
    setText(help, t("agenda.your_time", { day: dayFull(dayOf(starts)), ...clock }));
  }

  /** The end keeps its distance from a start that moves. */
  function followStart() {
    const now = momentAt("start");
    if (!now || !isDay(now.slice(0, 10))) return;
    const end = momentAt("end");
    if (start && end && start.length === now.length) put("end", addLocal(end, localMinutes(start, now)));
    start = now;
    repeat.startAt(seriesDay()(now));
  }

  function toggleAllDay() {
    if (allDay()) {
      start = momentAt("start");
    } else {
      if (!elements.start_time.value) elements.start_time.value = "09:00";
      if (!elements.end_time.value) elements.end_time.value = "10:00";
      if (momentAt("end") <= momentAt("start")) put("end", addLocal(momentAt("start"), HOUR));
      start = momentAt("start");
      if (!elements.time_zone.dataset.chosen) elements.time_zone.value = readerZone;
    }
    drawTimes();
  }

  elements.start_date.addEventListener("change", followStart);
  elements.start_time.addEventListener("change", followStart);
  elements.all_day.addEventListener("change", toggleAllDay);
  form.addEventListener("change", ({ target }) => {
    if (target === elements.time_zone) target.dataset.chosen = "yes";
    if (/^(start|end)_|time_zone/.test(target.name)) drawTimes();
  });

  return {
    fill(values, seriesStart) {
      elements.title.value = values.title;
      elements.all_day.checked = values.all_day;
      elements.start_time.value = "";
      elements.end_time.value = "";
      put("start", values.start);
      put("end", values.end);
      start = values.start;
      showZones(elements.time_zone, values.all_day ? readerZone : values.time_zone);
      if (values.all_day) delete elements.time_zone.dataset.chosen;
      else elements.time_zone.dataset.chosen = "yes";
      elements.place.value = values.place;
      elements.notes.value = values.notes;
      showColors(values.color);
      elements.visibility.value = values.visibility;
      people.set(values.attendees);
      reminders.set(values.reminders);
      repeat.set(values.rule, seriesStart, values.all_day ? null : values.time_zone);
      drawTimes();
    },

    /** What stands in the form but for the rule; seconds that no input shows are those of `base`. */
    read(base) {
      const exact = (local, known) => (known.slice(0, 16) === local.slice(0, 16) ? known : local);
      return {
        title: elements.title.value.trim(),
        all_day: allDay(),
        start: exact(momentAt("start"), base.start),
        end: exact(momentAt("end"), base.end),
        time_zone: allDay() ? null : elements.time_zone.value || null,
        place: elements.place.value.trim(),
        notes: elements.notes.value.trim(),
        color: elements.color.value || null,
        attendees: people.get(),
        reminders: reminders.get(),
        visibility: elements.visibility.value,
        rule: base.rule,
      };
    },

    rule: (first) => repeat.get(first),
    pending: () => people.pending(),

    /** What is wrong before anything is sent, by the name of the input. */
    faults({ start: from, end: to, all_day: whole }) {
      const fields = {};
      const complete = (local) => isDay(local.slice(0, 10)) && (whole || local.length > 10);
      if (!complete(from)) fields.start_date = t("agenda.time_missing");
      if (!complete(to)) fields.end_date = t("agenda.time_missing");
      else if (complete(from) && to < from) fields.end_date = t(whole ? "agenda.end_early_day" : "agenda.end_early");
      else if (complete(from) && addDays(from.slice(0, 10), MOST_DAYS) < to.slice(0, 10)) {
        fields.end_date = t("agenda.too_long");
      }
      if (people.pending()) fields["event-invite"] = t("agenda.invite_pending");
      const late = repeat.fault();
      if (late) fields.repeat = late;
      return fields;
    },
  };
}

// A reminder that came due: it stays until it is closed, because one may be away from the desk when it comes.

import { at } from "./boot.js";
import { byId, el, icon } from "./dom.js";
import { dayName, timeOfDay } from "./format.js";
import { t } from "./i18n.js";

const pad = (number) => String(number).padStart(2, "0");
const dayOf = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

/** Shows a reminder as the server tells it, with the way to its day. */
export function remind({ event_id: id, occurrence, title, place, start, starts_at: startsAt, all_day: allDay }) {
  const key = `${id} ${occurrence}`;
  const list = byId("reports");
  // Several reminders of one occurrence: the last one says it all.
  for (const line of list.querySelectorAll(".report-reminder")) if (line.dataset.key === key) line.remove();
  const starts = allDay ? new Date(`${start}T00:00:00`) : new Date(startsAt);
  const named = dayName(starts, new Date());
  const when = allDay ? named : t("reminder.when", { day: named, time: timeOfDay(starts) });
  const label = t("dialog.close");
  const props = { className: "button button-icon", type: "button", title: label, aria: { label } };
  const close = el("button", props, icon("close"));
  const line = el(
    "div",
    { className: "report report-reminder", data: { key } },
    icon("notice"),
    el(
      "div",
      { className: "report-what" },
      el("a", { href: at(`/agenda?view=day&date=${dayOf(starts)}`), textContent: title }),
      el("p", { className: "muted", textContent: [when, place].filter(Boolean).join(" · ") }),
    ),
    close,
  );
  close.addEventListener("click", () => line.remove());
  list.append(line);
}

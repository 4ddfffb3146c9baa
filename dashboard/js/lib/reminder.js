// A reminder that came due: it stays until it is closed, because one may be away from the desk when it comes.

import { at, boot } from "./boot.js";
import { byId, el, icon } from "./dom.js";
import { dayName, timeOfDay } from "./format.js";
import { t } from "./i18n.js";

/** Shows a reminder as the server tells it, with the way to its day. */
export function remind({ event_id: id, occurrence, title, place, start, starts_at: startsAt, all_day: allDay }) {
  const key = `${id} ${occurrence}`;
  const list = byId("reports");
  // Several reminders of one occurrence: the last one says it all.
  for (const line of list.querySelectorAll(".report-reminder")) if (line.dataset.key === key) line.remove();
  const starts = allDay ? new Date(`${start}T00:00:00`) : new Date(startsAt);
  const day = allDay ? start : [starts.getFullYear(), starts.getMonth() + 1, starts.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
  const when = allDay ? dayName(starts, new Date()) : t("reminder.when", { day: dayName(starts, new Date()), time: timeOfDay(starts) });
  const close = el("button", { className: "button button-icon", type: "button", aria: { label: t("dialog.close") }, title: t("dialog.close") }, icon("close"));
  const line = el(
    "div",
    { className: "report report-reminder", lang: boot.lang, data: { key } },
    icon("notice"),
    el(
      "div",
      { className: "report-what" },
      el("a", { href: at(`/agenda?view=day&date=${day}`), textContent: title }),
      el("p", { className: "muted", textContent: [when, place].filter(Boolean).join(" · ") }),
    ),
    close,
  );
  close.addEventListener("click", () => line.remove());
  list.append(line);
}

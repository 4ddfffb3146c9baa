// What a rule does, said in one sentence.

import { boot } from "../../lib/boot.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { dayInYear, dayLong, weekdayName } from "./say.js";
import { parseRule } from "./rule.js";

const list = new Intl.ListFormat(boot.lang, { type: "conjunction" });
const WORKDAYS = "0,1,2,3,4";

export const nthDay = (nth, weekday) =>
  t("agenda.says.nth_day", { nth: t(`agenda.nth.${nth}`), day: weekdayName(weekday) });

function base({ freq, interval, days, monthly }, day) {
  const count = interval;
  if (freq === "daily") return t("agenda.says.daily", { count });
  if (freq === "yearly") return t("agenda.says.yearly", { count, day: dayInYear(day) });
  if (freq === "monthly") {
    if (monthly.by === "day") return t("agenda.says.monthly_day", { count, day: integer(monthly.day) });
    return t("agenda.says.monthly_nth", { count, day: nthDay(monthly.nth, monthly.weekday) });
  }
  const sorted = [...days].sort((a, b) => a - b);
  if (interval === 1 && String(sorted) === WORKDAYS) return t("agenda.says.workdays");
  const names = sorted.map((weekday) => t("agenda.says.on_day", { day: weekdayName(weekday) }));
  return t("agenda.says.weekly", { count, days: list.format(names) });
}

/** The sentence of a model for an event that starts on `day`. */
export function sentence(model, day) {
  const rule = base(model, day);
  if (model.end.kind === "until") return t("agenda.says.until", { rule, date: dayLong(model.end.date) });
  if (model.end.kind === "count") return t("agenda.says.count", { rule, count: model.end.count });
  return rule;
}

/** The sentence of a rule's text, or what it says where there are no words for it. */
export function ruleSentence(text, day, zone) {
  const model = parseRule(text, day, zone);
  return model ? sentence(model, day) : t("agenda.says.custom", { rule: text });
}

// What happened over time, as the API keeps it, in the columns that charts take.

import { api } from "./api.js";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Ranges that end now: their length, a step of at most some hundred points, and how often there is something new. */
export const RANGES = {
  "1h": { seconds: HOUR, step: 60 },
  "6h": { seconds: 6 * HOUR, step: 60 },
  "24h": { seconds: DAY, step: 300 },
  "7d": { seconds: 7 * DAY, step: 1800 },
  "30d": { seconds: 30 * DAY, step: 2 * HOUR },
};

/** The step that suits a range of `seconds`. */
export function stepFor(seconds) {
  const fitting = Object.values(RANGES).find((range) => seconds <= range.seconds);
  return fitting?.step ?? 2 * HOUR;
}

/** A path of the API; `labels` are those to tell apart, `from` and `to` seconds since 1970. */
export function seriesPath(metric, { by, labels = [], from, to, step, limit }) {
  const parameters = new URLSearchParams({ metric });
  const time = (seconds) => new Date(seconds * 1000).toISOString();
  if (by) parameters.set("by", by);
  for (const label of labels) parameters.append("label", label);
  if (from !== undefined) parameters.set("from", time(from));
  if (to !== undefined) parameters.set("to", time(to));
  if (step !== undefined) parameters.set("step", String(step));
  if (limit !== undefined) parameters.set("limit", String(limit));
  return `/api/monitoring/series?${parameters}`;
}

export const readSeries = (metric, asked) => api.get(seriesPath(metric, asked));

/** A column of counts as a rate per `unit` seconds; the last step may not be over yet, and is left out. */
export const perSecond = (answer, column, unit = 1) =>
  (column ?? []).map((count, index) => {
    const over = answer.times[index] + answer.step <= Date.parse(answer.to) / 1000;
    return count === null || !over ? null : (count * unit) / answer.step;
  });

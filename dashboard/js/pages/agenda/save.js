// The requests that change the agenda. Each names the version that it means: a newer one refuses it (412).

import { randomId } from "../../lib/agent.js";
import { api } from "../../lib/api.js";
import { toInput, toPatch } from "./values.js";

export const pathOf = (id) => `/api/agenda/${encodeURIComponent(id)}`;
export const isConflict = (error) => error.status === 412;
export const isGone = (error) => error.status === 404;

const match = (version) => ({ "If-Match": `"${version}"` });
const counted = (rule) => /COUNT=\d+/.exec(rule ?? "")?.[0] ?? null;

function place(id, scope, occurrence) {
  if (scope === "series" || occurrence === null) return pathOf(id);
  return `${pathOf(id)}?scope=${scope}&occurrence=${encodeURIComponent(occurrence)}`;
}

/** A key for one intention: sent again with it, a request whose answer was lost makes nothing new. */
export const newKey = randomId;

export const create = (values, key) => api.post("/api/agenda", toInput(values), { "Idempotency-Key": key });
export const find = (id) => api.get(pathOf(id));
export const remove = ({ id, version, occurrence }, scope) => api.delete(place(id, scope, occurrence), match(version));

/** Another time for one occurrence or a single event, as the views know it; moments are for the server to place. */
export const reschedule = ({ id, version, occurrence }, scope, times) =>
  api.patch(place(id, scope, occurrence), times, match(version));

/**
 * Changes `event` (as `find` gives it) from `base` to `values`; `occurrence` is null for a single event. Gives the
 * event, or null when there is nothing to change.
 */
export async function change({ event, occurrence, scope }, base, values) {
  const whole = occurrence !== null && scope === "series" ? event : null;
  const patch = toPatch(base, values, whole);
  if (Object.keys(patch).length === 0) return null;
  const count = counted(base.rule);
  if (scope === "following" && patch.recurrence && count && counted(patch.recurrence.rule) === count) {
    // Of a rule that counts, the server knows how often it is still to come: it cuts first, and then the rest changes.
    const rest = await api.patch(place(event.id, scope, occurrence), {}, match(event.version));
    const rule = patch.recurrence.rule.replace(count, counted(rest.recurrence.rule) ?? count);
    return api.patch(pathOf(rest.id), { ...patch, recurrence: { rule } }, match(rest.version));
  }
  return api.patch(place(event.id, scope, occurrence), patch, match(event.version));
}

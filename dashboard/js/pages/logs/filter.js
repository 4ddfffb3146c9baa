// Which lines are asked for: in the address, in queries and in the name of the live channel alike.

import { asked, keepInAddress } from "../../lib/address.js";
import { dayWithSeconds } from "../../lib/format.js";
import { knows, t } from "../../lib/i18n.js";
import { createStore } from "../../lib/store.js";

/** The conditions, in the order of their chips. */
export const KEYS = ["level", "kind", "source", "app", "user", "client", "trace_id", "search", "from", "to"];
// Bounds in time, which the live channel does not know.
const TIMES = ["from", "to"];

const given = (values) => Object.fromEntries(KEYS.filter((key) => values[key]).map((key) => [key, values[key]]));

/** The conditions that hold: `{name: text}`, without those that are empty. */
export const filter = createStore({ values: given(asked()) });

/** Changes conditions; an empty value takes one away. */
export function narrow(patch) {
  const values = given({ ...filter.get().values, ...patch });
  if (JSON.stringify(values) === JSON.stringify(filter.get().values)) return;
  keepInAddress(values);
  filter.set({ values });
}

export const clear = () => narrow(Object.fromEntries(KEYS.map((key) => [key, ""])));

/** The conditions as a query of `GET /api/logs`, with `more` or instead of what `more` has too. */
export const query = (values, more = {}) => new URLSearchParams({ ...values, ...more }).toString();

/** The live channel of the conditions. */
export function channel(values) {
  const lasting = Object.entries(values).filter(([key]) => !TIMES.includes(key));
  return lasting.length > 0 ? `monitor:logs?${new URLSearchParams(lasting)}` : "monitor:logs";
}

/** Whether new lines can still come. */
export const isOpen = ({ to }) => !to || !(Date.parse(to) <= Date.now());

/** The address of this page with other conditions. */
export const placeOf = (values) => `/logs?${query(given(values))}`;

function shown(key, value) {
  const word = `logs.${key}.${value}`;
  if (knows(word)) return t(word);
  if (!TIMES.includes(key)) return value;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? value : dayWithSeconds(time);
}

/** The conditions as chips. */
export const chipsOf = (values) =>
  Object.entries(values).map(([key, value]) => {
    const label = t(key === "search" ? "logs.search.chip" : `logs.${key}`);
    return { key, label, value: shown(key, value) };
  });

// What the table is asked for: conditions and order, kept in the address.

import { asked, keepInAddress } from "../../lib/address.js";
import { createStore } from "../../lib/store.js";

/** The conditions that the API knows, in the order in which their chips stand. */
export const CONDITIONS = ["user", "app", "version", "os", "connected", "silent_days", "behind"];
export const DEFAULT_SORT = "-last_seen";
const KEYS = ["search", ...CONDITIONS, "sort"];

function fromAddress() {
  const given = asked();
  return Object.fromEntries(KEYS.filter((key) => given[key]).map((key) => [key, given[key]]));
}

const store = createStore({ query: fromAddress() });

export const query = {
  get: () => store.get().query,
  watch: (view) => store.watch(({ query: current }) => view(current)),
  /** Changes some of it; what is "" or undefined is taken away. */
  change(patch) {
    const next = { ...store.get().query, ...patch };
    const current = Object.fromEntries(KEYS.filter((key) => next[key]).map((key) => [key, next[key]]));
    if (current.sort === DEFAULT_SORT) delete current.sort;
    if (JSON.stringify(current) === JSON.stringify(store.get().query)) return;
    keepInAddress(current);
    store.set({ query: current });
  },
};

/** The path that asks the API for the first page of `conditions`. */
export function pathOf(conditions, limit, cursor) {
  const parameters = new URLSearchParams({ sort: DEFAULT_SORT, ...conditions, limit: String(limit) });
  if (cursor) parameters.set("cursor", cursor);
  return `/api/installations?${parameters}`;
}

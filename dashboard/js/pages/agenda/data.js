// The occurrences between two days, as the API lists them and as others change them.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { connection, onPersonal, onPersonalGap } from "../../lib/realtime.js";
import { createStore } from "../../lib/store.js";
import { addDays, DAY_MS, dayOf, momentOf, readerZone } from "./days.js";

// As many as the API gives at once.
const PAGE = 200;
// One change is often followed by others: they are read together.
const SOON_MS = 120;
const RETRY_MS = 4000;

/** `{items, state: "loading" | "ready" | "failed", error, window}`; items by start. */
const store = createStore({ items: [], state: "loading", error: "", window: null });
let asked = 0;
let soon = null;
const heard = new Set();

export const writes = boot.user.role !== "viewer";
const mayChange = (owner) => writes && (owner.id === boot.user.id || boot.user.role === "admin");

/** An occurrence of the API as the views use it. `first` and `last` are days on the reader's clock, both included. */
export function itemOf(given) {
  const [starts, ends] = [new Date(given.starts_at), new Date(given.ends_at)];
  const allDay = given.all_day;
  return {
    ...times(given, { starts, ends }),
    // A single event is the same one wherever it is moved; its occurrence is named after its start.
    key: given.recurring ? `${given.event_id} ${given.occurrence}` : given.event_id,
    id: given.event_id,
    occurrence: given.occurrence,
    version: given.version,
    title: given.title,
    owner: given.owner,
    place: given.place,
    color: given.color,
    zone: given.time_zone,
    start: given.start,
    end: given.end,
    allDay,
    recurring: given.recurring,
    visibility: given.visibility,
    editable: mayChange(given.owner),
  };
}

function times({ all_day: allDay, start, end }, { starts, ends }) {
  if (allDay) return { starts, ends, first: start, last: addDays(end, -1), bar: true };
  // An end at midnight belongs to the day before.
  const last = dayOf(ends > starts ? new Date(ends - 1) : ends);
  return { starts, ends, first: dayOf(starts), last, bar: ends - starts >= DAY_MS };
}

/** `item` at another time: `{starts, ends}`, or for all-day events `{start, end}`, days. */
export function movedItem(item, change) {
  const given = { all_day: item.allDay, start: change.start, end: change.end };
  const moments = item.allDay
    ? { starts: momentOf(change.start), ends: momentOf(change.end) }
    : { starts: change.starts, ends: change.ends };
  return { ...item, ...times(given, moments), ...(item.allDay && { start: change.start, end: change.end }) };
}

async function read({ from, to }, mine) {
  const query = new URLSearchParams({
    from: momentOf(from).toISOString(),
    to: momentOf(to).toISOString(),
    time_zone: readerZone,
    limit: String(PAGE),
  });
  const items = [];
  let cursor = null;
  do {
    if (cursor) query.set("cursor", cursor);
    const page = await api.get(`/api/agenda?${query}`);
    if (mine !== asked) return null;
    items.push(...page.items.map(itemOf));
    cursor = page.next;
  } while (cursor);
  return items;
}

async function load() {
  const { window } = store.get();
  asked += 1;
  const mine = asked;
  clearTimeout(soon);
  soon = null;
  try {
    const items = await read(window, mine);
    if (items && mine === asked) store.set({ items, state: "ready", error: "" });
  } catch (error) {
    if (error.status === undefined) throw error;
    if (mine !== asked || error.status === 401) return;
    store.set({ state: "failed", error: error.text });
    soon = setTimeout(load, RETRY_MS);
  }
}

function reloadSoon() {
  if (store.get().window === null) return;
  clearTimeout(soon);
  soon = setTimeout(load, SOON_MS);
}

function told(data) {
  if (data.type !== "agenda.changed" && data.type !== "agenda.reload") return;
  reloadSoon();
  for (const listener of heard) listener(data);
}

export const data = {
  get: store.get,
  watch: store.watch,
  item: (key) => store.get().items.find((item) => item.key === key),
  reload: load,
  /** Calls `listener` for each change that the server tells. */
  listen: (listener) => heard.add(listener),

  /** Shows other days; what is known of them stays until they are read. */
  show(window) {
    const known = store.get().window;
    if (known && known.from === window.from && known.to === window.to) return;
    store.set({ window, state: "loading", error: "" });
    load();
  },

  /** Shows an occurrence at another time until the agenda is read again. */
  preview(key, change) {
    store.set({ items: store.get().items.map((item) => (item.key === key ? movedItem(item, change) : item)) });
  },
};

/** Starts listening; after a lost connection everything is read again. */
export function followAgenda() {
  onPersonal(told);
  onPersonalGap(reloadSoon);
  let wasLive = true;
  connection.watch(({ state }) => {
    if (state === "live" && !wasLive) reloadSoon();
    if (state !== "connecting") wasLive = state === "live";
  });
}

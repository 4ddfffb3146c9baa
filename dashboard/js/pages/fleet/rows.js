// The installations that match, loaded page by page as far as somebody looks.

import { api } from "../../lib/api.js";
import { createStore } from "../../lib/store.js";
import { pathOf } from "./query.js";

// As many as the API gives at once.
const PAGE = 200;
const RETRY_MS = 5000;

/** `state`: "loading" (nothing yet), "known" or "failed"; `missed`: some that match are not listed. */
const store = createStore({ items: [], total: 0, known: 0, state: "loading", missed: false });

let conditions = {};
let next = null;
let wanted = 0;
let loading = false;
// An answer to what is no longer asked is thrown away.
let turn = 0;
let retry = null;

async function load(cursor) {
  const mine = turn;
  loading = true;
  try {
    const page = await api.get(pathOf(conditions, PAGE, cursor));
    return mine === turn ? page : null;
  } catch (error) {
    if (error.status === undefined) throw error;
    if (mine !== turn) return null;
    store.set({ state: "failed", error: error.text });
    clearTimeout(retry);
    // What the reader asked for wrongly stays wrong.
    if (error.status === 0 || error.status >= 500) retry = setTimeout(() => begin(conditions), RETRY_MS);
    return null;
  } finally {
    if (mine === turn) loading = false;
  }
}

async function begin(asked) {
  conditions = asked;
  turn += 1;
  clearTimeout(retry);
  const page = await load();
  if (!page) return;
  next = page.next;
  const { items, total, known } = page;
  store.set({ items, total, known, state: "known", missed: false });
  more();
}

async function more() {
  while (!loading && next !== null && wanted > store.get().items.length) {
    const page = await load(next);
    if (!page) return;
    next = page.next;
    const here = new Set(store.get().items.map(({ id }) => id));
    // One that was seen meanwhile may come again further down.
    const items = [...store.get().items, ...page.items.filter(({ id }) => !here.has(id))];
    store.set({ items, total: next === null ? items.length : Math.max(store.get().total, items.length) });
  }
}

/** Looks for new ones: they stand at the top, and what is there keeps its place. */
async function lookAgain() {
  if (loading || store.get().state !== "known") return;
  const page = await load();
  if (!page) return more();
  const fresh = new Map(page.items.map((row) => [row.id, row]));
  const kept = store.get().items.map((row) => fresh.get(row.id) ?? row);
  const here = new Set(kept.map(({ id }) => id));
  const added = page.items.filter(({ id }) => !here.has(id));
  const items = [...added, ...kept];
  const { total, known } = page;
  // More than were found: some stand where this list has been already.
  const missed = next === null && total > items.length;
  store.set({ items, total: next === null ? items.length : Math.max(total, items.length), known, missed });
  more();
}

export const rows = {
  get: store.get,
  watch: store.watch,
  begin,
  lookAgain,
  isBusy: () => loading || store.get().state === "loading",
  again: () => begin(conditions),
  /** Somebody looks at the row with this number: it is loaded, with those before it. */
  want(last) {
    wanted = last;
    more();
  },
};

/** Every installation that matches, `onPart(count)` after each page. */
export async function all(asked, onPart) {
  const items = [];
  let cursor = null;
  do {
    const page = await api.get(pathOf(asked, PAGE, cursor));
    items.push(...page.items);
    cursor = page.next;
    onPart(items.length);
  } while (cursor);
  return items;
}

// Gets lines: the newest first, older ones on demand, and what is written from now on. A bounded number is kept; what was
// given up at either end is read again when one comes back to it.

import { api } from "../../lib/api.js";
import { createStore } from "../../lib/store.js";
import { createBook, entriesOf, indexOf, keyBefore, keyOf } from "./book.js";
import { query } from "./filter.js";

// Lines kept, and how many more there may be before some are given up: not with every line.
const MOST = 3000;
const SLACK = 600;
// As many as the API gives at once.
const PAGE = 200;
// Pages read to catch up. Beyond them one begins again with the newest: nobody reads so much in passing.
const CATCH_UP = 10;
// Until what failed is tried again, when the server does not say.
const RETRY_MS = 3000;

/**
 * `state` has `{phase, error, older, olderError, attached, paused, pending, unseen, dropped}`: `phase` is "loading", "ready"
 * or "failed"; `older` whether there are older lines; `attached` whether the last line kept is the last there is;
 * `pending` counts new lines that are not kept, `unseen` those that are kept and came while the reader looked elsewhere,
 * `dropped` those that the server did not send.
 */
export function createReader({ following }) {
  const book = createBook();
  const first = {
    phase: "loading",
    error: null,
    older: true,
    olderError: null,
    attached: false,
    paused: false,
    pending: 0,
    unseen: 0,
    dropped: 0,
    entries: book.entries(),
  };
  const state = createStore(first);
  // Everything that is asked belongs to one set of conditions: answers to another are of no use.
  let turn = 0;
  let values = {};
  let open = true;
  // Where to read on: older lines, and newer ones behind lines that are known, in their order.
  let older = null;
  let marks = [];
  let readingOlder = false;
  let readingNewer = false;
  let again = false;
  // Told while older ones were still being read.
  let waiting = [];
  // Whether nothing comes after the last line of a range that has passed.
  let ended = false;

  const get = (more) => api.get(`/api/logs?${query(values, { limit: PAGE, ...more })}`);
  const show = (patch = {}) => state.set({ entries: book.entries(), older: older !== null, ...patch });

  function mark(cursor) {
    const last = book.entries().at(-1);
    if (!cursor) return;
    const at = { key: last?.key ?? "", cursor };
    if (marks.at(-1)?.key === at.key) marks.pop();
    marks.push(at);
  }

  function trimStart() {
    if (book.entries().length <= MOST + SLACK) return;
    book.trimStart(MOST);
    const { key, line } = book.entries()[0];
    marks = marks.filter((one) => one.key >= key);
    // Of the lines of that very millisecond, those that are kept come twice, and count once.
    if (line) older = { to: new Date(Date.parse(line.time) + 1).toISOString() };
  }

  function trimEnd() {
    const entries = book.entries();
    if (entries.length <= MOST + SLACK) return;
    const edge = entries[MOST].key;
    const last = marks.findLast(({ key }) => key <= edge);
    if (!last || indexOf(entries, last.key) < MOST / 2) return;
    book.trimEnd(last.key);
    marks = marks.filter(({ key }) => key <= last.key);
    ended = false;
    state.set({ attached: false });
  }

  /** Begins with the newest lines of `conditions`. */
  async function start(conditions, isOpen) {
    turn += 1;
    const mine = turn;
    [values, open] = [conditions, isOpen];
    [older, marks, waiting, ended] = [null, [], [], false];
    [readingOlder, readingNewer, again] = [true, true, false];
    book.clear();
    state.set({ ...first, entries: book.entries() });
    try {
      const page = await get({});
      if (mine !== turn) return;
      book.add(entriesOf(page.items));
      older = page.next && { cursor: page.next };
      mark(page.previous);
      show({ phase: "ready" });
    } catch (error) {
      if (error.status === undefined) throw error;
      if (mine === turn) state.set({ phase: "failed", error });
      return;
    } finally {
      if (mine === turn) [readingOlder, readingNewer] = [false, false];
    }
    if (again) catchUp();
  }

  /** Reads a page of older lines. */
  async function readOlder() {
    if (readingOlder || older === null) return;
    const mine = turn;
    readingOlder = true;
    try {
      const page = await get(older);
      if (mine !== turn) return;
      const had = book.entries()[0]?.key ?? "~";
      book.add(entriesOf(page.items));
      const newest = page.items[0] && entriesOf([page.items[0]])[0].key;
      if (newest && newest < had) marks.unshift({ key: newest, cursor: page.previous });
      older = page.next && { cursor: page.next };
      readingOlder = false;
      trimEnd();
      show({ olderError: null });
    } catch (error) {
      if (error.status === undefined) throw error;
      if (mine === turn) state.set({ olderError: error });
    } finally {
      if (mine === turn) readingOlder = false;
    }
  }

  /** Reads one page after the last line; gives whether there may be more. */
  async function readPage(mine) {
    const cursor = marks.at(-1)?.cursor;
    const page = await get({ cursor });
    if (mine !== turn) return false;
    book.add(entriesOf(page.items));
    mark(page.previous);
    return page.items.length > 0 || page.previous !== cursor;
  }

  /** Up to the present: what comes from now on follows without a gap. */
  function attach() {
    const held = waiting;
    waiting = [];
    ended = true;
    state.set({ attached: open, pending: 0 });
    for (const batch of held) take(batch);
    show();
  }

  /** Reads a page of newer lines, of those that were given up or came in a pause. */
  async function readNewer() {
    const { attached, paused } = state.get();
    if (readingNewer || attached || paused || marks.length === 0 || (ended && !open)) return;
    const mine = turn;
    readingNewer = true;
    waiting = [];
    try {
      const more = await readPage(mine);
      if (mine !== turn) return;
      if (!following()) trimStart();
      if (!more) attach();
      show();
    } catch (error) {
      if (error.status === undefined) throw error;
    } finally {
      if (mine === turn) readingNewer = false;
    }
  }

  /** Reads what is missing up to now; with too much of it begins again at the newest. */
  async function catchUp() {
    if (state.get().paused || state.get().phase === "failed") return;
    if (readingNewer) {
      again = true;
      return;
    }
    const mine = turn;
    // What was told before is stored by now, and is among what is read.
    [readingNewer, again, waiting] = [true, false, []];
    state.set({ attached: false });
    try {
      for (let pages = 0; pages < CATCH_UP; pages += 1) {
        const more = marks.length > 0 && (await readPage(mine));
        if (mine !== turn) return;
        if (!more) {
          trimStart();
          return attach();
        }
      }
    } catch (error) {
      if (error.status === undefined) throw error;
      setTimeout(() => mine === turn && catchUp(), error.retryAfter * 1000 || RETRY_MS);
      return;
    } finally {
      if (mine === turn) readingNewer = false;
    }
    await start(values, open);
    catchUp();
  }

  function take({ lines, dropped, previous }) {
    const last = book.entries().at(-1);
    if (dropped > 0 && lines.length > 0 && (!last || last.key < keyOf(lines[0])))
      book.add([{ key: keyBefore(lines[0]), gap: dropped, cursor: marks.at(-1)?.cursor }]);
    const count = book.add(entriesOf(lines));
    mark(previous);
    const { unseen } = state.get();
    if (following()) trimStart();
    else if (book.entries().length > MOST + SLACK) state.set({ attached: false });
    state.set({ unseen: following() ? 0 : unseen + count });
  }

  /** What the live channel tells: `{lines, dropped, previous}`. */
  function tell(batch) {
    const { attached, pending, dropped } = state.get();
    state.set({ dropped: dropped + batch.dropped });
    if (readingNewer) waiting.push(batch);
    else if (attached) take(batch);
    if (!attached) state.set({ pending: pending + batch.lines.length + batch.dropped });
    show();
  }

  /** Reads what was left out at `key`. */
  async function fill(key) {
    const entry = book.entries()[indexOf(book.entries(), key)];
    const mine = turn;
    let { cursor } = entry;
    for (let pages = 0; pages < CATCH_UP; pages += 1) {
      const page = await get({ cursor });
      if (mine !== turn) return;
      const found = entriesOf(page.items);
      book.add(found);
      const done = page.previous === cursor || (found[0] && found[0].key > key);
      cursor = page.previous;
      if (done) break;
    }
    book.remove(key);
    state.set({ dropped: Math.max(0, state.get().dropped - entry.gap) });
    show();
  }

  return {
    state,
    start,
    catchUp,
    tell,
    fill,
    readOlder,
    readNewer,
    pause: () => state.set({ paused: true, attached: false }),
    resume() {
      state.set({ paused: false });
      return catchUp();
    },
    /** The reader is at the end again. */
    seen: () => state.get().unseen > 0 && state.set({ unseen: 0 }),
  };
}

// Lines in their order, each once. What is shown of them is the list's matter, where they come from the reader's.

/** Where a line stands, as a text that sorts: its time and sequence, and of two the server's first. */
export const keyOf = ({ id, source }) => id.slice(1).padStart(19, "0") + (source === "server" ? "0" : "1");

/** The place just before a line: where something is missing. */
export const keyBefore = (line) => `${keyOf(line).slice(0, -1)}/`;

/** The index of the first entry at or after `key`. */
export function indexOf(entries, key) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

const byKey = (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key));

/** Entries are `{key, line}`, or `{key, gap, cursor}` where lines are missing. An array of them is never changed. */
export function createBook() {
  let entries = [];
  let known = new Set();

  function keep(from, to) {
    entries = entries.slice(from, to);
    known = new Set(entries.map(({ key }) => key));
  }

  return {
    entries: () => entries,
    clear: () => keep(0, 0),
    /** Adds entries in any order; gives how many were new. */
    add(more) {
      const fresh = more.filter(({ key }) => !known.has(key)).sort(byKey);
      if (fresh.length === 0) return 0;
      for (const { key } of fresh) known.add(key);
      const inOrder = entries.length === 0 || entries.at(-1).key < fresh[0].key;
      entries = entries.concat(fresh);
      if (!inOrder) entries.sort(byKey);
      return fresh.length;
    },
    remove(key) {
      entries = entries.filter((entry) => entry.key !== key);
      known.delete(key);
    },
    /** Keeps the newest `most`. */
    trimStart: (most) => keep(Math.max(0, entries.length - most), entries.length),
    /** Keeps what is not after `key`. */
    trimEnd: (key) => keep(0, indexOf(entries, `${key}~`)),
  };
}

/** Lines as entries. */
export const entriesOf = (lines) => lines.map((line) => ({ key: keyOf(line), line }));

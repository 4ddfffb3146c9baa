// All lines that the conditions find, as a file: read page by page, up to a bound.

import { api } from "../../lib/api.js";
import { query } from "./filter.js";
import { fieldsOf, sourceOf, valueText } from "./line.js";

// More than anybody reads, and some ten megabytes.
export const MOST = 10_000;
const PAGE = 200;

const oneLine = (text) => text.replaceAll("\n", "\\n");

function textOf(line) {
  const fields = fieldsOf(line).map(([name, value]) => `${name}=${oneLine(valueText(value))}`);
  const head = [line.time, line.level.toUpperCase().padEnd(7), sourceOf(line), oneLine(line.message)];
  return [...head, ...fields].join(" ");
}

const FORMS = {
  ndjson: ["application/x-ndjson", JSON.stringify],
  txt: ["text/plain", textOf],
};

function save(name, type, lines) {
  const url = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: `${type};charset=utf-8` }));
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: url, download: name });
  anchor.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * Saves the newest lines that `values` find, the oldest first; `form` is "ndjson" or "txt". `onCount(n)` tells how many
 * there are so far, and ends it by giving false. Gives `{count, more}`; `more` when there are older ones.
 */
export async function download(values, form, onCount) {
  const [type, write] = FORMS[form];
  const lines = [];
  let cursor = null;
  do {
    const page = await api.get(`/api/logs?${query(values, cursor ? { limit: PAGE, cursor } : { limit: PAGE })}`);
    for (const line of page.items) lines.push(write(line));
    cursor = page.next;
    if (onCount(lines.length) === false) return null;
  } while (cursor !== null && lines.length < MOST);
  const at = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  if (lines.length > 0) save(`logs-${at}.${form}`, type, lines.reverse());
  return { count: lines.length, more: cursor !== null };
}

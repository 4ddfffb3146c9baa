// A text with what was searched for marked in it, as nodes: nothing of it is ever read as HTML.

import { el } from "./dom.js";

// As the server compares: only the case of ASCII letters does not matter, so that every place keeps its length.
const lower = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The nodes of `text`, with `<mark>` around each place that has `wanted`. */
export function highlighted(text, wanted) {
  if (!wanted) return [text];
  const [where, what] = [lower(text), lower(wanted)];
  const nodes = [];
  let end = 0;
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, end)) {
    if (at > end) nodes.push(text.slice(end, at));
    end = at + what.length;
    nodes.push(el("mark", { className: "found", textContent: text.slice(at, end) }));
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

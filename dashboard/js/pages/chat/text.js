// A message's text as nodes: addresses become links, mentions of members stand out, the rest is text.

import { boot } from "../../lib/boot.js";
import { el } from "../../lib/dom.js";

// As the server reads mentions: an @ after a letter or digit belongs to an address.
const PARTS = /(?<link>https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]}])|(?<![\p{L}\p{N}])@(?<name>[A-Za-z0-9._-]+)/gu;

const own = boot.user.username.toLowerCase();

/** `names`: user names of the accounts that the message mentions, in lower case. */
export function bodyNodes(text, names) {
  const nodes = [];
  let end = 0;
  const push = (from, to, node) => {
    if (from > end) nodes.push(text.slice(end, from));
    nodes.push(node);
    end = to;
  };
  for (const { 0: all, index, groups } of text.matchAll(PARTS)) {
    if (groups.link) {
      push(
        index,
        index + all.length,
        el("a", { href: all, target: "_blank", rel: "noopener noreferrer", textContent: all }),
      );
      continue;
    }
    // What ends the name may end the sentence as well.
    const bare = groups.name.replace(/[._-]+$/, "");
    const name = [groups.name, bare].find((one) => names.has(one.toLowerCase()));
    if (!name) continue;
    const className = name.toLowerCase() === own ? "mention is-own" : "mention";
    push(index, index + 1 + name.length, el("span", { className, textContent: `@${name}` }));
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

// The live tail: lines of the logs until one has seen enough.

import { timeWithSeconds } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { hear } from "../../lib/realtime.js";
import { bad, muted, plain, warn } from "./paint.js";

const PAINT = { warning: warn, error: bad };
const none = (text) => text;

function line({ time, level, source, app, message }) {
  const at = new Date(time);
  const ms = String(at.getMilliseconds()).padStart(3, "0");
  const from = source === "client" && app ? plain(app) : plain(source);
  const letter = (PAINT[level] ?? none)(level.charAt(0).toUpperCase());
  return `${muted(`${timeWithSeconds(at)}.${ms}`)} ${letter} ${muted(from)} ${(PAINT[level] ?? none)(plain(message))}`;
}

/** Writes what `channel` carries with `print`; gives what ends it. `ended()` is called when the server ends it. */
export function startTail(channel, print, ended) {
  let lost = false;
  return hear(channel, {
    publication({ data: { lines, dropped } }) {
      for (const one of lines) print(line(one));
      if (dropped > 0) print(warn(t("terminal.dropped", { count: dropped })));
    },
    subscribing({ code }) {
      // 0 is our own wish, the rest a connection that was lost.
      if (code === 0 || lost) return;
      lost = true;
      print(warn(t("terminal.tail_cut")));
    },
    subscribed() {
      if (lost) print(muted(t("terminal.tail_back")));
      lost = false;
    },
    unsubscribed: ended,
  });
}

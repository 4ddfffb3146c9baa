// The dot and the word at the top right, once a second while it counts down.

import { byId, setText } from "./dom.js";
import { timeOfDay } from "./format.js";
import { t } from "./i18n.js";
import { connection, reconnectNow } from "./realtime.js";

function words({ state, since, retryAt, ended }) {
  if (state === "connecting" || state === "live") return [t(`connection.${state}`), ""];
  if (state === "offline")
    return [t("connection.offline", { time: timeOfDay(since) }), ended ? t("connection.ended") : ""];
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
  return [seconds > 0 ? t("connection.waiting", { count: seconds }) : t("connection.trying"), ""];
}

/** Shows the connection; `detail()` may add a short text while it is live, such as the round-trip time. */
export function showConnection(detail = () => "") {
  const root = byId("connection");
  const [word, extra, spoken, now] = ["word", "detail", "spoken", "now"].map((part) =>
    root.querySelector(`.connection-${part}`),
  );
  const page = byId("page");
  const draw = () => {
    const value = connection.get();
    const [text, more] = words(value);
    // Said once per change: a countdown read aloud every second would drown the page.
    if (root.dataset.state !== value.state) setText(spoken, value.state === "waiting" ? t("connection.trying") : text);
    root.dataset.state = value.state;
    setText(word, text);
    setText(extra, value.state === "live" ? detail() : more);
    now.hidden = value.state === "live" || value.state === "connecting";
    page.classList.toggle("is-stale", value.state === "waiting" || value.state === "offline");
  };
  now.addEventListener("click", reconnectNow);
  connection.watch(draw);
  setInterval(draw, 1000);
}

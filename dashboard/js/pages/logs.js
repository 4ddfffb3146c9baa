// The logs: a list that grows at its lower end, conditions above it, and what is known of each line within it.

import { byId, setText } from "../lib/dom.js";
import { dayName, integer } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { connect, connection, follow } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { openItem } from "./logs/detail.js";
import { channel, clear, filter, isOpen } from "./logs/filter.js";
import { makeItem } from "./logs/line.js";
import { createList } from "./logs/list.js";
import { createReader } from "./logs/reader.js";
import { bindTools } from "./logs/tools.js";

const [box, top, none, newer, day, word, live, pause] = [
  "scroll",
  "top",
  "none",
  "new",
  "day",
  "state",
  "live",
  "pause",
].map((part) => byId(`logs-${part}`));
// Lines that stand for those to come: those of a high window.
const SKELETON = 50;
const search = () => filter.get().values.search;

const reader = createReader({ following: () => list.isFollowing() });
const list = createList({
  box,
  list: byId("logs-list"),
  makeItem: (entry) => makeItem(entry, search()),
  openItem: (node, entry) => openItem(node, entry, search()),
  onEdge(start, end) {
    const { phase, olderError } = reader.state.get();
    if (phase !== "ready") return;
    if (start && !olderError) reader.readOlder();
    if (end) reader.readNewer();
  },
  onMove() {
    if (list.isFollowing()) reader.seen();
    const { line } = list.first() ?? {};
    if (line) setText(day, dayName(new Date(line.time), new Date()));
  },
});

let leave = () => {};
function begin() {
  const { values } = filter.get();
  leave();
  const open = isOpen(values);
  list.reset();
  list.skeleton(SKELETON);
  list.follow();
  reader.start(values, open);
  leave = open ? follow(channel(values), reader.catchUp, reader.tell) : () => {};
}

/** Back to the newest line, and from there on with what comes. */
function toNow() {
  const { attached, paused } = reader.state.get();
  list.follow();
  if (paused) reader.resume();
  else if (!attached) reader.catchUp();
  reader.seen();
}

function topText({ phase, error, older, olderError, entries }) {
  if (phase === "loading") return t("logs.loading");
  if (phase === "failed") return error.text;
  if (olderError) return olderError.text;
  if (older) return t(entries.length > 0 ? "logs.older" : "logs.looking");
  return entries.length > 0 ? t("logs.first") : "";
}

function stateWord({ attached, paused, phase }, { state }, open) {
  if (paused) return "paused";
  if (!open) return "past";
  if (state === "waiting" || state === "offline") return "cut";
  return phase === "ready" && attached && state === "live" ? "live" : "starting";
}

function draw() {
  const state = reader.state.get();
  const { entries, phase, older, paused, pending, unseen, dropped, error, olderError } = state;
  list.set(entries);
  if (phase !== "loading") list.ready();
  const now = stateWord(state, connection.get(), isOpen(filter.get().values));
  live.dataset.state = now;
  setText(word, t(`logs.state.${now}`));
  const held = t("logs.kept", { count: entries.length, number: integer(entries.length) });
  const missed = dropped > 0 ? t("logs.dropped", { count: dropped, number: integer(dropped) }) : "";
  setText(byId("logs-count"), phase === "ready" ? held : "");
  setText(byId("logs-dropped"), missed);
  setText(byId("logs-top-text"), topText(state));
  top.dataset.state = error || olderError ? "bad" : "ok";
  byId("logs-again").hidden = !(error || olderError);
  none.hidden = !(phase === "ready" && entries.length === 0 && !older);
  byId("logs-clear").hidden = Object.keys(filter.get().values).length === 0;
  if (entries.length === 0) setText(day, "");
  const count = pending + unseen;
  newer.hidden = list.isFollowing() && !paused ? count === 0 || state.attached : entries.length === 0;
  const text = paused ? "logs.waiting" : "logs.new";
  setText(newer.querySelector("span"), count > 0 ? t(text, { count, number: integer(count) }) : t("logs.newest"));
  pause.querySelector("[data-when='paused']").hidden = !paused;
  pause.querySelector("[data-when='running']").hidden = paused;
  pause.disabled = now === "past";
}

startShell();
bindTools();
reader.state.watch(draw);
connection.watch(draw);
box.addEventListener("scroll", () => reader.state.set({}), { passive: true });
pause.addEventListener("click", () => (reader.state.get().paused ? toNow() : reader.pause()));
newer.addEventListener("click", toNow);
byId("logs-clear").addEventListener("click", clear);
byId("logs-again").addEventListener("click", () => {
  const { phase } = reader.state.get();
  if (phase === "failed") begin();
  else {
    reader.state.set({ olderError: null });
    reader.readOlder();
  }
});
byId("logs-list").addEventListener("click", ({ target }) => {
  const gap = target.closest(".log-gap-fill");
  if (gap) reader.fill(gap.closest("li").dataset.key);
});
let first = true;
filter.watch(() => {
  if (!first) begin();
  first = false;
});
begin();
connect();

// The chat: the rooms at the left, the open one beside them, its people at the right.

import { api } from "../lib/api.js";
import { at, boot } from "../lib/boot.js";
import { byId } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { keep, kept } from "../lib/keep.js";
import { nameOf } from "../lib/person.js";
import { connect, isLeaving } from "../lib/realtime.js";
import { report } from "../lib/report.js";
import { rooms } from "../lib/rooms.js";
import { startShell } from "../shell.js";
import { bindComposer } from "./chat/composer.js";
import { confirmDialog, personDialog, roomDialog } from "./chat/dialogs.js";
import { bindHead, drawHead } from "./chat/head.js";
import { showMessages } from "./chat/messages.js";
import { outbox } from "./chat/outbox.js";
import { heard as heardPeople, meet, openRoom, showPeople } from "./chat/people.js";
import { placeOf, showRooms } from "./chat/room-list.js";
import { createTimeline } from "./chat/timeline.js";

// One column below this width: the list of rooms, or a room. The same number is in chat.css.
const wide = matchMedia("(width >= 800px)");
const LIST = at("/rooms");

let openId = null;
let timeline = null;

const room = () => (openId === null ? null : rooms.room(openId));
const messagePath = (message, more = "") =>
  `/api/chat/rooms/${encodeURIComponent(message.room_id)}/messages/${message.id}${more}`;
const seen = () => {
  if (openId !== null && document.visibilityState === "visible" && document.hasFocus()) rooms.read(openId);
};

/** A call whose failure is told in a line. */
async function attempt(call) {
  try {
    await call();
  } catch (error) {
    if (error.status === undefined) throw error;
    report(error.text, "bad");
  }
}

const actions = {
  react(message, emoji) {
    const own = message.reactions.find((reaction) => reaction.emoji === emoji)?.user_ids.includes(boot.user.id);
    const path = messagePath(message, `/reactions/${encodeURIComponent(emoji)}`);
    return attempt(() => (own ? api.delete(path) : api.put(path)));
  },
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  remove(message) {
    const own = message.user.id === boot.user.id;
    dialogs.confirm.open({
      title: own ? t("chat.delete_own") : t("chat.delete_other", { name: nameOf(message.user) }),
      text: t("chat.delete_text"),
      quote: message.body.slice(0, 280),
      submit: t("chat.delete_submit"),
      act: () => api.delete(messagePath(message)),
    });
  },
  takeBack: (nonce) => composer.putBack(outbox.takeBack(nonce)),
};

const messages = showMessages({ room, actions, onSeen: seen });
const composer = bindComposer({
  lastOwn: () => timeline?.get().messages.findLast(({ user, deleted_at }) => user.id === boot.user.id && !deleted_at),
  onSent: () => messages.toEnd(),
});
const drawRooms = showRooms(
  () => openId,
  (id) => go(id),
);
const dialogs = { room: roomDialog(entered), person: personDialog(), confirm: confirmDialog() };

function drawRoom() {
  const current = room();
  drawHead(current);
  if (current) composer?.open(current);
  messages.redraw();
}

/** Shows a room (null: the list alone), without a word to the address bar. */
function show(id) {
  byId("chat").dataset.view = id === null ? "list" : "room";
  if (id === openId && timeline) return;
  openId = id;
  rooms.open(id);
  openRoom(id);
  drawRooms();
  if (id === null) {
    timeline = null;
    return drawHead(null);
  }
  keep("last", id);
  timeline = createTimeline(id);
  const { unread = 0, member = false, read_offset = 0 } = room() ?? {};
  messages.open(timeline, member && unread > 0 ? read_offset : null);
  timeline.watch(({ messages: all }) => meet(all.map(({ user }) => user)));
  timeline.loadNewest();
  drawRoom();
}

function go(id) {
  if (id !== openId || byId("chat").dataset.view === "list") history.pushState(null, "", placeOf(id));
  show(id);
  if (wide.matches) composer?.focus();
}

/** A room that the API has just given: one is in it. */
function entered(given) {
  rooms.put(given);
  go(given.id);
}

/** The room that the address names, or null. */
function addressed() {
  const rest = location.pathname.slice(LIST.length + 1);
  try {
    return decodeURIComponent(rest) || null;
  } catch {
    return rest;
  }
}

/** Shows what the address names; beside a list there is always a room. */
function followAddress() {
  const id = addressed();
  if (id !== null || !wide.matches) return show(id);
  const last = kept("last");
  const first = rooms.room(last) ? last : "general";
  history.replaceState(null, "", placeOf(first));
  show(first);
}

rooms.listen((id, event) => {
  if (event.type === "gone" && id === openId) {
    report(t("chat.room_gone"));
    keep("last", null);
    history.replaceState(null, "", LIST);
    return followAddress();
  }
  if (event.type === "publication" && event.data.nonce && event.data.message?.user.id === boot.user.id) {
    outbox.settle(event.data.nonce);
  }
  if (id !== openId || !timeline) return;
  heardPeople(event);
  if (event.type === "publication") timeline.heard(event.data);
  // What was missed could not be told in full.
  if (event.type === "subscribed" && !event.whole) timeline.loadNewest();
});
rooms.watch(drawRoom);
outbox.start((message) => {
  if (message.room_id === openId) timeline?.posted(message);
});

bindHead({ room, dialogs, onJoined: () => composer?.focus() });
showPeople();
byId("new-room")?.addEventListener("click", () => dialogs.room.open());
byId("new-direct")?.addEventListener("click", () =>
  dialogs.person.open({
    title: t("chat.new_direct"),
    except: new Set(),
    choose: async ({ id }) => entered(await api.post("/api/chat/direct", { user_id: id })),
  }),
);
byId("talk-back").addEventListener("click", (event) => {
  event.preventDefault();
  history.pushState(null, "", LIST);
  show(null);
});
addEventListener("popstate", followAddress);
wide.addEventListener("change", followAddress);
for (const event of ["focus", "visibilitychange"]) {
  addEventListener(event, () => {
    if (messages.atEnd()) seen();
  });
}
addEventListener("beforeunload", (event) => {
  if (!isLeaving() && outbox.get().unsent.some(({ failed }) => failed === null)) event.preventDefault();
});

// Unread counts come with the rooms: what is new in the room that opens first depends on them.
startShell(undefined, { withPresence: true });
connect();
const stop = rooms.watch(({ known }) => {
  if (!known) return;
  queueMicrotask(() => stop());
  followAddress();
});

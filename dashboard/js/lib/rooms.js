// The rooms of this account and what is unread in them, live on every page.
//
// The page listens to the rooms that one is a member of: their counts follow from the events themselves. A count that
// cannot be worked out from an event, such as that of a deleted message, is asked for.

import { api } from "./api.js";
import { boot } from "./boot.js";
import { connection, listen, onPersonal, onPersonalGap, rpc } from "./realtime.js";
import { createStore } from "./store.js";

// Below what one connection may listen to (128), with room for the page's own channels. The busiest rooms win.
const MOST = 100;
// As many as the API gives at once.
const PAGE = 200;
// Rooms shown; a list beyond that needs a search, not a scroll bar.
const MOST_ROOMS = 1000;

const SOON_MS = 500;
// Until the list is asked for again after a failure.
const RETRY_MS = 3000;

// A room in which many read at once would hear each of them after each message.
const READ_PAUSE_MS = 1000;

const store = createStore({ byId: new Map(), known: false });
const listening = new Map();
const listeners = new Set();
let presence = false;
let open = null;

const path = (id) => `/api/chat/rooms/${encodeURIComponent(id)}`;
const tell = (id, event) => {
  for (const listener of listeners) listener(id, event);
};

function change(id, patch) {
  const room = store.get().byId.get(id);
  if (!room) return;
  store.set({ byId: new Map(store.get().byId).set(id, { ...room, ...patch }) });
}

/** What has been read here: room to `{offset, sent, timer}`; `sent` is how much of it the server has. */
const marks = new Map();

/** A room as the API told it, with what has been read here since. */
function marked(room) {
  const mark = marks.get(room.id);
  if (!mark || mark.offset < room.last_offset) return room;
  return { ...room, unread: 0, mentions: 0, read_offset: mark.offset };
}

function put(room) {
  store.set({ byId: new Map(store.get().byId).set(room.id, marked(room)) });
  follow();
}

function drop(id) {
  const byId = new Map(store.get().byId);
  byId.delete(id);
  store.set({ byId });
  follow();
  tell(id, { type: "gone" });
}

/** Asks for one room again. A state older than what has been heard meanwhile is asked for once more. */
async function refresh(id) {
  try {
    const room = await api.get(path(id));
    const heard = store.get().byId.get(id);
    if (heard && heard.last_offset > room.last_offset) return refresh(id);
    put(room);
  } catch (error) {
    if (error.status === 404) drop(id);
  }
}

const due = new Map();

/** Asks for the counts of a room in a moment, unless they are settled by then: events often come in bursts. */
function soon(id) {
  if (due.has(id)) return;
  const ask = () => {
    due.delete(id);
    if (store.get().byId.get(id)?.unread > 0) refresh(id);
  };
  due.set(id, setTimeout(ask, SOON_MS));
}

function count(room, { message }) {
  const own = message.user.id === boot.user.id;
  const seen = { last_offset: message.offset, last_message_at: message.created_at };
  // Posting counts as having read everything before.
  if (own) return { ...seen, unread: 0, mentions: 0, read_offset: message.offset };
  return {
    ...seen,
    unread: room.unread + 1,
    mentions: room.mentions + (message.mentions.includes(boot.user.id) ? 1 : 0),
  };
}

function heard(id, { data, offset = 0 }) {
  const room = store.get().byId.get(id);
  if (!room) return;
  // What an answer of the API already told is not counted again.
  if (offset > room.last_offset) {
    if (data.type === "message") change(id, count(room, data));
    else change(id, { last_offset: offset });
    if (data.type !== "message" && data.type !== "reaction") soon(id);
  }
  if (data.type === "read" && data.user_id === boot.user.id && data.offset > room.read_offset) {
    const all = data.offset >= room.last_offset;
    change(id, { read_offset: data.offset, ...(all && { unread: 0, mentions: 0 }) });
    if (!all) soon(id);
  }
  tell(id, { type: "publication", data, offset });
}

function start(room) {
  const { id } = room;
  const on = {
    publication: (context) => heard(id, context),
    subscribed({ wasRecovering, recovered }) {
      if (wasRecovering && !recovered) refresh(id);
      tell(id, { type: "subscribed", whole: !wasRecovering || recovered });
    },
    join: ({ info }) => tell(id, { type: "join", info }),
    leave: ({ info }) => tell(id, { type: "leave", info }),
    // By the server, when one has left the room or it is gone: a notice follows.
    unsubscribed: () => listening.delete(id),
  };
  listening.set(id, listen(room.channel, room.last_offset, presence, on));
}

const byActivity = (a, b) => (b.last_message_at ?? b.created_at).localeCompare(a.last_message_at ?? a.created_at);

/** Tells the server what has been read, unless that was done a moment ago: then after the pause. */
async function sendMark(id) {
  const mark = marks.get(id);
  if (!mark || mark.timer !== null || mark.sent >= mark.offset || connection.get().state !== "live") return;
  mark.timer = setTimeout(() => {
    mark.timer = null;
    sendMark(id);
  }, READ_PAUSE_MS);
  const { offset } = mark;
  try {
    await rpc("chat.read", { room_id: id, offset });
    mark.sent = Math.max(mark.sent, offset);
  } catch {
    // With the connection gone it is sent again with the next one; refused, it is unread, whatever is shown.
    if (connection.get().state !== "live") return;
    marks.delete(id);
    refresh(id);
  }
}

/** The last chance of a page that is left. */
function sendMarks() {
  for (const [id, { offset, sent }] of marks) {
    if (sent < offset) rpc("chat.read", { room_id: id, offset }).catch(() => {});
  }
}

/** Listens to the rooms that one is in, and to the one that is open; to others no longer. */
function follow() {
  const { byId } = store.get();
  const wanted = [...byId.values()]
    .filter(({ member }) => member)
    .sort(byActivity)
    .slice(0, MOST);
  const ids = new Set(wanted.map(({ id }) => id));
  if (open !== null && byId.has(open)) ids.add(open);
  for (const [id, subscription] of listening) {
    if (ids.has(id)) continue;
    listening.delete(id);
    subscription.unsubscribe();
  }
  for (const id of ids) if (!listening.has(id)) start(byId.get(id));
}

async function collect(byId, query) {
  let cursor = "";
  do {
    const page = await api.get(`/api/chat/rooms?${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    for (const room of page.items) byId.set(room.id, marked(room));
    cursor = page.next;
  } while (cursor && byId.size < MOST_ROOMS);
}

/** One's own rooms first: however many others there are, they are all there. */
async function load() {
  const byId = new Map();
  await collect(byId, `member=true&limit=${PAGE}`);
  if (byId.size < MOST_ROOMS) await collect(byId, `member=false&limit=${PAGE}`);
  store.set({ byId, known: true });
  follow();
}

async function tryLoad() {
  try {
    await load();
  } catch (error) {
    if (error.status === undefined) throw error;
    if (error.status !== 401) setTimeout(tryLoad, RETRY_MS);
  }
}

function told(data) {
  if (data.type === "room.added") put(data.room);
  if (data.type === "room.removed") refresh(data.room_id);
  if (data.type === "room.updated") {
    const { id, kind, name, topic } = data.room;
    change(id, kind === "direct" ? {} : { name, topic });
    tell(id, { type: "members" });
    // With another owner, or after one has left, one's own role may be another.
    if (kind !== "direct" && (data.added.length === 0 || data.removed.length > 0)) refresh(id);
  }
}

export const rooms = {
  get: () => store.get(),
  watch: store.watch,
  room: (id) => store.get().byId.get(id),
  put,
  refresh,
  reload: tryLoad,

  /** Calls `listener(room id, event)` for everything that happens in rooms that the page listens to. */
  listen(listener) {
    listeners.add(listener);
  },

  /** Says which room is in view (null for none), so that one hears it without being a member. */
  open(id) {
    open = id;
    follow();
  },

  isOpen: (id) => open === id,

  presence: async (id) => Object.values((await listening.get(id)?.presence())?.clients ?? {}),

  /** Marks everything in a room as read: here at once, for the server within a second. */
  read(id) {
    const room = store.get().byId.get(id);
    if (!room?.member || (room.unread === 0 && room.read_offset >= room.last_offset)) return;
    if (connection.get().state !== "live") return;
    const offset = room.last_offset;
    const mark = marks.get(id) ?? { sent: 0, timer: null };
    marks.set(id, Object.assign(mark, { offset }));
    change(id, { unread: 0, mentions: 0, read_offset: offset });
    sendMark(id);
  },
};

/** Starts following the rooms; `withPresence` also tells who comes and goes in them. */
export function followRooms({ withPresence = false } = {}) {
  presence = withPresence;
  onPersonal(told);
  onPersonalGap(tryLoad);
  connection.watch(({ state }) => {
    if (state === "live") for (const id of marks.keys()) sendMark(id);
  });
  addEventListener("pagehide", sendMarks);
  return tryLoad();
}

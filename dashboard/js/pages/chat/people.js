// Who is in the room that is open, who of them is here now, and who writes.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { byId, el, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { avatarOf, nameOf } from "../../lib/person.js";
import { rooms } from "../../lib/rooms.js";
import { createStore } from "../../lib/store.js";

// As many as the API gives at once: beyond, the list is a beginning.
const MOST = 200;
// Clients say that they write every few seconds.
const TYPING_MS = 6000;

/** `members`: `{user, role}`; `clients`: connection to account; `typing`: account to person; `seen`: everybody met. */
const store = createStore({ roomId: null, members: [], clients: new Map(), typing: new Map(), seen: new Map() });

export const people = {
  get: store.get,
  watch: store.watch,
  /** A person by account, or null when this page has not met them. */
  find: (id) => store.get().seen.get(id) ?? null,
  here: () => new Set(store.get().clients.values()),
};

export function meet(persons) {
  const { seen } = store.get();
  const fresh = persons.filter((person) => !seen.has(person.id));
  if (fresh.length > 0) store.set({ seen: new Map([...seen, ...fresh.map((person) => [person.id, person])]) });
}

async function loadMembers(roomId) {
  try {
    const { items } = await api.get(`/api/chat/rooms/${encodeURIComponent(roomId)}/members?limit=${MOST}`);
    if (store.get().roomId !== roomId) return;
    store.set({ members: items });
    meet(items.map(({ user }) => user));
  } catch (error) {
    if (error.status === undefined) throw error;
    // Names then come from the messages alone.
  }
}

async function loadPresence(roomId) {
  try {
    const here = await rooms.presence(roomId);
    if (store.get().roomId !== roomId) return;
    store.set({ clients: new Map(here.map(({ client, user }) => [client, user])) });
    meet(here.map(({ user, connInfo }) => ({ id: user, ...connInfo })));
  } catch {
    // Without a connection nobody is known to be here; it is asked again when it is back.
  }
}

const timers = new Map();

function typing(person, on) {
  clearTimeout(timers.get(person.id));
  const next = new Map(store.get().typing);
  if (on) {
    next.set(person.id, person);
    timers.set(
      person.id,
      setTimeout(() => typing(person, false), TYPING_MS),
    );
  } else if (!next.delete(person.id)) return;
  store.set({ typing: next });
}

/** Takes what happened in the open room. */
export function heard(event) {
  const { roomId, clients } = store.get();
  if (event.type === "join") {
    store.set({ clients: new Map(clients).set(event.info.client, event.info.user) });
    meet([{ id: event.info.user, ...event.info.connInfo }]);
  }
  if (event.type === "leave") {
    const left = new Map(clients);
    left.delete(event.info.client);
    store.set({ clients: left });
  }
  if (event.type === "subscribed") loadPresence(roomId);
  if (event.type === "members") loadMembers(roomId);
  if (event.type !== "publication") return;
  const { data } = event;
  if (data.type === "typing" && data.user.id !== boot.user.id) typing(data.user, true);
  if (data.type === "message") {
    typing(data.message.user, false);
    meet([data.message.user]);
  }
}

export function openRoom(roomId) {
  for (const timer of timers.values()) clearTimeout(timer);
  store.set({ roomId, members: [], clients: new Map(), typing: new Map() });
  if (roomId === null) return;
  loadMembers(roomId);
  loadPresence(roomId);
}

function typingText(persons) {
  const names = persons.map(nameOf);
  if (names.length === 0) return "";
  if (names.length === 1) return t("chat.typing_one", { name: names[0] });
  if (names.length === 2) return t("chat.typing_two", { first: names[0], second: names[1] });
  return t("chat.typing_many");
}

function row(person, isHere, isOwner) {
  return el(
    "li",
    { className: `person${isHere ? " is-here" : ""}` },
    avatarOf(person, "avatar avatar-small"),
    el(
      "span",
      { className: "person-name cut", title: person.username, textContent: nameOf(person) },
      el("span", { className: "spoken", textContent: isHere ? ` · ${t("chat.here")}` : "" }),
    ),
    ...(isOwner ? [el("span", { className: "person-role", textContent: t("chat.owner") })] : []),
  );
}

/** The column of people, the number in the head, and the line under the composer. */
export function showPeople() {
  const collator = new Intl.Collator(boot.lang);
  const [list, count, line] = [byId("people-list"), byId("talk-here"), byId("talk-typing")];
  let drawn = "";
  store.watch(({ members, clients, typing: writing, seen }) => {
    const here = new Set(clients.values());
    setText(count, here.size > 0 ? integer(here.size) : "");
    setText(line, typingText([...writing.values()]));
    const roles = new Map(members.map(({ user, role }) => [user.id, role]));
    const ids = new Set([...roles.keys(), ...here]);
    const all = [...ids].map((id) => seen.get(id)).filter(Boolean);
    const next = JSON.stringify([all.map(({ id, name }) => [id, name, here.has(id), roles.get(id)])]);
    if (next === drawn) return;
    drawn = next;
    all.sort((a, b) => here.has(b.id) - here.has(a.id) || collator.compare(nameOf(a), nameOf(b)));
    const part = (key, persons) =>
      persons.length === 0
        ? []
        : [
            el("h3", { className: "room-group", textContent: t(key, { count: persons.length }) }),
            el(
              "ul",
              { className: "person-rows" },
              ...persons.map((person) => row(person, here.has(person.id), roles.get(person.id) === "owner")),
            ),
          ];
    list.replaceChildren(
      ...part(
        "chat.here_count",
        all.filter(({ id }) => here.has(id)),
      ),
      ...part(
        "chat.away_count",
        all.filter(({ id }) => !here.has(id)),
      ),
    );
  });
}

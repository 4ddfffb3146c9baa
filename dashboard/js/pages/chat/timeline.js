// The messages of one room, as far as they are loaded: pages from the API, kept true by what is heard since.

import { api } from "../../lib/api.js";
import { createStore } from "../../lib/store.js";

const PAGE = 50;

function withReaction(reactions, { emoji, user_id, added }) {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  const others = (known?.user_ids ?? []).filter((id) => id !== user_id);
  const ids = added ? [...others, user_id] : others;
  if (!known) return added ? [...reactions, { emoji, user_ids: ids }] : reactions;
  return reactions
    .map((reaction) => (reaction === known ? { emoji, user_ids: ids } : reaction))
    .filter(({ user_ids }) => user_ids.length > 0);
}

/**
 * `{state: "loading" | "ready" | "failed", error, messages, older}`: `messages` by offset, `older` where the page before
 * them starts, or null at the beginning of the room.
 */
export function createTimeline(roomId) {
  const store = createStore({ state: "loading", error: null, messages: [], older: null });
  const path = `/api/chat/rooms/${encodeURIComponent(roomId)}/messages`;
  // What is heard while a page is on its way may be older or newer than the page: it is applied again after it.
  let loads = 0;
  let late = [];
  let generation = 0;

  const merge = (items, base = store.get().messages) => {
    const byId = new Map(base.map((message) => [message.id, message]));
    for (const message of items) byId.set(message.id, message);
    return [...byId.values()].sort((a, b) => a.offset - b.offset);
  };

  const edit = (id, patch) => {
    const { messages } = store.get();
    if (!messages.some((message) => message.id === id)) return;
    store.set({
      messages: messages.map((message) => (message.id === id ? { ...message, ...patch(message) } : message)),
    });
  };

  function apply(data) {
    if (data.type === "message") store.set({ messages: merge([data.message]) });
    // An edit tells the reactions of its moment, which later events have already changed here.
    if (data.type === "edit") edit(data.message.id, ({ reactions }) => ({ ...data.message, reactions }));
    if (data.type === "delete") {
      edit(data.id, () => ({ body: "", mentions: [], reactions: [], deleted_at: data.deleted_at }));
    }
    if (data.type === "reaction") edit(data.id, ({ reactions }) => ({ reactions: withReaction(reactions, data) }));
  }

  async function load(query, use) {
    const mine = generation;
    loads += 1;
    try {
      const page = await api.get(`${path}?limit=${PAGE}${query}`);
      if (mine !== generation) return;
      use(page);
      for (const data of late) apply(data);
    } finally {
      loads -= 1;
      if (loads === 0) late = [];
    }
  }

  let loadingOlder = false;
  return {
    roomId,
    get: store.get,
    watch: store.watch,

    /** Loads the newest messages, in place of all that is there. */
    async loadNewest() {
      generation += 1;
      try {
        await load("", ({ items, next }) => {
          store.set({ state: "ready", error: null, messages: items, older: next });
        });
      } catch (error) {
        if (error.status === undefined) throw error;
        if (store.get().state !== "ready") store.set({ state: "failed", error });
      }
    },

    /** Loads the page before the oldest one; false when there is none, or it failed. */
    async loadOlder() {
      const { older, state } = store.get();
      if (older === null || state !== "ready" || loadingOlder) return false;
      loadingOlder = true;
      try {
        await load(`&cursor=${encodeURIComponent(older)}`, ({ items, next }) => {
          store.set({ messages: merge(items), older: next });
        });
        return true;
      } catch (error) {
        if (error.status === undefined) throw error;
        return false;
      } finally {
        loadingOlder = false;
      }
    },

    heard(data) {
      if (loads > 0) late.push(data);
      // Before the first page there is nothing that an event could belong to.
      if (store.get().state === "ready") apply(data);
    },

    /** A message as the API answered it. One that has been heard already may be newer than this answer. */
    posted(message) {
      const { state, messages } = store.get();
      if (state === "ready" && !messages.some(({ id }) => id === message.id)) store.set({ messages: merge([message]) });
    },
  };
}

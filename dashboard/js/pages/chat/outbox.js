// Messages that are on their way. Each keeps its nonce until the server has it, so that sending it again, after a lost
// answer or on a reloaded page, is the same message.

import { api } from "../../lib/api.js";
import { keep, keptAll } from "../../lib/keep.js";
import { randomId } from "../../lib/agent.js";
import { connection } from "../../lib/realtime.js";
import { createStore } from "../../lib/store.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

// Each is kept under a name of its own: two windows then do not write over each other's.
const nameOf = (nonce) => `unsent:${nonce}`;

/** `unsent`: `{nonce, roomId, body, replyTo, at, failed}`; `failed` is the server's refusal in words, or null. */
const store = createStore({ unsent: keptAll(nameOf("")).sort((a, b) => a.at.localeCompare(b.at)) });
const running = new Set();
const wakers = new Set();
let onPosted = () => {};

function change(nonce, patch) {
  const unsent = store.get().unsent.map((message) => (message.nonce === nonce ? { ...message, ...patch } : message));
  store.set({ unsent });
  keep(nameOf(nonce), unsent.find((message) => message.nonce === nonce) ?? null);
}

function remove(nonce) {
  store.set({ unsent: store.get().unsent.filter((message) => message.nonce !== nonce) });
  keep(nameOf(nonce), null);
}

/** Refused for what it is, not for the moment: sending it again would not help. */
const isFinal = ({ status }) => status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);

function pause(ms) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      wakers.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    wakers.add(wake);
  });
}

async function post({ nonce, roomId, body, replyTo }) {
  const reply = replyTo ? { reply_to: replyTo.id } : {};
  return api.post(`/api/chat/rooms/${encodeURIComponent(roomId)}/messages`, { body, nonce, ...reply });
}

/** Sends the messages of one room, one after the other: they arrive in the order in which they were written. */
async function run(roomId) {
  if (running.has(roomId)) return;
  running.add(roomId);
  try {
    await sendAll(roomId);
  } finally {
    running.delete(roomId);
  }
}

async function sendAll(roomId) {
  let wait = FIRST_WAIT_MS;
  for (;;) {
    const next = store.get().unsent.find((message) => message.roomId === roomId && message.failed === null);
    if (!next) break;
    try {
      const message = await post(next);
      remove(next.nonce);
      onPosted(message);
      wait = FIRST_WAIT_MS;
    } catch (error) {
      if (error.status === undefined) throw error;
      if (isFinal(error)) change(next.nonce, { failed: error.text });
      else await pause(error.retryAfter !== null ? error.retryAfter * 1000 : wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }
}

export const outbox = {
  get: store.get,
  watch: store.watch,

  send(roomId, body, replyTo) {
    const message = { nonce: randomId(), roomId, body, replyTo, at: new Date().toISOString(), failed: null };
    store.set({ unsent: [...store.get().unsent, message] });
    keep(nameOf(message.nonce), message);
    run(roomId);
  },

  /** The message of `nonce` is in the room: heard there before, or instead of, the answer. */
  settle(nonce) {
    if (store.get().unsent.some((message) => message.nonce === nonce)) remove(nonce);
  },

  retry(nonce) {
    const message = store.get().unsent.find((one) => one.nonce === nonce);
    if (!message) return;
    change(nonce, { failed: null });
    run(message.roomId);
  },

  /** Gives up a message; returns its text. */
  takeBack(nonce) {
    const message = store.get().unsent.find((one) => one.nonce === nonce);
    remove(nonce);
    return message?.body ?? "";
  },

  /** Sends what an earlier page left, and calls `posted(message)` for each message that the server took. */
  start(posted) {
    onPosted = posted;
    for (const { roomId } of store.get().unsent) run(roomId);
    // A connection that is back is the best sign that waiting is over.
    connection.watch(({ state }) => {
      if (state === "live") for (const wake of [...wakers]) wake();
    });
  },
};

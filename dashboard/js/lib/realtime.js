// The page's one connection, over the official SDK, and the state of it for whoever shows it.

import "../../vendor/centrifuge/centrifuge.js";
import { describe } from "./agent.js";
import { api } from "./api.js";
import { at, boot } from "./boot.js";
import { loginPlace } from "./next.js";
import { createStore } from "./store.js";

// One delay per page, so that it can be shown, and drawn by lot, so that pages do not return in one wave.
const RETRY_MS = 3000 + Math.round(Math.random() * 2000);
// Beyond this a person should read "offline", not watch a countdown start again.
const OFFLINE_AFTER_MS = 30_000;

const socketUrl = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${at("/connection/websocket")}`;

const centrifuge = new globalThis.Centrifuge(socketUrl, {
  name: "dashboard",
  version: boot.version,
  data: describe(),
  minReconnectDelay: RETRY_MS,
  maxReconnectDelay: RETRY_MS,
});

/**
 * `{state: "connecting" | "live" | "waiting" | "offline", clientId, since, retryAt, ended}`: `since` (Date) when the
 * connection was lost, `retryAt` (ms) when the next attempt starts or null, `ended` true when the server closed it for good.
 */
export const connection = createStore({
  state: "connecting",
  clientId: null,
  since: null,
  retryAt: null,
  ended: false,
});

function lost(retryAt) {
  const since = connection.get().since ?? new Date();
  const long = Date.now() - since.getTime() > OFFLINE_AFTER_MS;
  connection.set({ state: long || !navigator.onLine ? "offline" : "waiting", since, retryAt });
}

// A server that ends a session says so once; whether one may come back is asked over HTTP.
async function ended() {
  connection.set({ state: "offline", since: connection.get().since ?? new Date(), retryAt: null, ended: true });
  try {
    await api.get("/api/auth/me");
  } catch (error) {
    if (error.status === 401) location.assign(loginPlace());
  }
}

let restarting = false;
let leaving = false;
let asking = false;

centrifuge.on("connected", ({ client }) => {
  connection.set({ state: "live", clientId: client, since: null, retryAt: null, ended: false });
});
centrifuge.on("connecting", ({ code }) => {
  if (code !== 0) lost(Date.now() + RETRY_MS);
});
centrifuge.on("error", ({ type }) => {
  if (type === "transport" || type === "connect") lost(Date.now() + RETRY_MS);
});
centrifuge.on("disconnected", () => {
  if (!restarting && !leaving) ended();
});
addEventListener("offline", () => lost(connection.get().retryAt));

/** Tries at once instead of waiting for the next attempt. */
export function reconnectNow() {
  restarting = true;
  centrifuge.disconnect();
  restarting = false;
  connection.set({ state: "waiting", retryAt: null, ended: false });
  centrifuge.connect();
}

/** Whether this page ends the session: what would keep a reader here has been asked before. */
export const isLeaving = () => leaving;

/** Says that the session is about to be ended by this page itself (or, with false, that it was not). */
export function expectEnd(value) {
  leaving = value;
}

// A channel is refused when the account's role has changed: the server then has another page for it.
async function refused() {
  if (leaving || asking) return;
  asking = true;
  try {
    const { user } = await api.get("/api/auth/me");
    if (user.role !== boot.user.role) location.reload();
  } catch (error) {
    if (error.status === undefined) throw error;
    if (error.status === 401) location.assign(loginPlace());
    else setTimeout(refused, RETRY_MS);
  } finally {
    asking = false;
  }
}

/**
 * Follows `channel`: `onState` gets the data of each (re)subscription, `onChange` each publication. The returned
 * function ends it.
 */
export function follow(channel, onState, onChange) {
  const subscription = centrifuge.newSubscription(channel);
  subscription.on("subscribed", ({ data }) => onState(data ?? {}));
  subscription.on("publication", ({ data }) => onChange(data));
  subscription.on("unsubscribed", refused);
  subscription.subscribe();
  return () => {
    subscription.removeAllListeners();
    centrifuge.removeSubscription(subscription);
  };
}

/**
 * Listens to a stored `channel` from just after `since`, an offset that is known from the API; what was missed in a
 * lost connection is delivered like the rest. `on` maps events of the SDK's subscription to handlers.
 */
export function listen(channel, since, joinLeave, on) {
  // Without an epoch the server takes the position for one of its own, as the API has just told it.
  const options = { recoverable: true, joinLeave, since: { offset: since, epoch: "" } };
  const subscription = centrifuge.newSubscription(channel, options);
  for (const [name, handle] of Object.entries(on)) subscription.on(name, handle);
  // Whoever ended it, one may listen to the channel again.
  subscription.on("unsubscribed", () => centrifuge.removeSubscription(subscription));
  subscription.subscribe();
  return subscription;
}

/** Listens to a `channel` that stores nothing, with handlers of the SDK's events; gives what ends it. */
export function hear(channel, on) {
  const subscription = centrifuge.newSubscription(channel);
  for (const [name, handle] of Object.entries(on)) subscription.on(name, handle);
  subscription.on("unsubscribed", () => centrifuge.removeSubscription(subscription));
  subscription.subscribe();
  return () => subscription.unsubscribe();
}

/** A call over the open connection; refused while there is none. */
export const rpc = (method, data) => centrifuge.rpc(method, data);

/** Calls `reload` when what the server tells this user could not be recovered after a lost connection. */
export const onPersonalGap = (reload) =>
  centrifuge.on("subscribed", ({ wasRecovering, recovered }) => {
    if (wasRecovering && !recovered) reload();
  });

/** What the server tells this user outside of any channel of the page: notices, for instance. */
export const onPersonal = (handle) => centrifuge.on("publication", ({ data }) => handle(data));

export const connect = () => centrifuge.connect();

// Who is connected now, by connection. Of very many, the server tells only the newest at first: the others are
// counted, and listed as soon as something about them changes.

import { createStore } from "../../lib/store.js";

const store = createStore({ byId: new Map(), total: 0, known: false });

export const clients = {
  get: store.get,
  watch: store.watch,
  reset({ items = [], total = items.length }) {
    store.set({ byId: new Map(items.map((client) => [client.id, client])), total, known: true });
  },
  change({ connected = [], updated = [], disconnected = [] }) {
    const byId = new Map(store.get().byId);
    const total = store.get().total + connected.length - disconnected.length;
    for (const client of [...connected, ...updated]) byId.set(client.id, client);
    for (const id of disconnected) byId.delete(id);
    store.set({ byId, total: Math.max(total, byId.size) });
  },
};

const versioned = (name, version) => [name, version].filter(Boolean).join("\u00a0");

export const appOf = ({ app, app_version, sdk }) => versioned(app, app_version) || sdk || "";
export const systemOf = ({ os, os_version }) => versioned(os, os_version);

/** What to call a client when asking about it: the person, and the machine or the application. */
export const nameOf = (client) =>
  [client.user.username, client.hostname || client.app || client.address].filter(Boolean).join(" · ");

// Who is connected now, by connection.

import { createStore } from "../../lib/store.js";

const store = createStore({ byId: new Map(), known: false });

export const clients = {
  get: store.get,
  watch: store.watch,
  reset({ items = [] }) {
    store.set({ byId: new Map(items.map((client) => [client.id, client])), known: true });
  },
  change({ connected = [], updated = [], disconnected = [] }) {
    const byId = new Map(store.get().byId);
    for (const client of [...connected, ...updated]) byId.set(client.id, client);
    for (const id of disconnected) byId.delete(id);
    store.set({ byId });
  },
};

const versioned = (name, version) => [name, version].filter(Boolean).join("\u00a0");

export const appOf = ({ app, app_version, sdk }) => versioned(app, app_version) || sdk || "";
export const systemOf = ({ os, os_version }) => versioned(os, os_version);

/** What to call a client when asking about it: the person, and the machine or the application. */
export const nameOf = (client) =>
  [client.user.username, client.hostname || client.app || client.address].filter(Boolean).join(" · ");

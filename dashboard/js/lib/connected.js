// Who is connected now, by connection. Of very many, the server tells only the newest at first: the others are
// counted, and listed as soon as something about them changes.

import { createStore } from "./store.js";

const store = createStore({ byId: new Map(), byInstallation: new Map(), left: new Map(), total: 0, known: false });

function grouped(byId) {
  const groups = new Map();
  for (const client of byId.values()) {
    const group = groups.get(client.installation);
    if (group) group.push(client);
    else groups.set(client.installation, [client]);
  }
  return groups;
}

/** Takes over `byId`; an installation whose last connection is gone is noted with the moment in `left`. */
function put(byId, total) {
  const { byInstallation: before, left: gone } = store.get();
  const byInstallation = grouped(byId);
  const left = new Map([...gone].filter(([installation]) => !byInstallation.has(installation)));
  for (const installation of before.keys()) {
    if (!byInstallation.has(installation)) left.set(installation, Date.now());
  }
  store.set({ byId, byInstallation, left, total, known: true });
}

export const clients = {
  get: store.get,
  watch: store.watch,
  reset({ items = [], total = items.length }) {
    put(new Map(items.map((client) => [client.id, client])), total);
  },
  change({ connected = [], updated = [], disconnected = [] }) {
    const byId = new Map(store.get().byId);
    const total = store.get().total + connected.length - disconnected.length;
    for (const client of [...connected, ...updated]) byId.set(client.id, client);
    for (const id of disconnected) byId.delete(id);
    put(byId, Math.max(total, byId.size));
  },
};

const versioned = (name, version) => [name, version].filter(Boolean).join("\u00a0");

export const appOf = ({ app, app_version, sdk }) => versioned(app, app_version) || sdk || "";
export const systemOf = ({ os, os_version }) => versioned(os, os_version);

/** What to call a client or an installation: the person, and the machine or the application. */
export const nameOf = (client) =>
  [client.user.username, client.hostname || client.app || client.address].filter(Boolean).join(" · ");

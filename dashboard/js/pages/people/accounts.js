// All accounts, as the API lists them and as this page changed them.

import { api } from "../../lib/api.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { createStore } from "../../lib/store.js";

// As many as the API gives at once.
const PAGE = 200;
const RETRY_MS = 5000;

const store = createStore({ byId: new Map(), known: false });

export const accounts = {
  get: store.get,
  watch: store.watch,
  put(account) {
    store.set({ byId: new Map(store.get().byId).set(account.id, account) });
  },
};

async function load() {
  const byId = new Map();
  let cursor = "";
  do {
    const page = await api.get(`/api/users?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    for (const account of page.items) byId.set(account.id, account);
    cursor = page.next;
  } while (cursor);
  store.set({ byId, known: true });
}

/** Loads the list, again and again until it is there. */
export async function loadAccounts() {
  try {
    await load();
  } catch (error) {
    if (error.status === undefined) throw error;
    report(t("people.failed"), "bad");
    setTimeout(loadAccounts, RETRY_MS);
  }
}

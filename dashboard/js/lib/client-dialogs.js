// A notice to a client, and its disconnection: the two questions that every page with clients asks in the same way.

import { api } from "./api.js";
import { createDialog } from "./dialog.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { report } from "./report.js";

/** What one can do something to: `path` is that of a connection or of an installation in the API. */
export const toClient = ({ id }, name) => ({ path: `/api/clients/${encodeURIComponent(id)}`, name });
export const toInstallation = ({ id }, name) => ({ path: `/api/installations/${encodeURIComponent(id)}`, name });

/** Sends an order; says so, also when nobody was there any more. */
async function order(target, action, body, done) {
  let answer = null;
  try {
    answer = await api.post(`${target.path}/${action}`, body);
  } catch (error) {
    if (error.status !== 404) throw error;
    answer = { clients: 0 };
  }
  // A connection answers with nothing, an installation with how many connections it reached.
  report(t(answer?.clients === 0 ? "clients.gone" : done, { name: target.name }));
  target.after?.();
}

function words(id, key, { name }) {
  byId(`${id}-title`).textContent = t(`${key}.title`, { name });
  byId(`${id}-dialog`).querySelector("[type=submit]").textContent = t(`${key}.submit`, { name });
}

/** Prepares the dialogs of the partial `client-dialogs`; each opens with `open(target)`. */
export const bindClientDialogs = () => ({
  disconnect: createDialog(byId("disconnect-dialog"), {
    fill: (target) => words("disconnect", "disconnect", target),
    send: (_, target) => order(target, "disconnect", undefined, "disconnect.done"),
  }),
  notice: createDialog(byId("notice-dialog"), {
    fill: (target) => words("notice", "notice", target),
    send: ({ title, body, level }, target) => order(target, "notice", { title, body, level }, "notice.done"),
  }),
});

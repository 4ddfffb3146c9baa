// What can be done to a client: look closer, send it a notice, disconnect it. Each question names the client.

import { api } from "../../lib/api.js";
import { createDialog } from "../../lib/dialog.js";
import { byId, el } from "../../lib/dom.js";
import { bytesText, exactTime, integer, ms } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { closeWhenMoved, placeBeside } from "../../lib/place.js";
import { report } from "../../lib/report.js";
import { appOf, clients, nameOf, systemOf } from "./fleet.js";

const path = ({ id }, action) => `/api/clients/${encodeURIComponent(id)}/${action}`;

function facts(client) {
  const { rtt_ms: rtt } = client;
  return [
    ["clients.user", [client.user.name, client.user.username].filter(Boolean).join(" · ")],
    ["clients.app", appOf(client)],
    ["clients.sdk", client.sdk],
    ["clients.os", systemOf(client)],
    ["clients.host", client.hostname],
    ["clients.address", client.address],
    ["clients.locale", client.locale],
    ["clients.rtt", rtt && `${ms(rtt.last)} · p50 ${ms(rtt.p50)} · p95 ${ms(rtt.p95)}`],
    ["clients.in", `${integer(client.messages_in)} · ${bytesText(client.bytes_in)}`],
    ["clients.out", `${integer(client.messages_out)} · ${bytesText(client.bytes_out)}`],
    ["clients.channels", Array.isArray(client.channels) ? client.channels.join(", ") : client.channels],
    ["clients.since", exactTime(new Date(client.connected_at))],
    ["clients.connection", client.id],
    ["clients.installation", client.installation_id],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
}

const details = () =>
  createDialog(byId("details-dialog"), {
    fill(client) {
      byId("details-title").textContent = nameOf(client);
      byId("details-facts").replaceChildren(
        ...facts(client).map(([key, value]) =>
          el("div", { className: "fact" }, el("dt", { textContent: t(key) }), el("dd", { textContent: String(value) })),
        ),
      );
    },
  });

function gone(error, client) {
  if (error.status !== 404) throw error;
  report(t("clients.gone", { name: nameOf(client) }));
}

const disconnect = () =>
  createDialog(byId("disconnect-dialog"), {
    fill(client) {
      const name = nameOf(client);
      byId("disconnect-title").textContent = t("disconnect.title", { name });
      byId("disconnect-dialog").querySelector("[type=submit]").textContent = t("disconnect.submit", { name });
    },
    async send(_, client) {
      try {
        await api.post(path(client, "disconnect"));
        report(t("disconnect.done", { name: nameOf(client) }));
      } catch (error) {
        gone(error, client);
      }
    },
  });

const notice = () =>
  createDialog(byId("notice-dialog"), {
    fill(client) {
      const name = nameOf(client);
      byId("notice-title").textContent = t("notice.title", { name });
      byId("notice-dialog").querySelector("[type=submit]").textContent = t("notice.submit", { name });
    },
    async send({ title, body, level }, client) {
      try {
        await api.post(path(client, "notice"), { title, body, level });
        report(t("notice.done", { name: nameOf(client) }));
      } catch (error) {
        gone(error, client);
      }
    },
  });

/** Prepares menu and dialogs; the returned `open(id, button)` shows the menu of a client beside its button. */
export function bindActions(isThisPage) {
  const dialogs = { details: details(), disconnect: disconnect(), notice: notice() };
  const menu = byId("client-menu");
  let client = null;
  menu.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (!action) return;
    menu.hidePopover();
    dialogs[action].open(client);
  });
  const holdTo = closeWhenMoved(menu);
  return (id, button) => {
    client = clients.get().byId.get(id);
    if (!client) return;
    const own = isThisPage(client);
    for (const item of menu.querySelectorAll("[data-action='disconnect'], .menu-line")) item.hidden = own;
    holdTo(button);
    menu.showPopover();
    placeBeside(menu, button);
    menu.querySelector("[data-action]").focus();
  };
}

// What can be done to a client: look closer, send it a notice, disconnect it. Each question names the client.

import { bindClientDialogs, toClient } from "../../lib/client-dialogs.js";
import { appOf, clients, nameOf, systemOf } from "../../lib/connected.js";
import { createDialog } from "../../lib/dialog.js";
import { byId, el } from "../../lib/dom.js";
import { bytesText, exactTime, integer, ms } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { closeWhenMoved, placeBeside } from "../../lib/place.js";

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

/** Prepares menu and dialogs; the returned `open(id, button)` shows the menu of a client beside its button. */
export function bindActions(isThisPage) {
  const { disconnect, notice } = bindClientDialogs();
  const open = {
    details: details().open,
    disconnect: (of) => disconnect.open(toClient(of, nameOf(of))),
    notice: (of) => notice.open(toClient(of, nameOf(of))),
  };
  const menu = byId("client-menu");
  let client = null;
  menu.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (!action) return;
    menu.hidePopover();
    open[action](client);
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

// The table of connected clients, its filter, and the menu of each row.

import { boot } from "../../lib/boot.js";
import { byId, el, icon, setText, setTitle } from "../../lib/dom.js";
import { exactTime, integer, ms, since } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { connection } from "../../lib/realtime.js";
import { createTable, textCell } from "../../lib/table.js";
import { bindActions } from "./actions.js";
import { appOf, clients, nameOf, systemOf } from "../../lib/connected.js";

const isThisPage = ({ id }) => id === connection.get().clientId;

function drawUser(cell, client) {
  if (!cell.firstChild) {
    const line = el(
      "div",
      { className: "client-user" },
      el("span", { className: "client-name" }),
      el("span", { className: "badge", hidden: true, textContent: t("clients.this_page") }),
    );
    cell.append(line, el("div", { className: "client-more cut" }));
  }
  const [line, more] = cell.children;
  setText(line.children[0], client.user.username);
  setTitle(line.children[0], client.user.name || client.user.username);
  line.children[1].hidden = !isThisPage(client);
  setText(more, [appOf(client), systemOf(client)].filter(Boolean).join(" · "));
}

function drawRtt(cell, { rtt_ms }) {
  setText(cell, rtt_ms ? ms(rtt_ms.last) : "–");
  setTitle(
    cell,
    rtt_ms ? t("clients.rtt.detail", { p50: ms(rtt_ms.p50), p95: ms(rtt_ms.p95) }) : t("clients.rtt.none"),
  );
}

function drawSince(cell, { connected_at }) {
  const date = new Date(connected_at);
  setText(cell, since(date, Date.now()));
  setTitle(cell, exactTime(date));
}

function drawAction(cell, client) {
  if (!cell.firstChild) {
    cell.append(
      el(
        "button",
        { className: "button button-icon", type: "button", tabIndex: -1, aria: { haspopup: "menu" } },
        icon("more"),
      ),
    );
  }
  const label = t("clients.actions", { name: nameOf(client) });
  if (cell.firstChild.ariaLabel !== label) cell.firstChild.ariaLabel = label;
}

const number = (key) => ({
  key,
  number: true,
  sort: (client) => client[key],
  draw: (cell, client) => setText(cell, integer(client[key])),
});

const columns = () => [
  {
    key: "user",
    label: t("clients.user"),
    className: "col-user",
    sort: (client) => client.user.username,
    draw: drawUser,
  },
  { key: "app", label: t("clients.app"), className: "col-app", sort: appOf, draw: textCell(appOf) },
  { key: "os", label: t("clients.os"), className: "col-os", sort: systemOf, draw: textCell(systemOf) },
  {
    key: "host",
    label: t("clients.host"),
    className: "col-host",
    sort: (client) => client.hostname || null,
    draw: textCell((client) => client.hostname),
  },
  {
    key: "address",
    label: t("clients.address"),
    className: "col-address",
    sort: (client) => client.address,
    draw: textCell((client) => client.address),
  },
  {
    key: "rtt",
    label: t("clients.rtt"),
    className: "col-rtt",
    number: true,
    title: t("clients.rtt.title"),
    sort: (client) => client.rtt_ms?.last ?? null,
    draw: drawRtt,
  },
  { ...number("messages_in"), label: t("clients.in"), className: "col-in", title: t("clients.in.title") },
  { ...number("messages_out"), label: t("clients.out"), className: "col-out", title: t("clients.out.title") },
  {
    key: "since",
    label: t("clients.since"),
    className: "col-since",
    sort: (client) => Date.parse(client.connected_at),
    draw: drawSince,
  },
  { key: "action", label: t("clients.actions_head"), className: "col-action", draw: drawAction },
];

function matches(client, words) {
  const text = [
    client.user.username,
    client.user.name,
    appOf(client),
    systemOf(client),
    client.hostname,
    client.address,
  ]
    .join(" ")
    .toLocaleLowerCase(boot.lang);
  return words.every((word) => text.includes(word));
}

/** How many there are, and how many of them are listed and (unless null) `shown`, where that differs. */
function countOf(shown, listed, total) {
  const all = integer(total);
  if (shown !== null) {
    const some = t("clients.some", { shown: integer(shown), all: integer(listed) });
    return listed < total ? t("clients.some_listed", { some, all }) : some;
  }
  return listed < total ? t("clients.listed", { listed: integer(listed), all }) : all;
}

export function showClients() {
  const [filter, none, countText] = [byId("clients-filter"), byId("clients-none"), byId("clients-count")];
  const openMenu = bindActions(isThisPage);
  const table = createTable({
    head: byId("clients-head"),
    body: byId("clients-rows"),
    scroll: byId("clients-scroll"),
    columns: columns(),
    sortBy: "since",
    onOpen: (id, row) => openMenu(id, row.querySelector("button")),
  });

  const show = () => {
    const { byId: all, total, known } = clients.get();
    const words = filter.value.toLocaleLowerCase(boot.lang).split(/\s+/).filter(Boolean);
    const shown = [...all.values()].filter((client) => matches(client, words));
    table.set(shown);
    if (!known) return;
    setText(countText, countOf(words.length > 0 ? shown.length : null, all.size, total));
    none.hidden = shown.length > 0;
    if (shown.length === 0) setText(none, words.length > 0 ? t("clients.no_match") : t("clients.none"));
  };

  byId("clients-rows").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) openMenu(button.closest("tr").dataset.id, button);
  });
  filter.addEventListener("input", show);
  clients.watch(show);
  connection.watch(table.redraw);
  // Relative times grow older without any news.
  setInterval(table.redraw, 1000);
}

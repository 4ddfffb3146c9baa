// The table of accounts, with a filter.

import { boot } from "../../lib/boot.js";
import { byId, el, icon, setText, setTitle } from "../../lib/dom.js";
import { exactTime, integer, since } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { avatarOf, nameOf } from "../../lib/person.js";
import { createTable, textCell } from "../../lib/table.js";
import { accounts } from "./accounts.js";
import { isSelf } from "./actions.js";

const roleOf = ({ role }) => t(`role.${role}`);
const stateOf = ({ disabled }) => t(disabled ? "people.disabled" : "people.active");

function drawName(cell, account) {
  cell.closest("tr").classList.toggle("is-disabled", account.disabled);
  if (!cell.firstChild) {
    const name = el("span", { className: "account-cell-name cut" });
    const username = el("span", { className: "account-cell-username cut" });
    const own = isSelf(account) ? [el("span", { className: "badge", textContent: t("people.you") })] : [];
    cell.append(
      el("div", { className: "account-cell" }, avatarOf(account, "avatar avatar-small"), name, username, ...own),
    );
  }
  const [name, username] = ["name", "username"].map((part) => cell.querySelector(`.account-cell-${part}`));
  setText(name, nameOf(account));
  setText(username, account.name === account.username ? "" : account.username);
  setTitle(cell, [account.name, account.username].filter(Boolean).join(" · "));
}

function drawState(cell, account) {
  if (!cell.firstChild) cell.append(el("span"));
  cell.firstChild.className = account.disabled ? "badge badge-off" : "";
  setText(cell.firstChild, stateOf(account));
}

function drawMade(cell, { created_at }) {
  const date = new Date(created_at);
  setText(cell, since(date, Date.now()));
  setTitle(cell, exactTime(date));
}

function drawAction(cell, account) {
  if (!cell.firstChild) {
    const aria = { haspopup: "menu", label: t("people.actions", { name: nameOf(account) }) };
    cell.append(el("button", { className: "button button-icon", type: "button", tabIndex: -1, aria }, icon("more")));
  }
}

const columns = () => [
  { key: "name", label: t("people.name"), className: "col-name", sort: nameOf, draw: drawName },
  { key: "role", label: t("people.role"), className: "col-role", sort: roleOf, draw: textCell(roleOf) },
  { key: "state", label: t("people.state"), className: "col-state", sort: stateOf, draw: drawState },
  {
    key: "made",
    label: t("people.made"),
    className: "col-made",
    sort: ({ created_at }) => Date.parse(created_at),
    draw: drawMade,
  },
  { key: "action", label: t("people.actions_head"), className: "col-action", draw: drawAction },
];

function matches(account, words) {
  const text = [account.username, account.name, roleOf(account), stateOf(account)]
    .join(" ")
    .toLocaleLowerCase(boot.lang);
  return words.every((word) => text.includes(word));
}

/** Shows the accounts; `openMenu(id, button)` offers what can be done to one. */
export function showAccounts(openMenu) {
  const [filter, none, count] = ["filter", "none", "count"].map((part) => byId(`accounts-${part}`));
  const table = createTable({
    head: byId("accounts-head"),
    body: byId("accounts-rows"),
    scroll: byId("accounts-scroll"),
    columns: columns(),
    sortBy: "name",
    onOpen: (id, row) => openMenu(id, row.querySelector("button")),
  });
  const show = () => {
    const { byId: all, known } = accounts.get();
    const words = filter.value.toLocaleLowerCase(boot.lang).split(/\s+/).filter(Boolean);
    const shown = [...all.values()].filter((account) => matches(account, words));
    table.set(shown);
    if (!known) return;
    const some = { shown: integer(shown.length), all: integer(all.size) };
    setText(count, words.length > 0 ? t("clients.some", some) : integer(all.size));
    none.hidden = shown.length > 0;
    if (shown.length === 0) setText(none, t("people.none"));
  };
  byId("accounts-rows").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) openMenu(button.closest("tr").dataset.id, button);
  });
  filter.addEventListener("input", show);
  accounts.watch(show);
}

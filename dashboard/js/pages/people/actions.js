// What can be done to an account. Each question names the person.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { createDialog } from "../../lib/dialog.js";
import { byId } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { hidePassword } from "../../lib/password.js";
import { nameOf } from "../../lib/person.js";
import { closeWhenMoved, placeBeside } from "../../lib/place.js";
import { report } from "../../lib/report.js";
import { accounts } from "./accounts.js";

const path = ({ id }) => `/api/users/${encodeURIComponent(id)}`;
export const isSelf = ({ id }) => id === boot.user.id;

const words = (dialog, key, account) => {
  const name = nameOf(account);
  byId(`${dialog}-title`).textContent = t(`people.${key}_title`, { name });
  byId(dialog).querySelector("[type=submit]").textContent = t(`people.${key}_submit`, { name });
};

const password = () =>
  createDialog(byId("password-dialog"), {
    fill(account) {
      byId("new-password").value = "";
      hidePassword(byId("new-password"));
      words("password-dialog", "password", account);
    },
    async send({ new_password }, account) {
      await api.post(`${path(account)}/password`, { new_password });
      report(t("people.password_done", { name: nameOf(account) }));
    },
  });

const disable = () =>
  createDialog(byId("disable-dialog"), {
    fill: (account) => words("disable-dialog", "disable", account),
    async send(_, account) {
      accounts.put(await api.patch(path(account), { disabled: true }));
      report(t("people.disable_done", { name: nameOf(account) }));
    },
  });

/** Nothing is lost by it: it happens at once. */
const enable = {
  async open(account) {
    try {
      accounts.put(await api.patch(path(account), { disabled: false }));
      report(t("people.enable_done", { name: nameOf(account) }));
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    }
  },
};

/** Prepares menu and dialogs; the returned `open(id, button)` shows the menu of an account beside its button. */
export function bindActions() {
  const dialogs = { password: password(), disable: disable(), enable };
  const menu = byId("account-actions");
  let account = null;
  menu.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (!action) return;
    menu.hidePopover();
    dialogs[action].open(account);
  });
  const holdTo = closeWhenMoved(menu);
  return (id, button) => {
    account = accounts.get().byId.get(id);
    const item = (action) => menu.querySelector(`[data-action="${action}"]`);
    item("enable").hidden = !account.disabled;
    item("disable").hidden = account.disabled || isSelf(account);
    menu.querySelector(".menu-line").hidden = item("disable").hidden;
    holdTo(button);
    menu.showPopover();
    placeBeside(menu, button);
    item("password").focus({ preventScroll: true });
  };
}

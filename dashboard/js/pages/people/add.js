// Adding somebody, and what to pass on to them.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { byId } from "../../lib/dom.js";
import { bindForm } from "../../lib/form.js";
import { t } from "../../lib/i18n.js";
import { hidePassword } from "../../lib/password.js";
import { nameOf } from "../../lib/person.js";
import { accounts } from "./accounts.js";

/** Shows it until the next person is added, or the page is left: it is kept nowhere. */
function handOver(account, password) {
  const address = `${location.origin}${boot.base}/`;
  byId("added-title").textContent = t("people.added", { name: nameOf(account) });
  byId("added-text").textContent = t("people.hand_over", { address, username: account.username, password });
  byId("added").hidden = false;
}

export function bindAdd(form) {
  bindForm(form, async ({ username, name, role, password }) => {
    let account;
    try {
      account = await api.post("/api/users", { username, password, role, ...(name.trim() ? { name } : {}) });
    } catch (error) {
      if (error.code === "username_taken") error.fields = { username: error.text };
      throw error;
    }
    form.reset();
    hidePassword(byId("add-password"));
    accounts.put(account);
    handOver(account, password);
    form.elements.username.focus();
  });
}

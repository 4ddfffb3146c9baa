// The token comes in the fragment, which no server or proxy ever sees; it leaves the address bar once used.

import { api } from "../lib/api.js";
import { at } from "../lib/boot.js";
import { byId } from "../lib/dom.js";
import { bindForm, bindPasswordButtons } from "../lib/form.js";
import { t } from "../lib/i18n.js";
import { bindPreferences } from "../lib/preferences.js";

const tokenField = byId("token-field");
const tokenInput = byId("token");

/** The token of a pasted link, or the text itself. */
const tokenOf = (text) => text.trim().split("#").at(-1);

function readFragment() {
  const token = decodeURIComponent(location.hash.slice(1));
  tokenInput.value = token;
  tokenInput.required = true;
  tokenField.hidden = token !== "";
}

bindPreferences();
bindPasswordButtons();
readFragment();
addEventListener("hashchange", readFragment);

bindForm(byId("setup-form"), async ({ token, username, name, password }) => {
  try {
    await api.post("/api/setup", { token: tokenOf(token), username, password, ...(name.trim() ? { name } : {}) });
  } catch (error) {
    if (error.status !== 403) throw error;
    // A used or mistyped link can be put right here.
    tokenField.hidden = false;
    error.fields = { token: t("setup.token.wrong") };
    throw error;
  }
  location.replace(at("/"));
});

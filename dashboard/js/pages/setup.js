// The token comes in the fragment, which no server or proxy ever sees; it leaves the address bar once used.

import { api } from "../lib/api.js";
import { at } from "../lib/boot.js";
import { byId } from "../lib/dom.js";
import { bindForm, bindPasswordButtons } from "../lib/form.js";
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
    // A used or mistyped token can be put right here.
    if (error.status === 401 || error.status === 403 || error.fields?.token) tokenField.hidden = false;
    throw error;
  }
  location.replace(at("/"));
});

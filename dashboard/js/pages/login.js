import { api } from "../lib/api.js";
import { byId } from "../lib/dom.js";
import { bindForm, bindPasswordButtons } from "../lib/form.js";
import { nextPlace } from "../lib/next.js";
import { bindPreferences } from "../lib/preferences.js";

bindPreferences();
bindPasswordButtons();
bindForm(byId("login-form"), async ({ username, password }) => {
  await api.post("/api/auth/cookie", { username, password });
  location.assign(nextPlace());
});

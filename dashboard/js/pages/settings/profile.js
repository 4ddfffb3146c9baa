// One's own account: the name, the password, how pages look, and the feed of the agenda.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { byId, setText } from "../../lib/dom.js";
import { bindFeed } from "../../lib/feed.js";
import { bindForm, bindPasswordButtons } from "../../lib/form.js";
import { dayName } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { bindGenerateButtons, hidePassword } from "../../lib/password.js";
import { chooseLanguage, chosenTheme, chooseTheme } from "../../lib/preferences.js";
import { report } from "../../lib/report.js";
import { startSection } from "./parts/section.js";

const askFeed = bindFeed();

async function load() {
  const [{ user }] = await Promise.all([api.get("/api/auth/me"), askFeed()]);
  setText(byId("profile-since"), dayName(new Date(user.created_at), new Date()));
}

bindForm(byId("profile-form"), async ({ name }) => {
  const user = await api.patch("/api/me", { name });
  byId("profile-name").value = user.name;
  for (const node of document.querySelectorAll(".account-name")) setText(node, user.name);
  report(t("settings.profile.saved"));
});

const secret = byId("secret-form");
bindForm(secret, async ({ current_password, new_password }) => {
  try {
    await api.post("/api/auth/password", { current_password, new_password });
  } catch (error) {
    if (error.fields?.current_password) error.fields.current_password = t("settings.password.wrong");
    throw error;
  }
  for (const id of ["secret-current", "secret-new"]) {
    byId(id).value = "";
    hidePassword(byId(id));
  }
  report(t("settings.password.done"));
});

// The menu of the account has the same choice: both show what holds.
function showTheme() {
  for (const place of ["own-theme", "theme-preference"]) {
    byId(place).querySelector(`input[value="${chosenTheme()}"]`).checked = true;
  }
}
showTheme();
addEventListener("theme-change", showTheme);
byId("own-theme").addEventListener("change", ({ target }) => chooseTheme(target.value));
byId("own-language").addEventListener("change", ({ target }) => {
  if (target.value !== boot.lang) chooseLanguage(target.value);
});
bindPasswordButtons();
bindGenerateButtons();
startSection(load);

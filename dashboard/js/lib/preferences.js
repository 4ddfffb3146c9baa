// Theme (kept in this browser) and language (a cookie, because the server renders the words).

import { at } from "./boot.js";
import { byId } from "./dom.js";

const YEAR_S = 365 * 24 * 3600;

export function chosenTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

export function chooseTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Without storage the choice holds for this page.
  }
  dispatchEvent(new Event("theme-change"));
}

export function chooseLanguage(code) {
  document.cookie = `workspace_lang=${code}; Path=${at("/")}; Max-Age=${YEAR_S}; SameSite=Lax`;
  // Reloading keeps the fragment, which carries the token of a set-up link.
  const url = new URL(location.href);
  url.searchParams.delete("lang");
  if (url.href === location.href) location.reload();
  else location.replace(url);
}

export function bindPreferences() {
  const themes = byId("theme-preference");
  themes.querySelector(`input[value="${chosenTheme()}"]`).checked = true;
  themes.addEventListener("change", ({ target }) => chooseTheme(target.value));
  byId("language-preference").addEventListener("change", ({ target }) => chooseLanguage(target.value));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("theme-change")));
}

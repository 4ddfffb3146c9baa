// The command palette: every page, room and command, and a search in the lists of an admin, by a few letters.

import { at, boot } from "./boot.js";
import { byId, el, icon } from "./dom.js";
import { t } from "./i18n.js";
import { rooms } from "./rooms.js";
import { addShortcuts, openSheet } from "./shortcuts.js";

// More than fit is more than one reads.
const MOST = 50;

/** Without accents and capitals, as one types in a hurry. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** How well `text` fits: 0 at its beginning, 1 at that of a word, 2 inside, 3 when only the letters come in order; null not at all. */
function fit(text, sought) {
  const place = text.indexOf(sought);
  if (place === 0) return 0;
  if (place > 0) return /[\p{L}\p{N}]/u.test(text[place - 1]) ? 2 : 1;
  let from = 0;
  for (const letter of sought) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return null;
  }
  return 3;
}

const go = (path) => () => location.assign(at(path));

function pages() {
  return [...document.querySelectorAll(".rail .rail-link[href]")].map((link) => ({
    label: link.querySelector(".rail-link-name").textContent,
    kind: t("palette.page"),
    icon: link.querySelector("use").getAttribute("href").replace("#icon-", ""),
    run: () => link.click(),
  }));
}

function roomEntries() {
  return [...rooms.get().byId.values()].map((room) => ({
    label: room.name,
    kind: t("palette.room"),
    icon: "chat",
    run: go(`/rooms/${encodeURIComponent(room.id)}`),
  }));
}

function commands() {
  const choose = (id, value) => () => byId(id).querySelector(`input[value="${value}"]`).click();
  const themes = ["light", "dark", "system"].map((theme) => ({
    label: t("palette.theme", { theme: t(`preference.theme.${theme}`) }),
    icon: "details",
    run: choose("theme-preference", theme),
  }));
  const languages = [...byId("language-preference").querySelectorAll(".switch-option")]
    .filter((option) => option.lang !== boot.lang)
    .map((option) => ({
      label: t("palette.language", { language: option.textContent.trim() }),
      icon: "details",
      run: choose("language-preference", option.lang),
    }));
  const keys = { label: t("keys.title"), icon: "details", run: openSheet };
  const logOut = { label: t("account.log_out"), icon: "log-out", run: () => byId("log-out").click() };
  return [...themes, ...languages, keys, logOut].map((entry) => ({ kind: t("palette.command"), ...entry }));
}

/** What an admin may look for with the very words that were typed. */
function searches(words) {
  if (boot.user.role !== "admin" || words === "") return [];
  const query = encodeURIComponent(words);
  return [
    { label: t("palette.logs", { words }), icon: "logs", run: go(`/logs?search=${query}`) },
    { label: t("palette.clients", { words }), icon: "fleet", run: go(`/clients?search=${query}`) },
    { label: t("palette.errors", { words }), icon: "errors", run: go(`/errors?search=${query}`) },
  ].map((entry) => ({ kind: t("palette.search"), ...entry }));
}

export function bindPalette() {
  const dialog = byId("palette");
  const input = byId("palette-input");
  const list = byId("palette-list");
  let found = [];
  let chosen = 0;

  function choose(index) {
    chosen = (index + found.length) % found.length;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
    const item = list.children[chosen];
    if (item) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function run(index) {
    const entry = found[index];
    if (!entry) return;
    dialog.close();
    entry.run();
  }

  function show() {
    const words = input.value.trim();
    const sought = plain(words);
    const fitting = [...pages(), ...roomEntries(), ...commands()]
      .map((entry, order) => ({ entry, order, how: fit(plain(entry.label), sought) }))
      .filter(({ how }) => how !== null)
      .sort((a, b) => a.how - b.how || a.order - b.order)
      .map(({ entry }) => entry);
    found = [...fitting, ...searches(words)].slice(0, MOST);
    list.replaceChildren(
      ...found.map((entry, index) => {
        const item = el(
          "li",
          { className: "palette-item", id: `palette-${index}`, role: "option" },
          icon(entry.icon),
          el("span", { className: "cut", textContent: entry.label }),
          el("span", { className: "palette-kind", textContent: entry.kind }),
        );
        item.addEventListener("click", () => run(index));
        return item;
      }),
    );
    byId("palette-none").hidden = found.length > 0;
    choose(0);
  }

  function open() {
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    show();
  }

  input.addEventListener("input", show);
  // The rooms may be known only now; what was chosen stays chosen.
  rooms.watch(() => {
    if (!dialog.open) return;
    const label = found[chosen]?.label;
    show();
    choose(Math.max(0, found.findIndex((entry) => entry.label === label)));
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) choose(chosen + step);
    else if (event.key === "Enter" && !event.isComposing) run(chosen);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close();
  });
  byId("palette-open").addEventListener("click", open);
  const sheet = byId("keys-dialog");
  sheet.querySelector("[data-close]").addEventListener("click", () => sheet.close());
  // "g" and the first letter of the page's English name, the same in every language.
  const letters = {
    overview: "o",
    home: "o",
    monitoring: "m",
    fleet: "k",
    logs: "l",
    errors: "e",
    chat: "c",
    agenda: "a",
    terminal: "t",
  };
  const places = pages().filter((page) => letters[page.icon]);
  addShortcuts([
    { keys: "ctrl+k", label: t("palette.open"), run: open },
    { keys: "?", label: t("keys.title"), run: openSheet },
    ...places.map((page) => ({ keys: `g ${letters[page.icon]}`, label: page.label, run: page.run })),
  ]);
}

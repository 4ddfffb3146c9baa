// The dialogs of the chat: a new room, a person to choose, and what cannot be undone.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { createDialog } from "../../lib/dialog.js";
import { byId, el } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { avatarOf, nameOf } from "../../lib/person.js";

// More than fit without scrolling: whoever is not among them is found by typing.
const MOST = 50;
const PAUSE_MS = 150;

/** `made(room)` follows. */
export const roomDialog = (made) =>
  createDialog(byId("room-dialog"), {
    fill() {},
    async send({ name, topic, kind }) {
      made(await api.post("/api/chat/rooms", { name, topic, kind }));
    },
  });

/** Opened with `{title, except, choose(person)}`: `except` are ids that are not offered; `choose` may refuse by throwing. */
export function personDialog() {
  const root = byId("person-dialog");
  const [list, search, alert] = [byId("person-list"), byId("person-search"), root.querySelector("[data-error]")];
  let asked = null;
  let current = null;

  function fail(error) {
    if (error.status === undefined) throw error;
    alert.querySelector(".alert-text").textContent = error.text;
    alert.hidden = false;
  }

  async function choose(person) {
    alert.hidden = true;
    try {
      await current.choose(person);
      root.close();
    } catch (error) {
      fail(error);
    }
  }

  function row(person) {
    const button = el(
      "button",
      { className: "menu-item person-choice", type: "button" },
      avatarOf(person, "avatar avatar-small"),
      el("span", { className: "cut", textContent: nameOf(person) }),
      el("span", {
        className: "person-username cut",
        textContent: nameOf(person) === person.username ? "" : person.username,
      }),
    );
    button.addEventListener("click", () => choose(person));
    return button;
  }

  async function find() {
    const mine = {};
    asked = mine;
    try {
      const words = encodeURIComponent(search.value.trim());
      const { items } = await api.get(`/api/users?limit=${MOST}&search=${words}`);
      if (asked !== mine) return;
      const offered = items.filter(({ id, disabled }) => !disabled && id !== boot.user.id && !current.except.has(id));
      const rows = offered.map(row);
      list.replaceChildren(
        ...(rows.length > 0 ? rows : [el("p", { className: "muted", textContent: t("chat.nobody") })]),
      );
    } catch (error) {
      fail(error);
    }
  }

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE_MS);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    list.querySelector("button")?.click();
  });
  return createDialog(root, {
    fill(data) {
      current = data;
      byId("person-dialog-title").textContent = data.title;
      search.value = "";
      alert.hidden = true;
      list.replaceChildren();
      find();
    },
  });
}

/** Opened with `{title, text, quote?, submit, act()}`. */
export const confirmDialog = () =>
  createDialog(byId("confirm-dialog"), {
    fill({ title, text, quote, submit }) {
      byId("confirm-title").textContent = title;
      byId("confirm-text").textContent = text;
      byId("confirm-quote").textContent = quote ?? "";
      byId("confirm-quote").hidden = !quote;
      byId("confirm-dialog").querySelector("[type=submit]").textContent = submit;
    },
    send: (_, { act }) => act(),
  });

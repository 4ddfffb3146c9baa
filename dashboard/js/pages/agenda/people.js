// The field of those who are invited: accounts, found by name, and people outside by their address.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { byId, el, icon } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { avatarOf, nameOf } from "../../lib/person.js";

const OFFERED = 6;
const PAUSE_MS = 150;
// As the API takes them.
const MOST = 100;
const ADDRESS = /^[^\s@<>",;:\\]+@[^\s@<>",;:\\]+$/;

export const attendeeName = ({ name, email }) => name || email || t("agenda.somebody");
const same = (a, b) => (a.user_id ? a.user_id === b.user_id : !b.user_id && a.email === b.email);

/** One who is invited, as a line: with what they answered. */
export function attendeeLine(attendee, ...more) {
  return el(
    "li",
    { className: "agenda-attendee" },
    avatarOf({ id: attendee.user_id ?? attendee.email, name: attendeeName(attendee) }, "avatar avatar-small"),
    el("span", { className: "agenda-attendee-name cut", textContent: attendeeName(attendee) }),
    el("span", { className: "agenda-attendee-answer", textContent: t(`agenda.response.${attendee.response}`) }),
    ...more,
  );
}

/** `{set(attendees), get()}`; `changed()` follows each change. */
export function createPeople(changed) {
  const parts = ["invited", "invite", "offers", "invite-error"].map((name) => byId(`event-${name}`));
  const [list, input, offers, error] = parts;
  let invited = [];
  let asked = null;
  let timer = null;

  function draw() {
    list.replaceChildren(
      ...invited.map((attendee) => {
        const label = t("agenda.uninvite", { name: attendeeName(attendee) });
        const props = { className: "button button-icon", type: "button", title: label, aria: { label } };
        const out = el("button", props, icon("close"));
        out.addEventListener("click", () => {
          invited = invited.filter((other) => other !== attendee);
          draw();
          input.focus();
          changed();
        });
        return attendeeLine(attendee, out);
      }),
    );
    list.hidden = invited.length === 0;
  }

  function close() {
    asked = null;
    clearTimeout(timer);
    offers.hidden = true;
    offers.replaceChildren();
  }

  function invite(attendee) {
    input.value = "";
    close();
    input.focus();
    if (invited.length >= MOST || invited.some((other) => same(other, attendee))) return;
    invited = [...invited, attendee];
    draw();
    changed();
  }

  function offer(label, attendee, sign) {
    const words = el("span", { className: "cut", textContent: label });
    const button = el("button", { className: "menu-item", type: "button" }, sign, words);
    button.addEventListener("click", () => invite(attendee));
    return button;
  }

  async function find() {
    const words = input.value.trim();
    if (words === "") return close();
    const mine = {};
    asked = mine;
    let people = [];
    try {
      const { items } = await api.get(`/api/users?limit=${OFFERED}&search=${encodeURIComponent(words.slice(0, 64))}`);
      people = items.filter(({ disabled, id }) => !disabled && id !== boot.user.id);
    } catch (failure) {
      // An address can be invited without asking anybody.
      if (failure.status === undefined) throw failure;
    }
    if (asked !== mine) return;
    const response = "needs_action";
    const rows = people.map((person) => {
      const attendee = { user_id: person.id, email: null, name: nameOf(person), response };
      return offer(nameOf(person), attendee, avatarOf(person, "avatar avatar-small"));
    });
    if (ADDRESS.test(words)) {
      const attendee = { user_id: null, email: words, name: null, response };
      rows.push(offer(t("agenda.invite_address", { address: words }), attendee, icon("add-person")));
    }
    if (rows.length === 0) rows.push(el("p", { className: "agenda-offer-none", textContent: t("agenda.invite_none") }));
    offers.replaceChildren(...rows);
    offers.hidden = false;
  }

  input.addEventListener("input", () => {
    error.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      // The first offer, not the whole form.
      event.preventDefault();
      offers.querySelector("button")?.click();
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      offers.querySelector("button")?.focus();
    }
    if (event.key === "Escape" && !offers.hidden) {
      event.preventDefault();
      close();
    }
  });
  offers.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      close();
      input.focus();
    }
    if (!step) return;
    event.preventDefault();
    (document.activeElement[step] ?? input).focus();
  });

  return {
    set(attendees) {
      invited = attendees;
      input.value = "";
      close();
      draw();
    },
    get: () => invited,
    /** Whether a name has been typed that nobody was chosen for: saving would lose it. */
    pending: () => input.value.trim() !== "",
    fail(text) {
      error.textContent = text;
      error.hidden = false;
      input.focus();
    },
  };
}

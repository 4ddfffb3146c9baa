// What an occurrence is, beside it: to read, and from here to change or delete.

import { boot } from "../../lib/boot.js";
import { byId, el, icon, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { nameOf } from "../../lib/person.js";
import { data } from "./data.js";
import { attendeeLine } from "./people.js";
import { find, isGone } from "./save.js";
import { ownTime, reminderText, when } from "./say.js";
import { ruleSentence } from "./sentence.js";
import { valuesOf } from "./values.js";

const GAP = 8;

/** Beside its event where there is room, otherwise below or above it, and always on the page. */
function place(card, anchor) {
  const box = anchor.getBoundingClientRect();
  const [width, height] = [card.offsetWidth, card.offsetHeight];
  // A row of a list has no side.
  const row = box.width > innerWidth / 2;
  const right = !row && box.right + GAP + width <= innerWidth;
  const left = !row && box.left - GAP - width >= 0;
  let x = Math.max(GAP, Math.min(box.left, innerWidth - width - GAP));
  if (right) x = box.right + GAP;
  else if (left) x = box.left - GAP - width;
  const y = right || left ? box.top : box.bottom + GAP;
  card.style.left = `${x}px`;
  card.style.top = `${Math.max(GAP, Math.min(y, innerHeight - height - GAP))}px`;
}

const line = (name, ...children) =>
  el("div", { className: "agenda-fact" }, icon(name), el("div", { className: "agenda-fact-text" }, ...children));
const words = (text, className = "") => el("p", { className, textContent: text });

function facts(item, event) {
  const own = ownTime(item);
  const lines = [line("clock", words(when(item)), ...(own ? [words(own, "muted")] : []))];
  const rule = event?.recurrence?.rule;
  if (rule) lines.push(line("repeat", words(ruleSentence(rule, event.start.slice(0, 10), event.time_zone))));
  if (item.place) lines.push(line("place", words(item.place)));
  if (!event) return lines;
  const { notes, reminders, attendees } = valuesOf(event, event.recurrence ? item.occurrence : null);
  if (reminders.length > 0) lines.push(line("notice", words(reminders.map(reminderText).join(", "))));
  const invited = attendees.map((one) => attendeeLine(one));
  if (invited.length > 0) lines.push(line("people", el("ul", { className: "agenda-invited" }, ...invited)));
  const seen = t(`agenda.seen.${event.visibility}`);
  const whose = event.owner.id === boot.user.id ? seen : t("agenda.owned", { name: nameOf(event.owner), seen });
  lines.push(line(event.visibility === "team" ? "room-public" : "room-private", words(whose)));
  if (notes) lines.push(line("logs", words(notes, "agenda-notes")));
  return lines;
}

/** `{open(item, node), isOpen()}`; `edit(event, item)` and `remove(item)` are offered where they are allowed. */
export function createCard({ edit, remove }) {
  const card = byId("agenda-card");
  const actions = byId("agenda-card-actions");
  let shown = null;

  function draw() {
    const { item, event } = shown;
    setText(byId("agenda-card-title"), item.title);
    byId("agenda-card-body").replaceChildren(...facts(item, event));
    byId("agenda-card-body").setAttribute("aria-busy", String(!event));
    card.style.setProperty("--tone", item.color ?? "");
    actions.hidden = !item.editable;
    byId("agenda-card-edit").disabled = !event;
  }

  async function load() {
    const mine = shown;
    try {
      const event = await find(mine.item.id);
      if (shown !== mine) return;
      mine.event = event;
      draw();
      place(card, mine.anchor());
    } catch (error) {
      if (error.status === undefined) throw error;
      if (shown !== mine) return;
      byId("agenda-card-body").append(words(isGone(error) ? t("agenda.gone_card") : error.text, "field-error"));
    }
  }

  byId("agenda-card-edit").addEventListener("click", () => {
    const { event, item } = shown;
    card.hidePopover();
    edit(event, item);
  });
  byId("agenda-card-delete").addEventListener("click", () => {
    const { item } = shown;
    card.hidePopover();
    remove(item);
  });
  byId("agenda-card-close").addEventListener("click", () => card.hidePopover());
  card.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed" || !shown) return;
    const { anchor } = shown;
    shown = null;
    // Back to the event, unless the reader has already gone elsewhere.
    const { activeElement: active, body } = document;
    if (active === body || card.contains(active)) anchor()?.focus({ preventScroll: true });
  });
  data.listen(({ event_id: id }) => {
    if (shown?.item.id === id) load();
  });

  return {
    /** `anchor()` gives the element of the occurrence, which is drawn anew now and then. */
    open(item, anchor) {
      if (card.matches(":popover-open")) card.hidePopover();
      shown = { item, event: null, anchor };
      draw();
      card.showPopover();
      place(card, anchor());
      byId("agenda-card-close").focus({ preventScroll: true });
      load();
    },

    /** The agenda was read again: shows the occurrence as it is now, or closes when it is gone. */
    refresh() {
      if (!shown) return;
      const item = data.item(shown.item.key);
      if (!item) return card.hidePopover();
      if (item.version !== shown.item.version || item.title !== shown.item.title) {
        shown.item = item;
        draw();
      }
    },
  };
}

// Two people changed the same event: what the other saved, beside what was typed here.

import { byId, el } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { changedFields, describe, differs, FIELDS } from "./values.js";

/** What is typed, with the other's changes to fields that were left alone here. */
export function merged(base, mine, theirs) {
  return Object.fromEntries(FIELDS.map((field) => [field, (differs(base, mine, field) ? mine : theirs)[field]]));
}

/** Whether the other changed anything that can be seen. */
export const isSeen = (base, theirs) => changedFields(base, theirs).length > 0;

const cell = (className, label, text) =>
  el("div", { className }, el("span", { className: "agenda-conflict-label", textContent: label }), text);

/** Shows what the other changed, field by field. */
export function showConflict(base, mine, theirs) {
  const rows = changedFields(base, theirs).map((field) => {
    const both = differs(base, mine, field) && differs(mine, theirs, field);
    const own = both ? describe(mine, field) : t("agenda.conflict_taken");
    return el(
      "div",
      { className: "agenda-conflict-row" },
      el("p", { className: "agenda-conflict-field", textContent: t(`agenda.compare.${field}`) }),
      cell("agenda-conflict-side", t("agenda.conflict_saved"), describe(theirs, field)),
      cell(`agenda-conflict-side${both ? " is-own" : " muted"}`, t("agenda.conflict_mine"), own),
    );
  });
  byId("event-conflict-rows").replaceChildren(...rows);
  byId("event-conflict").hidden = false;
  byId("event-conflict").focus();
}

export function hideConflict() {
  byId("event-conflict").hidden = true;
}

// Above the list: search, levels, more conditions, and the file.

import { showChips } from "../../lib/chips.js";
import { byId, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { keepBeside } from "../../lib/place.js";
import { report } from "../../lib/report.js";
import { bindSearchField } from "../../lib/search-field.js";
import { download, MOST } from "./download.js";
import { chipsOf, filter, narrow } from "./filter.js";

const MINUTE_MS = 60_000;

/** A time as a field of a form wants it: in the reader's zone, to the second. */
function localText(value) {
  const date = new Date(value ?? "");
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 19);
}

function bindSearch(input) {
  bindSearchField(input, (search) => narrow({ search }));
  filter.watch(({ values }) => {
    if (document.activeElement !== input) input.value = values.search ?? "";
  });
}

function bindLevels(levels) {
  levels.addEventListener("change", ({ target }) => narrow({ level: target.value }));
  filter.watch(({ values }) => {
    for (const input of levels.querySelectorAll("input")) input.checked = input.value === (values.level ?? "");
  });
}

function bindMore(menu, form) {
  const fields = [...form.elements].filter(({ name }) => name);
  keepBeside(menu, byId("logs-more-button"));
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState !== "open") return;
    const { values } = filter.get();
    for (const field of fields) {
      field.value = field.type === "datetime-local" ? localText(values[field.name]) : (values[field.name] ?? "");
    }
    fields[0].focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const patch = fields.map(({ name, type, value }) => {
      if (type !== "datetime-local" || value === "") return [name, value.trim()];
      // What nobody changed keeps its milliseconds.
      const now = filter.get().values[name];
      return [name, value === localText(now) ? now : new Date(value).toISOString()];
    });
    menu.hidePopover();
    narrow(Object.fromEntries(patch));
  });
  for (const button of menu.querySelectorAll("[data-minutes]")) {
    button.addEventListener("click", () => {
      menu.hidePopover();
      const from = new Date(Date.now() - Number(button.dataset.minutes) * MINUTE_MS).toISOString();
      narrow({ from, to: "" });
    });
  }
}

function bindDownload(button, menu) {
  const label = button.querySelector("span");
  let going = null;
  keepBeside(menu, button);
  button.addEventListener("click", () => {
    if (going) going.ended = true;
    else menu.togglePopover();
  });
  menu.addEventListener("click", async ({ target }) => {
    const form = target.closest("[data-form]")?.dataset.form;
    if (!form || going) return;
    menu.hidePopover();
    const own = { ended: false };
    going = own;
    try {
      const found = await download(filter.get().values, form, (count) => {
        setText(label, t("logs.download.stop", { number: integer(count) }));
        return !own.ended;
      });
      if (found) {
        const words = { count: found.count, number: integer(found.count), most: integer(MOST) };
        report(t(found.more ? "logs.download.some" : "logs.download.all", words));
      }
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    } finally {
      going = null;
      setText(label, t("logs.download"));
    }
  });
}

export function bindTools() {
  bindSearch(byId("logs-search"));
  bindLevels(byId("logs-levels"));
  bindMore(byId("logs-more"), byId("logs-more-form"));
  bindDownload(byId("logs-download"), byId("logs-download-menu"));
  const chips = byId("logs-chips");
  filter.watch(({ values }) => showChips(chips, chipsOf(values), (key) => narrow({ [key]: "" })));
}

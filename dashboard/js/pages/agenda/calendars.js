// Calendars of other programs: a file that comes in, the feed that goes out; and the clock of all-day reminders.

import { api } from "../../lib/api.js";
import { byId, el, setText } from "../../lib/dom.js";
import { bindFeed } from "../../lib/feed.js";
import { bindForm } from "../../lib/form.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { data } from "./data.js";
import { readerZone } from "./days.js";
import { zoneTitle } from "./say.js";

// As the API takes it: 1 MiB.
const LARGEST = 1_048_576;
const CALENDAR = "text/calendar";

const refusal = (text) => Object.assign(new Error("refused"), { status: 0, fields: { file: text }, text });

function problem({ title, uid, message, skipped }) {
  const name = title || uid || t("agenda.import_untitled");
  const text = t(skipped ? "agenda.import_skipped" : "agenda.import_without", { name, message });
  return el("li", { textContent: text });
}

function showImport({ created, updated, unchanged, problems }) {
  const skipped = problems.filter((one) => one.skipped).length;
  const parts = [
    ["created", created],
    ["updated", updated],
    ["unchanged", unchanged],
    ["refused", skipped],
  ].filter(([name, count]) => count > 0 || name === "created");
  const said = parts.map(([name, count]) => t(`agenda.import_${name}`, { count, number: integer(count) }));
  setText(byId("import-count"), said.join(" "));
  byId("import-problems").replaceChildren(...problems.map(problem));
  byId("import-result").hidden = false;
}

function bindImport() {
  const form = byId("import-form");
  if (!form) return;
  bindForm(form, async ({ file, visibility }) => {
    byId("import-result").hidden = true;
    if (!file?.name) throw refusal(t("field.missing"));
    if (file.size > LARGEST) throw refusal(t("agenda.import_large"));
    try {
      const path = `/api/agenda/import?visibility=${visibility}`;
      showImport(await api.post(path, await file.text(), { "Content-Type": CALENDAR }));
    } catch (error) {
      if (error.status === 400) error.fields = { file: t("agenda.import_bad") };
      throw error;
    }
    form.elements.file.value = "";
    data.reload();
  });
}

function bindZone() {
  const [part, take] = [byId("zone-part"), byId("zone-take")];
  setText(take, t("agenda.clock_take", { zone: zoneTitle(readerZone) }));
  take.addEventListener("click", async () => {
    try {
      await api.put("/api/agenda/settings", { time_zone: readerZone });
      part.hidden = true;
      report(t("agenda.clock_taken", { zone: zoneTitle(readerZone) }));
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    }
  });
  return async () => {
    try {
      const { time_zone: zone } = await api.get("/api/agenda/settings");
      part.hidden = zone === readerZone;
      setText(byId("zone-text"), t("agenda.clock_text", { zone: zoneTitle(zone), own: zoneTitle(readerZone) }));
    } catch (error) {
      if (error.status === undefined) throw error;
      part.hidden = true;
    }
  };
}

export function bindCalendars() {
  const dialog = byId("calendars-dialog");
  bindImport();
  const [loadFeed, loadZone] = [bindFeed(), bindZone()];
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  byId("agenda-calendars").addEventListener("click", () => {
    if (byId("import-result")) byId("import-result").hidden = true;
    dialog.showModal();
    loadFeed();
    loadZone();
  });
}

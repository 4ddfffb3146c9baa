// Diagnostic reports: those asked for and those that came, to read here or to keep.

import { api } from "../../lib/api.js";
import { byId, el } from "../../lib/dom.js";
import { bytesText, dayAndTime } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { save } from "../../lib/csv.js";

// While one is awaited; a client answers within a second or not soon.
const EVERY_MS = 2000;
// After this one looks less often: it may come tomorrow.
const PATIENT_MS = 60_000;

export function bindReports(path) {
  const open = new Map();
  let timer = null;
  let items = [];

  const content = async (id) => JSON.stringify((await api.get(`${path}/diagnostics/${id}`)).report, null, 2);
  const tried = (job) => async () => {
    try {
      await job();
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    }
  };

  function buttons({ id }) {
    const shown = open.has(id);
    const show = el("button", {
      className: "button button-text",
      type: "button",
      textContent: t(shown ? "diagnostics.hide" : "diagnostics.show"),
      aria: { expanded: String(shown) },
    });
    show.addEventListener(
      "click",
      tried(async () => {
        if (!open.delete(id)) open.set(id, await content(id));
        draw();
      }),
    );
    const keep = el("button", {
      className: "button button-text",
      type: "button",
      textContent: t("diagnostics.download"),
    });
    keep.addEventListener(
      "click",
      tried(async () => save(`report-${id}.json`, "application/json", await content(id))),
    );
    return el("div", { className: "action-block" }, show, keep);
  }

  function line(item) {
    const time = el("span", { textContent: dayAndTime(new Date(item.received_at ?? item.requested_at)) });
    const words = item.received_at
      ? t("diagnostics.received", { size: bytesText(item.bytes), user: item.requested_by })
      : t("diagnostics.waiting", { user: item.requested_by });
    const row = el("li", { className: "report-row" }, time, el("span", { className: "muted", textContent: words }));
    if (item.received_at) row.append(buttons(item));
    if (open.has(item.id)) {
      const props = {
        className: "code-text",
        tabIndex: 0,
        textContent: open.get(item.id),
        aria: { label: t("diagnostics.content") },
      };
      const text = el("pre", props);
      text.setAttribute("role", "region");
      row.append(el("div", { className: "code-block" }, text));
    }
    return row;
  }

  function draw() {
    byId("client-reports-none").hidden = items.length > 0;
    byId("client-report-list").replaceChildren(...items.map(line));
  }

  async function load() {
    clearTimeout(timer);
    try {
      const found = (await api.get(`${path}/diagnostics`)).items;
      const changed = JSON.stringify(found) !== JSON.stringify(items);
      items = found;
      // A list that is drawn again would take the focus from who reads it.
      if (changed || items.length === 0) draw();
    } catch (error) {
      if (error.status === undefined) throw error;
    }
    const waiting = items.find(({ received_at }) => received_at === null);
    if (!waiting) return;
    const age = Date.now() - Date.parse(waiting.requested_at);
    timer = setTimeout(load, age > PATIENT_MS ? 10 * EVERY_MS : EVERY_MS);
  }

  load();
  return {
    load,
    async ask() {
      await api.post(`${path}/diagnostics`);
      load();
    },
  };
}

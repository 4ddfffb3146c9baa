// The table as a file for a spreadsheet: all that matches, not only what was looked at.

import { save, toCsv } from "../../lib/csv.js";
import { byId, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { query } from "./query.js";
import { all, rows } from "./rows.js";

const COLUMNS = [
  ["id", ({ id }) => id],
  ["user", ({ user }) => user.username],
  ["app", ({ app }) => app],
  ["app_version", ({ app_version }) => app_version],
  ["behind", ({ behind }) => behind],
  ["os", ({ os }) => os],
  ["os_version", ({ os_version }) => os_version],
  ["hostname", ({ hostname }) => hostname],
  ["address", ({ address }) => address],
  ["locale", ({ locale }) => locale],
  ["connected", ({ connected }) => connected],
  ["first_seen_at", ({ first_seen_at }) => first_seen_at],
  ["last_seen_at", ({ last_seen_at }) => last_seen_at],
  ["silent_days", ({ silent_days }) => silent_days],
  ["signals", ({ signals }) => signals],
  ["errors", ({ errors }) => errors],
  ["last_error_at", ({ last_error }) => last_error?.time ?? ""],
  ["last_error", ({ last_error }) => last_error?.message ?? ""],
];

export function bindCsv() {
  const button = byId("fleet-csv");
  const label = button.querySelector("span");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const total = integer(rows.get().total);
      const items = await all(query.get(), (count) => {
        setText(label, t("clients.some", { shown: integer(count), all: total }));
      });
      save(`clients-${new Date().toISOString().slice(0, 10)}.csv`, "text/csv;charset=utf-8", toCsv(COLUMNS, items));
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    } finally {
      setText(label, t("fleet.csv"));
      button.disabled = false;
    }
  });
}

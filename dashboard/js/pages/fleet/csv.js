// The table as a file for a spreadsheet: all that matches, not only what was looked at.

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

function field(value) {
  let text = String(value);
  // What a client says of itself must not become a formula in a spreadsheet.
  if (/^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The file's text: RFC 4180, with a mark at the start by which spreadsheets know that it is UTF-8. */
export function toCsv(items) {
  const lines = [COLUMNS.map(([name]) => name), ...items.map((item) => COLUMNS.map(([, read]) => read(item)))];
  return `\ufeff${lines.map((line) => line.map(field).join(",")).join("\r\n")}\r\n`;
}

export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

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
      save(`clients-${new Date().toISOString().slice(0, 10)}.csv`, "text/csv;charset=utf-8", toCsv(items));
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    } finally {
      setText(label, t("fleet.csv"));
      button.disabled = false;
    }
  });
}

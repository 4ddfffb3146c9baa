// What a person should look at, the worst first; one calm line when there is nothing.

import { api } from "../../lib/api.js";
import { at } from "../../lib/boot.js";
import { byId, el, icon } from "../../lib/dom.js";
import { bytesText, exactTime, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { connection } from "../../lib/realtime.js";
import { createStore } from "../../lib/store.js";
import { history } from "../../lib/history.js";
import { latest } from "./latest.js";

const AGAIN_MS = 15_000;
const HOUR_MS = 3_600_000;
// Below a twentieth of the disk one should look; the server itself refuses to write far later.
const DISK_SHARE = 0.05;
// One failed request in a quiet minute is no alarm.
const LEAST_REQUESTS = 20;
const ERRORS_WARN = 1;
const ERRORS_BAD = 5;

const status = createStore({ value: null, backups: null, failed: false });

async function load() {
  try {
    const [value, backups] = await Promise.all([api.get("/api/monitoring/status"), api.get("/api/backups")]);
    status.set({ value, backups, failed: false });
  } catch {
    status.set({ failed: true });
  }
}

function ofBackups({ backups, failed }) {
  if (failed || !backups) return [];
  const { health, items, last } = backups;
  if (health === "failed") return [{ state: "bad", text: t("attention.backup.failed", { error: last?.error ?? "" }) }];
  if (health !== "old") return [];
  const text = items.length > 0 ? t("attention.backup.old", { time: exactTime(new Date(items[0].created_at)) }) : t("attention.backup.none");
  return [{ state: "warn", text }];
}

function ofServer({ value, failed }) {
  if (failed) return [{ state: "warn", text: t("attention.unknown") }];
  const { checks, disk } = value.readiness;
  const found = checks.filter(({ ok }) => !ok).map((check) => ({ state: "bad", text: t("attention.check", check) }));
  if (disk && disk.free_bytes < disk.total_bytes * DISK_SHARE) {
    found.push({ state: "warn", text: t("attention.disk", { free: bytesText(disk.free_bytes) }) });
  }
  return found;
}

function ofRequests({ points, last }) {
  if (!last) return [];
  const minute = points.filter(({ at: when }) => when > last.at - 60);
  const sum = (key) => minute.reduce((total, point) => total + (point[key] ?? 0), 0);
  const requests = sum("requests_per_second");
  const share = requests > 0 ? (100 * sum("errors_per_second")) / requests : 0;
  if (requests < LEAST_REQUESTS || share < ERRORS_WARN) return [];
  const state = share < ERRORS_BAD ? "warn" : "bad";
  return [{ state, text: t("attention.errors", { share: percent(share) }), href: "/logs?level=error&source=server" }];
}

function ofClients({ items }) {
  const count = (items ?? []).filter(({ first_seen: first }) => Date.now() - Date.parse(first) < HOUR_MS).length;
  return count > 0 ? [{ state: "warn", text: t("attention.new", { count }), href: "/errors" }] : [];
}

export function showAttention() {
  const list = byId("attention");
  let shown = "";
  const draw = () => {
    const server = status.get();
    if (!server.value && !server.failed) return;
    const found = [...ofServer(server), ...ofBackups(server), ...ofRequests(history.get()), ...ofClients(latest.get())];
    found.sort((a, b) => (b.state === "bad") - (a.state === "bad"));
    if (found.length === 0) found.push({ state: "ok", text: t("attention.well") });
    const now = JSON.stringify(found);
    // Said again, a screen reader would read it again.
    if (now === shown) return;
    shown = now;
    list.replaceChildren(
      ...found.map(({ state, text, href }) =>
        el(
          "li",
          { className: "attention", data: { state } },
          icon(state === "ok" ? "done" : "alert"),
          href ? el("a", { href: at(href), textContent: text }) : el("span", { textContent: text }),
        ),
      ),
    );
  };
  for (const store of [status, latest, history]) store.watch(draw);
  setInterval(() => {
    if (connection.get().state === "live") load();
  }, AGAIN_MS);
}

/** Asks for the state of the server; for when the page is connected, and may ask. */
export const lookAtServer = load;

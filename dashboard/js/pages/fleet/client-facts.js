// What is known of an installation, and the versions that it had.

import { byId, el, setText } from "../../lib/dom.js";
import { appOf, systemOf } from "../../lib/connected.js";
import { bytesText, dayAndTime, integer, ms } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";

const sum = (clients, key) => clients.reduce((total, client) => total + client[key], 0);
const moved = (clients, way) =>
  clients.length > 0 && `${integer(sum(clients, `messages_${way}`))} · ${bytesText(sum(clients, `bytes_${way}`))}`;

function factsOf(row, { connected, clients, rtt }) {
  const name =
    row.user.id === null && row.user.username
      ? t("fleet.user_claimed", { name: row.user.username })
      : row.user.username;
  const channels = [...new Set(clients.flatMap((client) => client.channels))].sort();
  const sdk = [...new Set(clients.map((client) => client.sdk))].filter(Boolean);
  const error = row.last_error && `${dayAndTime(new Date(row.last_error.time))} · ${row.last_error.message}`;
  return [
    ["clients.user", name],
    ["clients.app", appOf(row)],
    ["clients.sdk", sdk.join(", ")],
    ["clients.os", systemOf(row)],
    ["clients.host", row.hostname],
    ["clients.address", row.address],
    ["clients.locale", row.locale],
    ["clients.rtt", rtt && `${ms(rtt.last)} · p50 ${ms(rtt.p50)} · p95 ${ms(rtt.p95)}`],
    ["fleet.connections", clients.length > 1 && integer(clients.length)],
    ["clients.in", moved(clients, "in")],
    ["clients.out", moved(clients, "out")],
    ["clients.channels", channels.join(", ")],
    ["fleet.signals", integer(row.signals)],
    ["fleet.errors", integer(row.errors)],
    ["fleet.last_error", error],
    ["fleet.first", dayAndTime(new Date(row.first_seen_at))],
    ["fleet.last_seen", !connected && dayAndTime(new Date(row.last_seen_at))],
    ["fleet.key", row.key],
    ["fleet.id", row.id],
  ].filter(([, value]) => value);
}

/** Texts are changed in place: what somebody has marked to copy stays marked. */
export function showFacts(row, state) {
  const list = byId("client-facts");
  const facts = factsOf(row, state);
  const same =
    list.children.length === facts.length && facts.every(([key], at) => list.children[at].dataset.key === key);
  if (!same) {
    list.replaceChildren(
      ...facts.map(([key]) =>
        el("div", { className: "fact", data: { key } }, el("dt", { textContent: t(key) }), el("dd")),
      ),
    );
  }
  facts.forEach(([, value], at) => setText(list.children[at].lastChild, String(value)));
}

let shown = "";

export function showVersions({ versions, installation }) {
  const mark = JSON.stringify(versions);
  if (mark === shown) return;
  shown = mark;
  byId("client-versions-none").hidden = versions.length > 0;
  const start = Math.min(...versions.map(({ first_seen_at }) => Date.parse(first_seen_at)));
  const end = Math.max(...versions.map(({ last_seen_at }) => Date.parse(last_seen_at)), start + 1);
  const line = ({ version, first_seen_at, last_seen_at }) => {
    const [first, last] = [Date.parse(first_seen_at), Date.parse(last_seen_at)];
    const bar = el("span", { className: "span-bar" });
    bar.style.left = `${Math.min(98, (100 * (first - start)) / (end - start))}%`;
    bar.style.width = `${(100 * (last - first)) / (end - start)}%`;
    const [from, to] = [first, last].map((at) => dayAndTime(new Date(at)));
    const now = version === installation.app_version;
    const time = now ? t("fleet.version_now", { from }) : t("fleet.version_span", { from, to });
    return el(
      "li",
      { className: "span-row" },
      el("span", { className: "cut", textContent: version, title: version }),
      el("span", { className: "span-time", textContent: time }),
      el("span", { className: "span-track", aria: { hidden: "true" } }, bar),
    );
  };
  byId("client-versions").replaceChildren(...versions.map(line));
}

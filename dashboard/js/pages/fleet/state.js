// Whether an installation is connected, and since when: what the list said, and what has happened since.

import { clients } from "../../lib/connected.js";
import { duration, exactTime } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { connection } from "../../lib/realtime.js";

/** `{connected, since, rtt, clients}` of an installation now; `since` is a Date, null while it is not known. */
export function stateOf({ id, connected, last_seen_at }) {
  const { byInstallation, left, byId, total, known } = clients.get();
  const own = byInstallation.get(id) ?? [];
  if (own.length > 0) {
    const first = own.reduce((a, b) => (a.connected_at < b.connected_at ? a : b));
    const rtt = own.find(({ rtt_ms }) => rtt_ms)?.rtt_ms ?? null;
    return { connected: true, since: new Date(first.connected_at), rtt, clients: own };
  }
  // Of very many connections only the newest are listed: who is not among them may still be connected.
  const gone = left.has(id) || (known && byId.size >= total);
  if (connected && !gone) return { connected: true, since: null, rtt: null, clients: [] };
  const at = Math.max(left.get(id) ?? 0, Date.parse(last_seen_at));
  return { connected: false, since: new Date(at), rtt: null, clients: [] };
}

const UNITS = [86_400, 3600, 60];

/** What there is to say of it, and the exact time of it. */
export function wordsOf({ connected, since: at }) {
  if (at === null) return [t("fleet.connected"), ""];
  const seconds = Math.max(0, Math.round((Date.now() - at.getTime()) / 1000));
  // One unit is enough from a minute on: a column of seconds that count is unrest.
  const unit = UNITS.find((length) => seconds >= length) ?? 1;
  const span = duration(seconds - (seconds % unit));
  return [t(connected ? "fleet.connected_for" : "fleet.silent", { span }), exactTime(at)];
}

/** Whether this page is one of its connections. */
export const isThisPage = ({ clients: own }) => own.some(({ id }) => id === connection.get().clientId);

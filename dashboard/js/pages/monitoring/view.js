// What the page looks at: a range that ends now or a window that stays, of all routes or of one. Kept in the address.

import { asked, keepInAddress } from "../../lib/address.js";
import { RANGES } from "../../lib/series.js";
import { createStore } from "../../lib/store.js";

export const LIVE = "live";
/** The length of the live view, in seconds: what the server remembers second by second. */
export const LIVE_S = 300;

const seconds = (text) => (Number.isNaN(Date.parse(text ?? "")) ? null : Date.parse(text) / 1000);

function fromAddress() {
  const given = asked();
  const [from, to] = [seconds(given.from), seconds(given.to)];
  const fixed = from !== null && to !== null && from < to;
  return {
    range: RANGES[given.range] ? given.range : LIVE,
    from: fixed ? from : null,
    to: fixed ? to : null,
    route: given.route ?? "",
  };
}

const store = createStore(fromAddress());
const text = (at) => (at === null ? "" : new Date(at * 1000).toISOString());

export const view = {
  get: store.get,
  watch: store.watch,
  set(patch) {
    const next = { ...store.get(), ...patch };
    keepInAddress({
      range: next.range === LIVE ? "" : next.range,
      from: text(next.from),
      to: text(next.to),
      route: next.route,
    });
    store.set(patch);
  },
};

/** Whether the view moves with every second. */
export const isLive = ({ range, from }) => range === LIVE && from === null;

/** `[from, to]` of a view now, in seconds. */
export function windowOf({ range, from, to }) {
  if (from !== null) return [from, to];
  const now = Date.now() / 1000;
  return [now - (range === LIVE ? LIVE_S : RANGES[range].seconds), now];
}

// The round trips of the last hour, minute by minute, of those in view. The newest comes live.

import { api } from "../../lib/api.js";
import { onNextFrame } from "../../lib/frame.js";

// As many labels as the API takes at once.
const MOST = 50;
// The graph is as wide as a word: a minute is fine enough, and so is a minute's delay.
const FRESH_MS = 60_000;
export const SPAN_S = 3600;

/** By installation: `{values: [[age, ms | null]], at, asked}`. */
const known = new Map();
const views = new Set();
let asking = false;
let wanted = [];

async function load(ids) {
  const labels = ids.map((id) => `&label=${id}`).join("");
  const { times, series } = await api.get(`/api/monitoring/series?metric=rtt&by=client&step=60${labels}`);
  const end = times.at(-1);
  for (const { label, p50 } of series) {
    const values = times.map((at, index) => [end - at, p50[index]]);
    known.set(label, { values, asked: Date.now() });
  }
}

async function run() {
  if (asking) return;
  const stale = (id) => Date.now() - (known.get(id)?.asked ?? 0) > FRESH_MS;
  const ids = wanted.filter(stale).slice(0, MOST);
  if (ids.length === 0) return;
  asking = true;
  try {
    await load(ids);
    for (const view of views) onNextFrame(view);
  } catch (error) {
    if (error.status === undefined) throw error;
    // A graph that does not come is missing, and asked for again in a while.
    for (const id of ids) known.set(id, { values: known.get(id)?.values ?? [], asked: Date.now() });
  } finally {
    asking = false;
  }
  run();
}

/** Says which installations are in view. */
export function wantRoundTrips(ids) {
  wanted = ids;
  run();
}

export const roundTripsOf = (id) => known.get(id)?.values ?? [];
export const watchRoundTrips = (view) => views.add(view);

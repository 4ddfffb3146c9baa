// The last five minutes of the server's own numbers, one point a second.

import { createStore } from "./store.js";

/** The window that tiles and chart show, in seconds. */
export const SPAN_S = 300;

const store = createStore({ points: [], last: null });

const stamp = (point) => ({ ...point, at: Date.parse(point.time) / 1000 });
const recent = (points) => {
  const end = points.at(-1)?.at ?? 0;
  return points.filter(({ at }) => at > end - SPAN_S - 1);
};

export const history = {
  get: store.get,
  watch: store.watch,
  /** The state at (re)subscription: the last point, with those before it in `history`. */
  reset({ history: earlier = [], ...last }) {
    const points = earlier.map(stamp);
    if (last.time && last.time !== earlier.at(-1)?.time) points.push(stamp(last));
    store.set({ points: recent(points), last: points.at(-1) ?? null });
  },
  add(point) {
    const points = recent([...store.get().points, stamp(point)]);
    store.set({ points, last: points.at(-1) });
  },
};

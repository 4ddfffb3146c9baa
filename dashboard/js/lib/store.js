// A value that views watch. Changes between two frames reach a view as one.

import { onNextFrame } from "./frame.js";

/** `{get, set, watch}`; `set` takes a patch that is merged, `watch` calls at once and then after changes. */
export function createStore(initial) {
  let value = initial;
  const jobs = new Set();
  return {
    get: () => value,
    set(patch) {
      value = { ...value, ...patch };
      for (const job of jobs) onNextFrame(job);
    },
    watch(view) {
      const job = () => view(value);
      jobs.add(job);
      job();
      return () => jobs.delete(job);
    },
  };
}

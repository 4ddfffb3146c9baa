// The load of every route over the last minute, as the live channel tells it each second.

let last = null;
const views = new Set();

export function tellRoutes(load) {
  last = load;
  for (const view of views) view(load);
}

export const lastRoutes = () => last;
export const watchRoutes = (view) => views.add(view);

// What a page shows, kept in its address: a link to it, or a reload, shows the same.

/** The parameters of the address as `{name: text}`. */
export const asked = () => Object.fromEntries(new URLSearchParams(location.search));

/** Writes `values` into the address in their order; what is empty, null or undefined is left out. */
export function keepInAddress(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(given).toString();
  history.replaceState(history.state, "", query ? `?${query}` : location.pathname);
}

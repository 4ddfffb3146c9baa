// A query as Grafana sends it: its variables replaced.

/** How long the things of a query look back, in the pace of the check. */
const times = (range) => ({
  __rate_interval: "10s",
  __interval: "5s",
  __auto: "5s",
  __range: `${range}s`,
  __range_s: `${range}`,
  __interval_ms: "5000",
});

const escaped = (value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll("\\", "\\\\");

/** What each variable of a dashboard is when everything is chosen. */
export const everything = (json) =>
  Object.fromEntries(
    json.templating.list.map(({ name, allValue, current }) => [name, allValue ?? current?.value ?? ""]),
  );
/** And when one value is, of those that there are: `found` by name. */
export const one = (json, found) =>
  Object.fromEntries(
    json.templating.list.map(({ name, type }) => [name, type === "query" ? escaped(found[name]?.[0] ?? "") : "x"]),
  );

export function replaced(text, variables, range = 300) {
  const all = { ...times(range), ...variables };
  return text.replace(/\$(?:\{(\w+)(?::\w+)*\}|([a-zA-Z_]\w*))/g, (whole, braced, plain) => {
    const name = braced ?? plain;
    // The group of a regular expression.
    if (/^\d+$/.test(name)) return whole;
    if (!(name in all)) throw new Error(`no variable ${name} in ${text}`);
    return all[name];
  });
}

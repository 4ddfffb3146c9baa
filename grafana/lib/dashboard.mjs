// A dashboard around its panels: where each stands, variables, links, and what is marked in time.

import { COLOUR, LOKI, PROMETHEUS } from "./panels.mjs";

const TAG = "workspace";

/** Panels under a title, from left to right. */
export const row = (title, panels) => ({ title, panels });

/** A variable of what a label of Prometheus has. */
export const labelOf = (name, label, query, more = {}) =>
  variable(name, label, {
    type: "query",
    datasource: PROMETHEUS,
    query: { query, refId: `variable-${name}`, qryType: 1 },
    ...more,
  });
/** The same of Loki. */
export const labelInLoki = (name, label, stream = '{kind!="server"}') =>
  variable(name, label, {
    type: "query",
    datasource: LOKI,
    query: { label: name, refId: `variable-${name}`, stream, type: 1 },
  });
const variable = (name, label, of) => ({
  name,
  label,
  includeAll: true,
  multi: true,
  allValue: ".+",
  refresh: 2,
  sort: 1,
  hide: 0,
  skipUrlSync: false,
  options: [],
  current: { selected: true, text: ["All"], value: ["$__all"] },
  ...of,
});
/** Words to look for. */
export const search = () => ({
  name: "search",
  label: "Search",
  type: "textbox",
  query: "",
  hide: 0,
  skipUrlSync: false,
  current: { selected: true, text: "", value: "" },
  options: [{ selected: true, text: "", value: "" }],
});
const INSTANCE = labelOf("instance", "Server", 'label_values(up{job="workspace-server"}, instance)');
// One value, of the rule that says where the cockpit is.
const COCKPIT = labelOf("cockpit", "Cockpit", "label_values(workspace:cockpit, url)", {
  includeAll: false,
  multi: false,
  allValue: undefined,
  hide: 2,
  current: undefined,
});

const mark = (name, colour, expr, titleFormat, more = {}) => ({
  name,
  datasource: PROMETHEUS,
  enable: true,
  hide: false,
  iconColor: colour,
  target: { refId: "Anno", datasource: PROMETHEUS, expr, interval: "" },
  titleFormat,
  textFormat: "",
  tagKeys: "",
  ...more,
});
const ANNOTATIONS = [
  {
    builtIn: 1,
    datasource: { type: "grafana", uid: "-- Grafana --" },
    enable: true,
    hide: true,
    iconColor: COLOUR.plain,
    name: "Annotations & Alerts",
    type: "dashboard",
  },
  // The value is the time: a mark stands where the process started, also when it was not scraped at once.
  mark(
    "Restarts",
    COLOUR.warn,
    'process_start_time_seconds{job="workspace-server", instance=~"$instance"} * 1000',
    "Started: {{instance}}",
    { useValueForTime: true },
  ),
  // A version that was not there five minutes before.
  mark(
    "Deployments",
    COLOUR.good,
    'workspace_build_info{instance=~"$instance"} unless on (version, commit) (workspace_build_info{instance=~"$instance"} offset 5m)',
    "Version {{version}}",
    { textFormat: "Commit {{commit}}", tagKeys: "version" },
  ),
];

/** Where the cockpit shows the same: `path` may hold the time range. */
const link = (title, path) => ({
  title,
  type: "link",
  icon: "external link",
  tooltip: "In the cockpit of the server",
  url: `\${cockpit}${path}`,
  asDropdown: false,
  includeVars: false,
  keepTime: false,
  tags: [],
  targetBlank: true,
});
export const RANGE = "from=${__from:date:iso}&to=${__to:date:iso}";

/** A link of a panel or a cell. */
export const to = (title, url) => ({ title, url, targetBlank: true });
/** To a dashboard, with the time and the server that are looked at. */
export const toDashboard = (title, uid) => [
  {
    title,
    type: "link",
    icon: "dashboard",
    tooltip: "",
    url: `/d/${uid}?\${__url_time_range}&\${instance:queryparam}`,
    asDropdown: false,
    includeVars: false,
    keepTime: false,
    tags: [],
    targetBlank: false,
  },
];

/** From left to right, and into the next line where there is no room. */
function place(rows) {
  let id = 0;
  let y = 0;
  return rows.flatMap(({ title, panels }) => {
    const head = { type: "row", id: ++id, title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] };
    y += 1;
    let [x, height] = [0, 0];
    const placed = panels.map(({ size: { w, h }, ...panel }) => {
      if (x + w > 24) [x, y, height] = [0, y + height, 0];
      const gridPos = { x, y, w, h };
      [x, height] = [x + w, Math.max(height, h)];
      return { ...panel, id: ++id, gridPos };
    });
    y += height;
    return [head, ...placed];
  });
}

/** The whole, as it is written. `cockpit` are pairs of a title and a path. */
export const dashboard = ({
  uid,
  title,
  description,
  variables = [],
  cockpit,
  range = "now-6h",
  refresh = "30s",
  rows,
}) => ({
  uid,
  title,
  description,
  tags: [TAG],
  editable: false,
  graphTooltip: 1,
  schemaVersion: 42,
  version: 1,
  timezone: "browser",
  weekStart: "",
  fiscalYearStartMonth: 0,
  time: { from: range, to: "now" },
  refresh,
  timepicker: { refresh_intervals: ["10s", "30s", "1m", "5m", "15m"] },
  annotations: { list: ANNOTATIONS },
  links: [
    {
      title: "Dashboards",
      type: "dashboards",
      tags: [TAG],
      asDropdown: true,
      includeVars: true,
      keepTime: true,
      icon: "dashboard",
      tooltip: "",
      targetBlank: false,
      url: "",
    },
    ...cockpit.map(([name, path]) => link(name, path)),
  ],
  templating: { list: [INSTANCE, ...variables, COCKPIT] },
  panels: place(rows),
});

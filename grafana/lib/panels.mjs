// Panels in the words of Grafana's schema. What is the same in all of them is said here, once.

export const PROMETHEUS = { type: "prometheus", uid: "workspace-prometheus" };
export const LOKI = { type: "loki", uid: "workspace-loki" };

// Okabe-Ito, as in the cockpit: told apart also by those who see fewer colours.
export const COLOUR = { good: "#2a9d6f", warn: "#d58b00", bad: "#d1495b", plain: "#3d7ab8", muted: "#8e8e99" };

/** Colours from a value on: `steps(["good"], ["warn", 0.5], ["bad", 1])`. */
export const steps = (...of) => ({
  mode: "absolute",
  steps: of.map(([colour, value = null]) => ({ color: COLOUR[colour], value })),
});
const PLAIN = steps(["plain"]);

/** A query of Prometheus; `legend` with `{{label}}` in it. */
export const prom = (expr, legend = "", more = {}) => ({ datasource: PROMETHEUS, expr, legendFormat: legend, ...more });
/** The same at the end of the time range only. */
export const promNow = (expr, legend = "", more = {}) => prom(expr, legend, { instant: true, range: false, ...more });
/** A query of Loki that gives numbers. */
export const loki = (expr, legend = "", more = {}) => ({
  datasource: LOKI,
  expr,
  legendFormat: legend,
  queryType: "range",
  ...more,
});
export const lokiNow = (expr, legend = "") => loki(expr, legend, { queryType: "instant" });
/** A query of Loki that gives lines. */
export const lines = (expr) => ({ datasource: LOKI, expr, queryType: "range", maxLines: 500 });

const targets = (queries) =>
  queries.map((query, n) => ({ refId: String.fromCharCode(65 + n), editorMode: "code", ...query }));
const source = (queries) => queries[0]?.datasource ?? PROMETHEUS;

function panel(
  type,
  title,
  queries,
  { w, h, about, unit, thresholds, options, custom, overrides = [], links, ...more },
) {
  const { min, max, decimals, mappings, noValue, color, dataLinks, ...rest } = more;
  const defaults = { unit, min, max, decimals, mappings, noValue, color, thresholds, custom, links: dataLinks };
  for (const [name, value] of Object.entries(defaults)) if (value === undefined) delete defaults[name];
  return {
    type,
    title,
    ...(about && { description: about }),
    datasource: source(queries),
    size: { w, h },
    fieldConfig: { defaults, overrides },
    options,
    targets: targets(queries),
    ...(links && { links }),
    ...rest,
  };
}

/** One number, coloured by its thresholds. */
export const stat = (title, query, more = {}) =>
  panel("stat", title, [query], {
    w: 4,
    h: 4,
    thresholds: PLAIN,
    color: { mode: "thresholds" },
    ...more,
    options: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      orientation: "auto",
      textMode: "auto",
      colorMode: "value",
      graphMode: query.instant || query.queryType === "instant" ? "none" : "area",
      justifyMode: "auto",
      percentChangeColorMode: "standard",
      showPercentChange: false,
      wideLayout: true,
      ...more.options,
    },
  });

/** Lines over time. `limits` are thresholds that are drawn as dashed lines. */
export const series = (title, queries, { limits, stack, bars, fill, ...more } = {}) =>
  panel("timeseries", title, queries, {
    w: 12,
    h: 8,
    min: 0,
    color: { mode: "palette-classic" },
    thresholds: limits ?? PLAIN,
    custom: {
      drawStyle: bars ? "bars" : "line",
      lineInterpolation: "linear",
      lineWidth: bars ? 0 : 1,
      fillOpacity: bars ? 80 : (fill ?? (stack ? 40 : 8)),
      gradientMode: "none",
      showPoints: "never",
      spanNulls: false,
      stacking: { mode: stack ? "normal" : "none", group: "A" },
      thresholdsStyle: { mode: limits ? "dashed" : "off" },
    },
    ...more,
    options: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
      tooltip: { mode: "multi", sort: "desc" },
      ...more.options,
    },
  });

/** Where the values of a histogram lie over time. The query gives its buckets by `le`. */
export const heatmap = (title, query, { unit, ...more }) =>
  panel("heatmap", title, [{ ...query, format: "heatmap", legendFormat: "{{le}}" }], {
    w: 12,
    h: 8,
    custom: { scaleDistribution: { type: "linear" } },
    ...more,
    options: {
      calculate: false,
      cellGap: 1,
      color: { mode: "scheme", scheme: "Blues", steps: 64, exponent: 0.5, fill: "dark-blue", reverse: false },
      exemplars: { color: COLOUR.bad },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      showValue: "never",
      rowsFrame: { layout: "auto" },
      tooltip: { mode: "single", yHistogram: true, showColorScale: true },
      yAxis: { axisPlacement: "left", reverse: false, unit },
    },
  });

/**
 * A table of one row for each value of labels. `columns` are queries with a title, a unit and perhaps thresholds each;
 * `by` are the labels and their titles.
 */
export function table(title, by, columns, more = {}) {
  const letters = columns.map((_, n) => String.fromCharCode(65 + n));
  const value = (n) => (columns.length > 1 ? `Value #${letters[n]}` : undefined);
  const named = Object.fromEntries(columns.map(({ name }, n) => [value(n) ?? `Value #${letters[n]}`, name]));
  const order = [...Object.keys(by), ...columns.map((_, n) => `Value #${letters[n]}`)];
  const byName = (name, properties) => ({ matcher: { id: "byName", options: name }, properties });
  const overrides = columns.map(({ name, unit, thresholds }) =>
    byName(name, [
      ...(unit ? [{ id: "unit", value: unit }] : []),
      ...(thresholds
        ? [
            { id: "thresholds", value: thresholds },
            { id: "custom.cellOptions", value: { type: "color-text" } },
          ]
        : []),
    ]),
  );
  return panel(
    "table",
    title,
    columns.map(({ query }) => ({ ...query, ...(query.datasource === PROMETHEUS && { format: "table" }) })),
    {
      w: 12,
      h: 9,
      thresholds: PLAIN,
      custom: { align: "auto", filterable: true, inspect: false, cellOptions: { type: "auto" } },
      overrides: [
        ...overrides,
        ...Object.entries(more.linksBy ?? {}).map(([column, links]) => byName(column, [{ id: "links", value: links }])),
      ],
      transformations: [
        { id: "merge", options: {} },
        {
          id: "organize",
          options: {
            excludeByName: Object.fromEntries(
              ["Time", "job", "instance", "__name__", "le"].filter((name) => !(name in by)).map((name) => [name, true]),
            ),
            indexByName: Object.fromEntries(order.map((name, n) => [name, n])),
            // A table of one query names its values without a letter.
            renameByName: { ...by, ...named, ...(columns.length === 1 && { Value: columns[0].name }) },
          },
        },
      ],
      ...Object.fromEntries(Object.entries(more).filter(([name]) => !["linksBy", "sortBy"].includes(name))),
      options: {
        showHeader: true,
        cellHeight: "sm",
        frameIndex: 0,
        enablePagination: true,
        sortBy: [{ displayName: more.sortBy ?? columns[0].name, desc: true }],
      },
    },
  );
}

/** Log lines. */
export const logs = (title, expr, more = {}) =>
  panel("logs", title, [lines(expr)], {
    w: 24,
    h: 12,
    ...more,
    options: {
      showTime: true,
      showLabels: false,
      showCommonLabels: false,
      wrapLogMessage: true,
      prettifyLogMessage: false,
      enableLogDetails: true,
      showLogContextToggle: true,
      dedupStrategy: "none",
      sortOrder: "Descending",
    },
  });

/** Words, in Markdown. */
export const words = (title, content, more = {}) => ({
  type: "text",
  title,
  datasource: PROMETHEUS,
  size: { w: 24, h: 3, ...more },
  fieldConfig: { defaults: {}, overrides: [] },
  options: { mode: "markdown", content },
  targets: [],
});

// Web vitals as browsers reported them. Good and poor are where web.dev draws the lines, at the 75th percentile.

import { dashboard, labelOf, labelInLoki, row } from "../lib/dashboard.mjs";
import { loki, lokiNow, prom, promNow, series, stat, steps, table } from "../lib/panels.mjs";

const OF = 'instance=~"$instance", app=~"$app"';
/** Name, title, good up to, poor from; in seconds, but for the shift, which is a score. */
const VITALS = [
  ["lcp", "Largest contentful paint", 2.5, 4, "When the largest thing of the page is there."],
  ["inp", "Interaction to next paint", 0.2, 0.5, "How long the page takes to answer a press."],
  ["cls", "Layout shift", 0.1, 0.25, "How much things jump around, as a score."],
  ["fcp", "First contentful paint", 1.8, 3, "When the first thing of the page is there."],
  ["ttfb", "Time to first byte", 0.8, 1.8, "How long the page's server takes to begin its answer."],
];
const metric = (name) => (name === "cls" ? "workspace_web_vital_layout_shift" : "workspace_web_vital_seconds");
const of = (name) => (name === "cls" ? OF : `${OF}, name="${name}"`);
const quantile = (q, name, range = "$__rate_interval", by = "le") =>
  `histogram_quantile(${q}, sum by (${by}) (increase(${metric(name)}_bucket{${of(name)}}[${range}])))`;
const share = (name, good) =>
  `sum(increase(${metric(name)}_bucket{${of(name)}, le="${good}"}[$__range])) / sum(increase(${metric(name)}_count{${of(name)}}[$__range]))`;
const unit = (name) => (name === "cls" ? "none" : "s");
const limits = (good, poor) => steps(["good"], ["warn", good], ["bad", poor]);
/** From the lines, in milliseconds: by what is no label in Prometheus. */
const inLines = (name, by) =>
  `quantile_over_time(0.75, {kind="measurement", app=~"$app", env=~"$env"} | logfmt type, ${name}, ${by} | type = "web-vitals" | unwrap ${name} | __error__ = "" [$__range]) by (${by})`;
const ms = (vital) => ({
  unit: vital === "cls" ? "none" : "ms",
  thresholds: limits(
    ...VITALS.find(([name]) => name === vital)
      .slice(2, 4)
      .map((limit) => (vital === "cls" ? limit : limit * 1000)),
  ),
});

export default dashboard({
  uid: "workspace-vitals",
  title: "Web vitals",
  description:
    "How fast and steady the pages of the team's applications are for those who use them: three of four visits are better than these figures.",
  range: "now-24h",
  refresh: "1m",
  variables: [
    labelOf("app", "Application", 'label_values(workspace_web_vital_seconds_count{instance=~"$instance"}, app)'),
    labelInLoki("env", "Environment"),
  ],
  cockpit: [["Cockpit: monitoring", "/monitoring"]],
  rows: [
    row(
      "Three of four visits are better than this",
      VITALS.map(([name, title, good, poor, about]) =>
        stat(title, promNow(quantile(0.75, name, "$__range")), {
          about: `${about} Good up to ${good}, poor from ${poor}.`,
          w: 4,
          unit: unit(name),
          decimals: 2,
          thresholds: limits(good, poor),
          options: { colorMode: "background" },
        }),
      ).concat(
        stat(
          "Visits measured",
          promNow(`sum(increase(workspace_web_vital_seconds_count{${OF}, name="ttfb"}[$__range]))`),
          { w: 4, decimals: 0 },
        ),
      ),
    ),
    row(
      "Share of visits that are good",
      VITALS.map(([name, title, good]) =>
        stat(title, promNow(share(name, good)), {
          w: 4,
          unit: "percentunit",
          decimals: 0,
          thresholds: steps(["bad"], ["warn", 0.5], ["good", 0.75]),
        }),
      ),
    ),
    row(
      "Over time, three of four are better",
      VITALS.map(([name, title, good, poor]) =>
        series(title, [prom(quantile(0.75, name, "$__rate_interval", "app, le"), "{{app}}")], {
          unit: unit(name),
          limits: limits(good, poor),
          w: 8,
        }),
      ).concat(
        series(
          "Visits measured",
          [
            prom(
              `sum by (app) (increase(workspace_web_vital_seconds_count{${OF}, name="ttfb"}[$__rate_interval]))`,
              "{{app}}",
            ),
          ],
          { bars: true, stack: true, w: 8 },
        ),
      ),
    ),
    row("Where", [
      table(
        "Views",
        { view_name: "View" },
        VITALS.map(([name, title]) => ({ name: title, query: lokiNow(inLines(name, "view_name")), ...ms(name) })),
        { w: 24 },
      ),
      table(
        "Versions",
        { app_version: "Version" },
        ["lcp", "inp"].map((name) => ({
          name: name.toUpperCase(),
          query: lokiNow(inLines(name, "app_version")),
          ...ms(name),
        })),
      ),
      table(
        "Systems",
        { browser_os: "System" },
        ["lcp", "inp"].map((name) => ({
          name: name.toUpperCase(),
          query: lokiNow(inLines(name, "browser_os")),
          ...ms(name),
        })),
      ),
      series(
        "Largest contentful paint by view",
        [
          loki(
            'quantile_over_time(0.75, {kind="measurement", app=~"$app", env=~"$env"} | logfmt type, lcp, view_name | type = "web-vitals" | unwrap lcp | __error__ = "" [$__auto]) by (view_name)',
            "{{view_name}}",
          ),
        ],
        { unit: "ms", w: 24 },
      ),
    ]),
  ],
});

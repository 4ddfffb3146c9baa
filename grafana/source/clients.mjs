// The fleet: how many clients, of which application, version, system and browser. Versions and systems are in Loki's
// lines only, as they would be labels without end in Prometheus.

import { dashboard, labelInLoki, labelOf, row, to } from "../lib/dashboard.mjs";
import { loki, lokiNow, prom, promNow, series, stat, table } from "../lib/panels.mjs";

const I = 'instance=~"$instance"';
const SIGNALS = '{kind=~"event|measurement", app=~"$app", env=~"$env"}';
/** How many sessions there were, by fields of the lines. */
const sessions = (by) =>
  `count by (${by}) (sum by (${by}, session_id) (count_over_time(${SIGNALS} | logfmt ${by}, session_id | session_id != "" [$__range])))`;
/** From a cell to the clients in the cockpit, and to their lines. */
const those = (condition) => [
  to("These clients in the cockpit", `\${cockpit}/clients?${condition}=\${__value.raw:percentencode}`),
  to("Their lines", "/d/workspace-logs?${__url_time_range}&var-search=${__value.raw:percentencode}"),
];

export default dashboard({
  uid: "workspace-clients",
  title: "Clients and versions",
  description: "Who uses the server with what: applications, versions, systems and browsers.",
  range: "now-24h",
  refresh: "1m",
  variables: [
    labelOf("app", "Application", 'label_values(workspace_signals_total{instance=~"$instance"}, app)'),
    labelInLoki("env", "Environment"),
  ],
  cockpit: [["Cockpit: clients", "/clients"]],
  rows: [
    row("Now", [
      stat("Clients connected", prom(`sum(workspace_realtime_connections{${I}})`)),
      stat("People online", prom(`sum(workspace_users_online{${I}})`)),
      stat("Installations known", prom(`sum(workspace_installations{${I}})`), {
        about: "That connected or reported within the time that they are kept.",
      }),
      stat("Applications", promNow(`count(count by (app) (workspace_signals_total{${I}, app=~"$app"}))`), {
        about: "That have reported something since the server started.",
      }),
      stat(
        "Sessions in this range",
        lokiNow(
          `count(sum by (session_id) (count_over_time(${SIGNALS} | logfmt session_id | session_id != "" [$__range])))`,
        ),
      ),
      stat(
        "People in this range",
        lokiNow(
          `count(sum by (user_username) (count_over_time(${SIGNALS} | logfmt user_username | user_username != "" [$__range])))`,
        ),
      ),
    ]),
    row("Versions", [
      series(
        "Signals by version",
        [
          loki(
            `sum by (app_name, app_version) (count_over_time(${SIGNALS} | logfmt app_name, app_version [$__auto]))`,
            "{{app_name}} {{app_version}}",
          ),
        ],
        {
          about: "A release that spreads is seen here: one colour takes the place of another.",
          bars: true,
          stack: true,
          w: 24,
        },
      ),
      table(
        "Versions",
        { app_name: "Application", app_version: "Version" },
        [
          { name: "Sessions", query: lokiNow(sessions("app_name, app_version")), unit: "short" },
          {
            name: "Exceptions",
            query: lokiNow(
              'sum by (app_name, app_version) (count_over_time({kind="exception", app=~"$app", env=~"$env"} | logfmt app_name, app_version [$__range]))',
            ),
            unit: "short",
          },
        ],
        { linksBy: { Version: those("version") } },
      ),
      table(
        "Systems",
        { browser_os: "System" },
        [{ name: "Sessions", query: lokiNow(sessions("browser_os")), unit: "short" }],
        { w: 6 },
      ),
      table(
        "Browsers",
        { browser_name: "Browser", browser_version: "Version" },
        [{ name: "Sessions", query: lokiNow(sessions("browser_name, browser_version")), unit: "short" }],
        { w: 6 },
      ),
    ]),
    row("Applications", [
      series(
        "Signals by application",
        [prom(`sum by (app) (rate(workspace_signals_total{${I}, app=~"$app"}[$__rate_interval]))`, "{{app}}")],
        { unit: "cps", stack: true, w: 8 },
      ),
      series(
        "Signals by kind",
        [prom(`sum by (kind) (rate(workspace_signals_total{${I}, app=~"$app"}[$__rate_interval]))`, "{{kind}}")],
        { unit: "cps", stack: true, w: 8 },
      ),
      series(
        "Warnings and errors",
        [
          prom(
            `sum by (level) (rate(workspace_signals_total{${I}, app=~"$app", level=~"warning|error"}[$__rate_interval]))`,
            "{{level}}",
          ),
        ],
        { unit: "cps", stack: true, w: 8 },
      ),
      series(
        "Most used views",
        [
          loki(
            `topk(10, sum by (view_name) (count_over_time({kind="event", app=~"$app", env=~"$env"} | logfmt event_name, view_name | event_name = "view_changed" [$__auto])))`,
            "{{view_name}}",
          ),
        ],
        { bars: true, stack: true },
      ),
      table(
        "People",
        { user_username: "Person", app_name: "Application" },
        [
          {
            name: "Signals",
            query: lokiNow(
              `topk(50, sum by (user_username, app_name) (count_over_time(${SIGNALS} | logfmt user_username, app_name | user_username != "" [$__range])))`,
            ),
            unit: "short",
          },
        ],
        {
          h: 8,
          linksBy: { Person: those("user") },
        },
      ),
    ]),
    row("Bounds", [
      series("Connected clients", [prom(`sum by (instance) (workspace_realtime_connections{${I}})`, "{{instance}}")], {
        w: 8,
      }),
      series("Known installations", [prom(`sum by (instance) (workspace_installations{${I}})`, "{{instance}}")], {
        w: 8,
      }),
      series(
        "Not noted for want of room",
        [
          prom(
            `sum(increase(workspace_installations_forgotten_total{${I}}[$__rate_interval]))`,
            "installations forgotten",
          ),
          prom(`sum(increase(workspace_sightings_dropped_total{${I}}[$__rate_interval]))`, "sightings"),
          prom(`sum(increase(workspace_client_events_dropped_total{${I}}[$__rate_interval]))`, "events"),
        ],
        { bars: true, stack: true, w: 8 },
      ),
    ]),
  ],
});

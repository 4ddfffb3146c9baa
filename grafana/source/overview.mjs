// Is all well? One look, and links to where the answer is.

import { dashboard, row, toDashboard } from "../lib/dashboard.mjs";
import { prom, promNow, series, stat, steps } from "../lib/panels.mjs";

const I = 'instance=~"$instance"';
const REAL = `${I}, route!~"/health|/ready"`;

export default dashboard({
  uid: "workspace-overview",
  title: "Overview",
  description: "The server and its team at a glance. Each panel leads to the dashboard that says more.",
  cockpit: [["Cockpit", "/"]],
  rows: [
    row("Now", [
      stat("Server", promNow(`min(up{job="workspace-server", ${I}})`), {
        about: "Whether Prometheus reaches the server.",
        w: 3,
        thresholds: steps(["bad"], ["good", 1]),
        options: { colorMode: "background" },
        mappings: [{ type: "value", options: { 0: { text: "down", index: 0 }, 1: { text: "up", index: 1 } } }],
        links: toDashboard("Process and database", "workspace-process"),
      }),
      stat("Alerts", promNow('count(ALERTS{alertstate="firing"}) or vector(0)'), {
        about: "Alerts that fire now.",
        w: 3,
        thresholds: steps(["good"], ["bad", 1]),
      }),
      stat("Clients connected", prom(`sum(workspace_realtime_connections{${I}})`), {
        w: 3,
        links: toDashboard("Realtime and chat", "workspace-realtime"),
      }),
      stat("People online", prom(`sum(workspace_users_online{${I}})`), {
        w: 3,
        links: toDashboard("Clients and versions", "workspace-clients"),
      }),
      stat("Requests", prom(`sum(workspace:http_requests:rate5m{${I}})`), {
        w: 3,
        unit: "reqps",
        links: toDashboard("API", "workspace-api"),
      }),
      stat("Faults", prom(`max(workspace:http_error_ratio:rate5m{${I}})`), {
        about: "Share of requests that fail with a fault of the server (5xx), over five minutes.",
        w: 3,
        unit: "percentunit",
        decimals: 2,
        thresholds: steps(["good"], ["warn", 0.01], ["bad", 0.05]),
        links: toDashboard("API", "workspace-api"),
      }),
      stat("Latency", prom(`max(workspace:http_request_duration_seconds:p95_5m{${I}})`), {
        about: "Nineteen of twenty requests are answered faster.",
        w: 3,
        unit: "s",
        thresholds: steps(["good"], ["warn", 0.5], ["bad", 1]),
        links: toDashboard("API", "workspace-api"),
      }),
      stat("Loki is behind", prom(`max(workspace_loki_backlog_seconds{${I}})`), {
        about: "Age of the oldest signal that Loki does not have yet.",
        w: 3,
        unit: "s",
        thresholds: steps(["good"], ["warn", 60], ["bad", 300]),
        links: toDashboard("Process and database", "workspace-process"),
      }),
    ]),
    row("Work", [
      series(
        "Requests by outcome",
        [
          prom(
            `sum by (class) (label_replace(rate(workspace_http_requests_total{${REAL}}[$__rate_interval]), "class", "\${1}xx", "status", "(.).."))`,
            "{{class}}",
          ),
        ],
        { unit: "reqps", stack: true, links: toDashboard("API", "workspace-api") },
      ),
      series(
        "Latency",
        [
          prom(`max(workspace:http_request_duration_seconds:p50_5m{${I}})`, "half"),
          prom(`max(workspace:http_request_duration_seconds:p95_5m{${I}})`, "19 of 20"),
          prom(`max(workspace:http_request_duration_seconds:p99_5m{${I}})`, "99 of 100"),
        ],
        { unit: "s", limits: steps(["good"], ["warn", 0.5], ["bad", 1]), links: toDashboard("API", "workspace-api") },
      ),
      series(
        "Clients and people",
        [
          prom(`sum(workspace_realtime_connections{${I}})`, "clients"),
          prom(`sum(workspace_users_online{${I}})`, "people"),
        ],
        { links: toDashboard("Realtime and chat", "workspace-realtime") },
      ),
      series(
        "Messages over the WebSocket",
        [
          prom(`sum(rate(workspace_realtime_messages_in_total{${I}}[$__rate_interval]))`, "from clients"),
          prom(`sum(rate(workspace_realtime_messages_out_total{${I}}[$__rate_interval]))`, "to clients"),
        ],
        { unit: "cps", links: toDashboard("Realtime and chat", "workspace-realtime") },
      ),
      series(
        "What clients report",
        [prom(`sum by (kind) (rate(workspace_signals_total{${I}}[$__rate_interval]))`, "{{kind}}")],
        { unit: "cps", stack: true, links: toDashboard("Client errors and logs", "workspace-logs") },
      ),
      series(
        "Exceptions in applications",
        [
          prom(
            `sum by (app) (increase(workspace_signals_total{${I}, kind="exception"}[$__rate_interval])) or on () 0 * sum(up{job="workspace-server", ${I}})`,
            "{{app}}",
          ),
        ],
        { bars: true, stack: true, links: toDashboard("Client errors and logs", "workspace-logs") },
      ),
    ]),
    row("Around it", [
      series(
        "Alerts",
        [
          prom(
            'count by (alertname) (ALERTS{alertstate="firing"}) or label_replace(vector(0), "alertname", "none", "", "")',
            "{{alertname}}",
          ),
        ],
        { bars: true, stack: true, decimals: 0 },
      ),
      series("Parts of the stack that are up", [prom("sum by (job) (up)", "{{job}}")], { decimals: 0, max: 1.2 }),
    ]),
  ],
});

// Requests over HTTP: how many, how fast, what fails, and what is refused.

import { dashboard, labelOf, row, to, RANGE } from "../lib/dashboard.mjs";
import { heatmap, prom, promNow, series, stat, steps, table } from "../lib/panels.mjs";

const I = 'instance=~"$instance"';
const OF = `${I}, route=~"$route", method=~"$method"`;
const requests = (more = "") => `rate(workspace_http_requests_total{${OF}${more}}[$__rate_interval])`;
const buckets = (by) =>
  `sum by (${by}) (rate(workspace_http_request_duration_seconds_bucket{${OF}}[$__rate_interval]))`;
const over = (range, more = "") =>
  `sum by (method, route) (increase(workspace_http_requests_total{${OF}${more}}[${range}]))`;
const LIMITS = steps(["good"], ["warn", 0.5], ["bad", 1]);

export default dashboard({
  uid: "workspace-api",
  title: "API",
  description: "Requests by route: how many, how long they take, and what goes wrong.",
  variables: [
    labelOf("route", "Route", 'label_values(workspace_http_requests_total{instance=~"$instance"}, route)'),
    labelOf("method", "Method", 'label_values(workspace_http_requests_total{instance=~"$instance"}, method)'),
  ],
  cockpit: [
    ["Cockpit: monitoring", `/monitoring?${RANGE}`],
    ["Cockpit: faults in the log", `/logs?level=error&source=server&${RANGE}`],
  ],
  rows: [
    row("Now", [
      stat("Requests", prom(`sum(${requests()})`), { unit: "reqps" }),
      stat("Faults", prom(`(sum(${requests(', status=~"5.."')}) or vector(0)) / sum(${requests()})`), {
        about: "Share of requests answered with 5xx.",
        unit: "percentunit",
        decimals: 2,
        thresholds: steps(["good"], ["warn", 0.01], ["bad", 0.05]),
      }),
      stat("Refused", prom(`(sum(${requests(', status=~"4.."')}) or vector(0)) / sum(${requests()})`), {
        about: "Share of requests answered with 4xx: the asker's doing.",
        unit: "percentunit",
        decimals: 2,
        thresholds: steps(["plain"], ["warn", 0.25]),
      }),
      stat("Half are faster than", prom(`histogram_quantile(0.5, ${buckets("le")})`), {
        unit: "s",
        thresholds: LIMITS,
      }),
      stat("19 of 20 are faster than", prom(`histogram_quantile(0.95, ${buckets("le")})`), {
        unit: "s",
        thresholds: LIMITS,
      }),
      stat("Being answered", prom(`sum(workspace_http_requests_in_flight{${I}})`), {
        about: "Requests that are being answered now, of all routes.",
      }),
    ]),
    row("Traffic", [
      series("Requests by route", [prom(`topk(10, sum by (method, route) (${requests()}))`, "{{method}} {{route}}")], {
        unit: "reqps",
        stack: true,
      }),
      series("Requests by status", [prom(`sum by (status) (${requests()})`, "{{status}}")], {
        unit: "reqps",
        stack: true,
      }),
    ]),
    row("Speed", [
      series(
        "Latency",
        [
          prom(`histogram_quantile(0.5, ${buckets("le")})`, "half"),
          prom(`histogram_quantile(0.95, ${buckets("le")})`, "19 of 20"),
          prom(`histogram_quantile(0.99, ${buckets("le")})`, "99 of 100"),
        ],
        { unit: "s", limits: LIMITS },
      ),
      heatmap(
        "Durations",
        prom(`sum by (le) (increase(workspace_http_request_duration_seconds_bucket{${OF}}[$__rate_interval]))`),
        { unit: "s" },
      ),
      table(
        "Routes in this range",
        { method: "Method", route: "Route" },
        [
          { name: "Requests", query: promNow(over("$__range")), unit: "short" },
          {
            name: "Faults",
            query: promNow(`${over("$__range", ', status=~"5.."')} or 0 * ${over("$__range")}`),
            unit: "short",
            thresholds: steps(["good"], ["bad", 1]),
          },
          {
            name: "Refused",
            query: promNow(`${over("$__range", ', status=~"4.."')} or 0 * ${over("$__range")}`),
            unit: "short",
          },
          {
            name: "Mean",
            query: promNow(
              `sum by (method, route) (increase(workspace_http_request_duration_seconds_sum{${OF}}[$__range])) / sum by (method, route) (increase(workspace_http_request_duration_seconds_count{${OF}}[$__range]))`,
            ),
            unit: "s",
            thresholds: LIMITS,
          },
          {
            name: "19 of 20",
            query: promNow(
              `histogram_quantile(0.95, sum by (method, route, le) (increase(workspace_http_request_duration_seconds_bucket{${OF}}[$__range])))`,
            ),
            unit: "s",
            thresholds: LIMITS,
          },
        ],
        {
          w: 24,
          h: 11,
          sortBy: "19 of 20",
          linksBy: {
            Route: [to("Lines of the log", `\${cockpit}/logs?search=\${__value.raw:percentencode}&${RANGE}`)],
          },
        },
      ),
    ]),
    row("What goes wrong", [
      series(
        "Faults by route",
        [
          prom(
            `sum by (method, route) (increase(workspace_http_requests_total{${OF}, status=~"5.."}[$__rate_interval])) or on () 0 * sum(up{job="workspace-server", ${I}})`,
            "{{method}} {{route}}",
          ),
        ],
        { about: "Answers with 5xx.", bars: true, stack: true, w: 8 },
      ),
      series(
        "Refused by status",
        [
          prom(
            `sum by (status) (increase(workspace_http_requests_total{${OF}, status=~"4.."}[$__rate_interval])) or on () 0 * sum(up{job="workspace-server", ${I}})`,
            "{{status}}",
          ),
        ],
        { bars: true, stack: true, w: 8 },
      ),
      series(
        "Connections refused",
        [
          prom(
            `sum by (instance) (increase(workspace_connections_refused_total{${I}}[$__rate_interval]))`,
            "{{instance}}",
          ),
        ],
        {
          about: "TCP connections closed at once because of MAX_CONNECTIONS or MAX_CONNECTIONS_PER_ADDRESS.",
          bars: true,
          w: 8,
        },
      ),
      series(
        "Logins",
        [
          prom(`sum(increase(workspace_logins_total{${I}}[$__rate_interval]))`, "good"),
          prom(
            `sum by (reason) (increase(workspace_login_failures_total{${I}}[$__rate_interval]))`,
            "refused: {{reason}}",
          ),
        ],
        { bars: true, stack: true },
      ),
      series(
        "Rows of the audit log that were lost",
        [prom(`sum by (instance) (increase(workspace_audit_lost_total{${I}}[$__rate_interval]))`, "{{instance}}")],
        {
          bars: true,
          limits: steps(["good"], ["bad", 1]),
        },
      ),
    ]),
  ],
});

// The WebSocket and what is said over it.

import { dashboard, row, RANGE } from "../lib/dashboard.mjs";
import { heatmap, prom, promNow, series, stat, steps, table, words } from "../lib/panels.mjs";

const I = 'instance=~"$instance"';
const rate = (name, more = "") => `rate(${name}{${I}${more}}[$__rate_interval])`;
const increase = (name, more = "") => `increase(${name}{${I}${more}}[$__rate_interval])`;
const fanout = (q) => `histogram_quantile(${q}, sum by (le) (${rate("workspace_realtime_fanout_seconds_bucket")}))`;
const chat = (method, route) =>
  `sum(${increase("workspace_http_requests_total", `, method="${method}", route=~"${route}", status=~"2.."`)}) or vector(0)`;

export default dashboard({
  uid: "workspace-realtime",
  title: "Realtime and chat",
  description: "WebSocket connections, what goes through them and how fast it gets to everybody; and chat.",
  cockpit: [
    ["Cockpit: clients", "/clients"],
    ["Cockpit: chat", "/rooms"],
    ["Cockpit: log", `/logs?source=server&${RANGE}`],
  ],
  rows: [
    row("Now", [
      stat("Clients connected", prom(`sum(workspace_realtime_connections{${I}})`)),
      stat("People online", prom(`sum(workspace_users_online{${I}})`)),
      stat("Channels", prom(`sum(workspace_realtime_channels{${I}})`), {
        about: "Channels with at least one subscriber.",
      }),
      stat("Subscriptions", prom(`sum(workspace_realtime_subscriptions{${I}})`)),
      stat("To everybody within", prom(fanout(0.99)), {
        about: "99 of 100 publications are in the queue of every subscriber within this time.",
        unit: "s",
        thresholds: steps(["good"], ["warn", 0.01], ["bad", 0.1]),
      }),
      stat("Slow clients", promNow(`sum(increase(workspace_realtime_slow_disconnects_total{${I}}[$__range]))`), {
        about: "Connections of this time range that were ended because the client did not read what waited for it.",
        decimals: 0,
        thresholds: steps(["good"], ["warn", 1], ["bad", 20]),
      }),
    ]),
    row("Connections", [
      series(
        "Connected",
        [
          prom(`sum(workspace_realtime_connections{${I}})`, "clients"),
          prom(`sum(workspace_users_online{${I}})`, "people"),
        ],
        { w: 8 },
      ),
      series(
        "Come and gone",
        [
          prom(`sum(${increase("workspace_realtime_connects_total")})`, "come"),
          prom(`sum(${increase("workspace_realtime_disconnects_total")})`, "gone"),
        ],
        { w: 8, bars: true },
      ),
      series(
        "Gone, by close code",
        [prom(`sum by (code) (${increase("workspace_realtime_disconnects_total")})`, "{{code}}")],
        { w: 8, bars: true, stack: true },
      ),
      series(
        "Refused",
        [
          prom(
            `sum by (reason) (${increase("workspace_realtime_connects_refused_total")}) or on () label_replace(0 * sum(up{job="workspace-server", ${I}}), "reason", "none", "", "")`,
            "{{reason}}",
          ),
        ],
        { about: "Connect commands and upgrades that were refused.", w: 8, bars: true, stack: true },
      ),
      series(
        "Slow clients",
        [prom(`sum by (instance) (${increase("workspace_realtime_slow_disconnects_total")})`, "{{instance}}")],
        {
          about: "Ended with 3008, as they did not read. They come back and catch up from where they were.",
          w: 8,
          bars: true,
          limits: steps(["good"], ["warn", 5]),
        },
      ),
      series(
        "Dropped with slow clients",
        [prom(`sum by (instance) (${increase("workspace_realtime_queue_dropped_bytes_total")})`, "{{instance}}")],
        { w: 8, unit: "bytes", bars: true },
      ),
      words(
        "Close codes",
        "**3000** left by itself · **3001** the server stops · **3005** token expired · **3008** slow · **3010** messages lost on the way · **3011** to connect again · **3012** no answer to a ping · **3013** too many commands · **3500** invalid token · **3501** bad frame · **3502** no connect command · **3503** closed by an admin or with the session · **3506** binary protocol",
      ),
    ]),
    row("Messages", [
      series(
        "From clients, by command",
        [prom(`sum by (kind) (${rate("workspace_realtime_messages_in_total")})`, "{{kind}}")],
        { unit: "cps", stack: true, w: 8 },
      ),
      series(
        "To clients",
        [prom(`sum by (instance) (${rate("workspace_realtime_messages_out_total")})`, "{{instance}}")],
        { unit: "cps", w: 8 },
      ),
      series(
        "Bytes",
        [
          prom(`sum(${rate("workspace_realtime_bytes_in_total")})`, "from clients"),
          prom(`sum(${rate("workspace_realtime_bytes_out_total")})`, "to clients"),
        ],
        { unit: "Bps", w: 8 },
      ),
      series(
        "Time until a publication is with every subscriber",
        [prom(fanout(0.5), "half"), prom(fanout(0.95), "19 of 20"), prom(fanout(0.99), "99 of 100")],
        { unit: "s", limits: steps(["good"], ["warn", 0.01], ["bad", 0.1]) },
      ),
      heatmap("The same, all of them", prom(`sum by (le) (${increase("workspace_realtime_fanout_seconds_bucket")})`), {
        unit: "s",
      }),
    ]),
    row("Chat", [
      series(
        "Messages written",
        [
          prom(`sum(${increase("workspace_realtime_messages_in_total", ', kind="publish"')})`, "over the WebSocket"),
          prom(chat("POST", "/api/chat/rooms/[^/]+/messages"), "over HTTP"),
        ],
        { bars: true, stack: true },
      ),
      series(
        "What else is done in chat",
        [
          prom(chat("PUT", "/api/chat/.*/reactions/.*"), "reactions"),
          prom(chat("GET", "/api/chat/search"), "searches"),
          prom(chat("GET", "/api/chat/rooms/[^/]+/messages"), "pages read"),
          prom(chat("POST", "/api/chat/rooms"), "rooms made"),
        ],
        { bars: true, stack: true },
      ),
      table(
        "Chat by operation, in this range",
        { method: "Method", route: "Route" },
        [
          {
            name: "Requests",
            query: promNow(
              `sum by (method, route) (increase(workspace_http_requests_total{${I}, route=~"/api/chat/.*"}[$__range]))`,
            ),
            unit: "short",
          },
          {
            name: "19 of 20",
            query: promNow(
              `histogram_quantile(0.95, sum by (method, route, le) (increase(workspace_http_request_duration_seconds_bucket{${I}, route=~"/api/chat/.*"}[$__range])))`,
            ),
            unit: "s",
            thresholds: steps(["good"], ["warn", 0.5], ["bad", 1]),
          },
        ],
        { w: 24 },
      ),
    ]),
  ],
});

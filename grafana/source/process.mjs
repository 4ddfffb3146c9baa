// The process, its database, what it keeps, and how it gets on with Loki.

import { dashboard, row, RANGE } from "../lib/dashboard.mjs";
import { heatmap, prom, promNow, series, stat, steps, table } from "../lib/panels.mjs";

const I = 'instance=~"$instance"';
const P = `job="workspace-server", ${I}`;
const increase = (name, more = "") => `increase(${name}{${I}${more}}[$__rate_interval])`;
const quantile = (q, name) => `histogram_quantile(${q}, sum by (le) (rate(${name}_bucket{${I}}[$__rate_interval])))`;
const quantiles = (name) => [
  prom(quantile(0.5, name), "half"),
  prom(quantile(0.95, name), "19 of 20"),
  prom(quantile(0.99, name), "99 of 100"),
];
const DISK = steps(["bad"], ["warn", 0.03], ["good", 0.1]);

export default dashboard({
  uid: "workspace-process",
  title: "Process and database",
  description:
    "What the server needs of the machine, how fast the disk takes what is written, what is kept, and what waits for Loki.",
  cockpit: [
    ["Cockpit", "/"],
    ["Cockpit: log of the server", `/logs?source=server&${RANGE}`],
  ],
  rows: [
    row("Now", [
      stat("Version", promNow(`max by (version) (workspace_build_info{${I}})`, "{{version}}"), {
        w: 3,
        options: { textMode: "name", colorMode: "none" },
      }),
      stat("Up for", promNow(`min(time() - process_start_time_seconds{${P}})`), {
        w: 3,
        unit: "s",
        decimals: 0,
        thresholds: steps(["warn"], ["good", 600]),
      }),
      stat("Memory", prom(`sum(process_resident_memory_bytes{${P}})`), {
        w: 3,
        unit: "bytes",
        thresholds: steps(["good"], ["warn", 1 << 30]),
      }),
      stat("CPU", prom(`sum(rate(process_cpu_seconds_total{${P}}[$__rate_interval]))`), {
        about: "Cores in use.",
        w: 3,
        decimals: 2,
        thresholds: steps(["good"], ["warn", 1.5]),
      }),
      stat("Database", prom(`sum(workspace_database_size_bytes{${I}})`), {
        about: "The file and its write-ahead log.",
        w: 3,
        unit: "bytes",
      }),
      stat("Disk free", prom(`min(workspace_disk_free_bytes{${I}} / workspace_disk_size_bytes{${I}})`), {
        about: "Of the disk with the data.",
        w: 3,
        unit: "percentunit",
        thresholds: DISK,
      }),
      stat(
        "Last backup",
        promNow(
          `max(time() - (workspace_backup_last_success_timestamp_seconds{${I}} > 0)) or on () 0 * max(workspace_backup_last_success_timestamp_seconds{${I}}) - 1`,
        ),
        {
          about: "Since the last good backup was made and verified.",
          w: 3,
          unit: "s",
          decimals: 0,
          thresholds: steps(["bad"], ["good", 0], ["warn", 30 * 3600], ["bad", 36 * 3600]),
          mappings: [{ type: "value", options: { "-1": { text: "none yet", index: 0 } } }],
        },
      ),
      stat("Last result", promNow(`min(workspace_backup_last_result{${I}})`), {
        about: "Of the last backup that was tried.",
        w: 3,
        thresholds: steps(["bad"], ["good", 1]),
        mappings: [{ type: "value", options: { 0: { text: "failed", index: 0 }, 1: { text: "good", index: 1 } } }],
      }),
    ]),
    row("Process", [
      series(
        "CPU",
        [prom(`sum by (instance) (rate(process_cpu_seconds_total{${P}}[$__rate_interval]))`, "{{instance}}")],
        { about: "Cores in use.", w: 8 },
      ),
      series(
        "Memory",
        [
          prom(`sum by (instance) (process_resident_memory_bytes{${P}})`, "{{instance}}"),
          prom(`sum by (instance) (workspace_source_maps_cached_bytes{${I}})`, "{{instance}}: source maps"),
        ],
        { unit: "bytes", w: 8 },
      ),
      series(
        "Descriptors",
        [
          prom(`sum by (instance) (process_open_fds{${P}})`, "{{instance}}"),
          prom(`sum by (instance) (process_max_fds{${P}}) * 0.8`, "{{instance}}: alert"),
        ],
        { w: 8 },
      ),
      series("Threads", [prom(`sum by (instance) (process_threads{${P}})`, "{{instance}}")], { w: 8 }),
      series(
        "Starts",
        [prom(`sum by (instance) (changes(process_start_time_seconds{${P}}[$__rate_interval]))`, "{{instance}}")],
        { w: 8, bars: true },
      ),
      table(
        "Built from",
        { instance: "Server", version: "Version", commit: "Commit", rustc: "Rust" },
        [
          {
            name: "Up since",
            query: promNow(
              `max by (instance, version, commit, rustc) (workspace_build_info{${I}} * on (job, instance) group_left () process_start_time_seconds{${P}}) * 1000`,
            ),
            unit: "dateTimeFromNow",
          },
        ],
        { w: 8, h: 8 },
      ),
    ]),
    row("Database", [
      series("Time of a commit", quantiles("workspace_database_commit_duration_seconds"), {
        unit: "s",
        w: 8,
        limits: steps(["good"], ["warn", 0.05], ["bad", 0.25]),
      }),
      series("Time of a write, with its wait", quantiles("workspace_database_write_duration_seconds"), {
        unit: "s",
        w: 8,
        limits: steps(["good"], ["warn", 0.1], ["bad", 0.5]),
      }),
      series("Time of a query", quantiles("workspace_database_read_duration_seconds"), {
        unit: "s",
        w: 8,
        limits: steps(["good"], ["warn", 0.05], ["bad", 0.25]),
      }),
      series(
        "Commits, writes and queries",
        [
          prom(`sum(rate(workspace_database_commit_duration_seconds_count{${I}}[$__rate_interval]))`, "commits"),
          prom(`sum(rate(workspace_database_commit_jobs_sum{${I}}[$__rate_interval]))`, "writes"),
          prom(`sum(rate(workspace_database_read_duration_seconds_count{${I}}[$__rate_interval]))`, "queries"),
        ],
        { unit: "ops", w: 8 },
      ),
      series(
        "Writes that wait",
        [prom(`sum by (instance) (workspace_database_write_queue_depth{${I}})`, "{{instance}}")],
        { w: 8 },
      ),
      series(
        "Writes refused",
        [prom(`sum by (instance) (${increase("workspace_database_writes_refused_total")})`, "{{instance}}")],
        {
          about: "As the queue stayed full.",
          w: 8,
          bars: true,
          limits: steps(["good"], ["bad", 1]),
        },
      ),
      series("Size", [prom(`sum by (instance) (workspace_database_size_bytes{${I}})`, "{{instance}}")], {
        unit: "bytes",
        w: 8,
      }),
      series(
        "Disk",
        [
          prom(`sum by (instance) (workspace_disk_free_bytes{${I}})`, "{{instance}}: free"),
          prom(`sum by (instance) (workspace_disk_size_bytes{${I}})`, "{{instance}}: all"),
        ],
        { unit: "bytes", w: 8 },
      ),
      heatmap(
        "Writes that shared a commit",
        prom(`sum by (le) (${increase("workspace_database_commit_jobs_bucket")})`),
        { w: 8 },
      ),
    ]),
    row("Telemetry of clients", [
      series(
        "Signals",
        [
          prom(`sum(rate(workspace_signals_total{${I}}[$__rate_interval]))`, "stored"),
          prom(`sum(rate(workspace_signals_deleted_total{${I}}[$__rate_interval]))`, "deleted for their age or number"),
          prom(
            `sum(rate(workspace_signals_repeated_batches_total{${I}}[$__rate_interval]))`,
            "batches that came again",
          ),
        ],
        { unit: "cps", w: 8 },
      ),
      series("Time to store a batch", quantiles("workspace_signals_commit_duration_seconds"), { unit: "s", w: 8 }),
      series("Time to answer a client", quantiles("workspace_collect_duration_seconds"), { unit: "s", w: 8 }),
      series("Size of a request", quantiles("workspace_collect_request_bytes"), { unit: "bytes", w: 8 }),
      series("Batches that wait", [prom(`sum by (instance) (workspace_signals_queue_batches{${I}})`, "{{instance}}")], {
        w: 8,
      }),
      series("Refused", [prom(`sum by (reason) (${increase("workspace_signals_refused_total")})`, "{{reason}}")], {
        w: 8,
        bars: true,
        stack: true,
      }),
      series("Series of the cockpit", [prom(`sum by (instance) (workspace_series{${I}})`, "{{instance}}")], { w: 8 }),
      series(
        "What had no room",
        [
          prom(`sum by (metric) (${increase("workspace_series_folded_total")})`, "counted as other: {{metric}}"),
          prom(`sum(${increase("workspace_series_values_refused_total")})`, "no numbers"),
          prom(`sum(${increase("workspace_series_rows_lost_total")})`, "hours of series lost"),
          prom(`sum(${increase("workspace_server_log_dropped_total")})`, "lines of the server"),
        ],
        { w: 8, bars: true, stack: true },
      ),
      series(
        "Answers by status",
        [
          prom(
            `sum by (status_code) (rate(faro_receiver_request_duration_seconds_count{${I}}[$__rate_interval]))`,
            "{{status_code}}",
          ),
        ],
        { unit: "reqps", w: 8, stack: true },
      ),
    ]),
    row("Loki", [
      series(
        "Lines pushed",
        [prom(`sum by (source) (rate(workspace_loki_pushed_lines_total{${I}}[$__rate_interval]))`, "{{source}}")],
        { unit: "cps", w: 8, stack: true },
      ),
      series(
        "Bytes pushed",
        [prom(`sum by (source) (rate(workspace_loki_pushed_bytes_total{${I}}[$__rate_interval]))`, "{{source}}")],
        { unit: "Bps", w: 8, stack: true },
      ),
      series("Time of a push", quantiles("workspace_loki_push_duration_seconds"), { unit: "s", w: 8 }),
      series("Behind", [prom(`max by (instance) (workspace_loki_backlog_seconds{${I}})`, "{{instance}}")], {
        about: "Age of the oldest signal that Loki does not have yet.",
        unit: "s",
        w: 8,
        limits: steps(["good"], ["warn", 60], ["bad", 300]),
      }),
      series("Signals that wait", [prom(`sum by (instance) (workspace_loki_backlog_signals{${I}})`, "{{instance}}")], {
        w: 8,
      }),
      series(
        "Failed pushes",
        [prom(`sum by (source, reason) (${increase("workspace_loki_push_failures_total")})`, "{{source}}: {{reason}}")],
        { w: 8, bars: true, stack: true },
      ),
      series(
        "What does not get there",
        [
          prom(`sum by (reason) (${increase("workspace_loki_dropped_total")})`, "lines of the server: {{reason}}"),
          prom(`sum(${increase("workspace_loki_refused_total")})`, "signals refused by Loki"),
          prom(`sum(${increase("workspace_loki_lost_signals_total")})`, "signals deleted before"),
        ],
        { w: 24, bars: true, stack: true },
      ),
    ]),
  ],
});

// The charts: which lines, in which unit, from a second of the live channel and from what is stored.

import { bytesText, decimal, integer, ms, percent, rateText, tickRate } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { perSecond } from "../../lib/series.js";

const DASH = [6, 3];
const DOTS = [2, 3];
// Of a single second a share is all or nothing: the live one is over as many, like the latency.
const NEAR = 10;
const MIB = 1_048_576;

/** The mean of what was measured: the sum of the values by how many there were. */
const mean = (line) => (line ? line.sum.map((sum, at) => (sum === null ? null : sum / line.count[at])) : null);
const share = (errors, requests) => (requests > 0 ? (100 * errors) / requests : null);
const percentText = (value) => `${percent(value)}\u00a0%`;
const bytesRate = (value) => `${bytesText(value)}${t("unit.per_second")}`;
const sizeText = (value) => bytesText(value * MIB);

const line = (label, className, more = {}) => ({ label, className, ...more });

/** A chart of what is measured every second: `lines` are `[line, gauge, read(point)]`. */
const gauges = (describe, lines) => ({
  ...describe,
  source: "server",
  series: lines.map(([made]) => made),
  live: (point) => lines.map(([, , read]) => read(point)),
  stored: (answer) => {
    const found = new Map(answer.series.map((of) => [of.label, of]));
    return lines.map(([, gauge]) => mean(found.get(gauge)) ?? answer.times.map(() => null));
  },
});

const perSecondUnit = () => ({ unit: t("unit.per_second"), format: tickRate, text: rateText, minimum: 1 });
const msUnit = () => ({ unit: "\u00a0ms", format: tickRate, text: ms, minimum: 1 });

/** By the id of the chart's place; `source` is the metric that it is made of. */
export const panels = () => ({
  requests: {
    ...perSecondUnit(),
    source: "requests",
    series: [
      line(t("traffic.requests"), "series-requests", { filled: true }),
      line(t("traffic.errors"), "series-errors", { dash: DASH }),
    ],
    live: (point) => [point.requests_per_second, point.errors_per_second],
    stored: (answer) => [perSecond(answer, answer.series[0].count), perSecond(answer, answer.series[0].errors)],
  },
  share: {
    unit: "\u00a0%",
    format: tickRate,
    text: percentText,
    minimum: 1,
    most: 105,
    source: "requests",
    series: [line(t("tile.errors"), "series-errors", { filled: true })],
    live: (_, index, points) => {
      const near = points.slice(Math.max(0, index - NEAR + 1), index + 1);
      const sum = (key) => near.reduce((total, point) => total + point[key], 0);
      return [share(sum("errors_per_second"), sum("requests_per_second"))];
    },
    stored: ({ series: [all] }) => [all.count.map((count, at) => share(all.errors[at], count))],
  },
  latency: {
    ...msUnit(),
    source: "requests",
    series: [
      line("p50", "series-p50", { width: 2 }),
      line("p95", "series-p95", { dash: DASH }),
      line("p99", "series-p99", { dash: DOTS }),
    ],
    live: ({ latency_ms: of }) => [of?.p50 ?? null, of?.p95 ?? null, of?.p99 ?? null],
    stored: ({ series: [all] }) => [all.p50, all.p95, all.p99],
  },
  clients: gauges(
    { unit: "", format: tickRate, text: (value) => (value % 1 ? decimal(value) : integer(value)), minimum: 4 },
    [
      [line(t("monitoring.clients"), "series-clients", { width: 2 }), "clients", (point) => point.clients],
      [line(t("monitoring.users"), "series-users", { dash: DASH }), "users", (point) => point.users_online],
    ],
  ),
  messages: gauges(perSecondUnit(), [
    [line(t("clients.in"), "series-in"), "messages_in", (point) => point.messages_in_per_second],
    [line(t("clients.out"), "series-out", { dash: DASH }), "messages_out", (point) => point.messages_out_per_second],
  ]),
  bytes: gauges({ unit: t("unit.per_second"), format: bytesText, text: bytesRate, minimum: 1024, binary: true }, [
    [line(t("clients.in"), "series-in"), "bytes_in", (point) => point.bytes_in_per_second],
    [line(t("clients.out"), "series-out", { dash: DASH }), "bytes_out", (point) => point.bytes_out_per_second],
  ]),
  writes: gauges(perSecondUnit(), [
    [line(t("monitoring.writes"), "series-in", { filled: true }), "writes", (point) => point.writes_per_second],
    [line(t("monitoring.queue"), "series-errors", { dash: DASH }), "write_queue", (point) => point.write_queue],
  ]),
  commit: gauges(msUnit(), [[line(t("monitoring.commit"), "series-p50"), "commit_ms", (point) => point.commit_ms]]),
  database: gauges({ unit: "", format: sizeText, text: sizeText, minimum: 1, binary: true }, [
    [line(t("tile.database"), "series-size", { filled: true }), "database", (point) => point.database_bytes / MIB],
  ]),
  signals: {
    ...perSecondUnit(),
    source: "signals",
    series: [
      line(t("fleet.graph.signals_line"), "series-signals", { filled: true }),
      line(t("fleet.graph.errors_line"), "series-errors", { dash: DASH }),
    ],
    live: (point) => [point.signals_per_second, point.signal_errors_per_second],
    stored: (answer) => [perSecond(answer, answer.series[0].count), perSecond(answer, answer.series[0].errors)],
  },
  cpu: gauges({ unit: "\u00a0%", format: tickRate, text: percentText, minimum: 10 }, [
    [line(t("server.cpu"), "series-in", { filled: true }), "cpu", (point) => point.cpu_percent],
  ]),
  memory: gauges({ unit: "", format: sizeText, text: sizeText, minimum: 16, binary: true }, [
    [line(t("tile.memory"), "series-memory", { filled: true }), "memory", (point) => point.memory_bytes / MIB],
  ]),
});

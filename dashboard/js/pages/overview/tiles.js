// The eight tiles: which number, in which unit, with which line of context.

import { byId, setText } from "../../lib/dom.js";
import { bytes, bytesText, duration, integer, ms, msNumber, percent, rate } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { drawSpark } from "../../lib/spark.js";
import { history, SPAN_S } from "../../lib/history.js";

// The error rate is read over a minute: in one quiet second, one error would be "100 %".
const ERROR_WINDOW_S = 60;
// From here an admin should look; from ERRORS_BAD on, now.
const ERRORS_WARN = 1;
const ERRORS_BAD = 5;
// A second without a point is a gap when the next comes later than this.
const GAP_S = 3;

const messages = (point) => point.messages_in_per_second + point.messages_out_per_second;
const sum = (points, key) => points.reduce((total, point) => total + (point[key] ?? 0), 0);

// A server that has just started has less than the whole window behind it.
function span(points) {
  const seconds = Math.round(points.at(-1).at - points[0].at) + 1;
  return duration(seconds < 60 ? seconds : seconds - (seconds % 60));
}

function change(points, key, format) {
  const delta = points.at(-1)[key] - points[0][key];
  if (delta === 0) return t("tile.steady", { span: span(points) });
  return t("tile.change", { span: span(points), change: `${delta > 0 ? "+" : "\u2212"}${format(Math.abs(delta))}` });
}

function peak(points, read, format) {
  return t("tile.peak", { span: span(points), value: format(Math.max(...points.map(read))) });
}

function lastMinute(points) {
  const from = points.at(-1).at - ERROR_WINDOW_S;
  return points.filter(({ at }) => at > from);
}

function errorShare(points) {
  const requests = sum(points, "requests_per_second");
  return requests > 0 ? (100 * sum(points, "errors_per_second")) / requests : 0;
}

const count = (key) => ({
  read: (point) => point[key],
  value: (point) => [integer(point[key]), ""],
  hint: (points) => change(points, key, integer),
});
const size = (key) => ({
  read: (point) => point[key],
  value: (point) => bytes(point[key]),
  hint: (points) => change(points, key, bytesText),
  fromZero: false,
});

const TILES = {
  clients: count("clients"),
  users: count("users_online"),
  requests: {
    read: (point) => point.requests_per_second,
    value: (point) => [rate(point.requests_per_second), t("unit.per_second")],
    hint: (points) => peak(points, (point) => point.requests_per_second, rate),
  },
  errors: {
    read: (point) => point.errors_per_second,
    value: (_, points) => [percent(errorShare(lastMinute(points))), "%"],
    hint: (points) => t("tile.errors.hint", { count: Math.round(sum(lastMinute(points), "errors_per_second")) }),
    state(points) {
      const share = errorShare(lastMinute(points));
      return share >= ERRORS_BAD ? "bad" : share >= ERRORS_WARN ? "warn" : "";
    },
  },
  latency: {
    read: (point) => point.latency_ms?.p95 ?? null,
    value: (point) => (point.latency_ms?.p95 == null ? ["–", ""] : [msNumber(point.latency_ms.p95), "ms"]),
    hint: (points) => {
      const p99 = points.at(-1).latency_ms?.p99;
      return p99 == null ? t("tile.latency.none") : t("tile.latency.hint", { value: ms(p99) });
    },
  },
  messages: {
    read: messages,
    value: (point) => [rate(messages(point)), t("unit.per_second")],
    hint: (points) =>
      t("tile.messages.hint", {
        in: rate(points.at(-1).messages_in_per_second),
        out: rate(points.at(-1).messages_out_per_second),
      }),
  },
  memory: size("memory_bytes"),
  database: size("database_bytes"),
};

/** `[age in seconds, value]` pairs, with a null wherever points are missing. */
function sparkValues(points, read) {
  const end = points.at(-1).at;
  const values = [];
  points.forEach((point, index) => {
    if (index > 0 && point.at - points[index - 1].at > GAP_S) values.push([end - point.at, null]);
    values.push([end - point.at, read(point)]);
  });
  return values;
}

export function showTiles() {
  const views = Object.entries(TILES).map(([id, tile]) => {
    const root = byId(`tile-${id}`);
    const [number, unit, hint, spark] = ["number", "unit", "hint", "spark"].map((part) =>
      root.querySelector(`.tile-${part}`),
    );
    return ({ points, last }) => {
      const [value, unitText] = tile.value(last, points);
      setText(number, value);
      setText(unit, unitText);
      setText(hint, tile.hint(points));
      root.dataset.state = tile.state?.(points) ?? "";
      drawSpark(spark, sparkValues(points, tile.read), SPAN_S, tile.fromZero ?? true);
    };
  });
  history.watch((state) => {
    if (state.last) for (const view of views) view(state);
  });
}

// Requests and errors a second over five minutes, with the values under the cursor in the legend.

import { createChart } from "../../lib/chart.js";
import { byId, setText } from "../../lib/dom.js";
import { rate, tickRate, timeWithSeconds } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { history, SPAN_S } from "../../lib/history.js";

// Points come once a second; a longer silence is drawn as a gap, not bridged.
const GAP_S = 3;

function columns(points) {
  const [times, requests, errors] = [[], [], []];
  points.forEach((point, index) => {
    const before = points[index - 1]?.at;
    if (before !== undefined && point.at - before > GAP_S) {
      times.push(before + 1);
      requests.push(null);
      errors.push(null);
    }
    times.push(point.at);
    requests.push(point.requests_per_second);
    errors.push(point.errors_per_second);
  });
  return [times, requests, errors];
}

export function showTraffic() {
  const legend = ["requests", "errors", "time"].map((part) => byId(`legend-${part}`));
  let data = [[], [], []];
  let under = null;

  const showLegend = () => {
    const index = under ?? data[0].length - 1;
    if (index < 0) return;
    const [at, requests, errors] = data.map((column) => column[index]);
    const text = (value) => (value == null ? "–" : `${rate(value)}${t("unit.per_second")}`);
    setText(legend[0], text(requests));
    setText(legend[1], text(errors));
    setText(legend[2], timeWithSeconds(new Date(at * 1000)));
  };

  const chart = createChart(byId("traffic-chart"), {
    series: [{ className: "series-requests", filled: true }, { className: "series-errors" }],
    unit: t("unit.per_second"),
    format: tickRate,
    minimum: 5,
    onCursor(index) {
      under = index;
      showLegend();
    },
  });

  history.watch(({ points, last }) => {
    if (!last) return;
    data = columns(points);
    chart.set(data, last.at - SPAN_S, last.at);
    showLegend();
  });
}

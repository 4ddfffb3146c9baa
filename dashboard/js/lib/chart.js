// uPlot in our clothes: colours from CSS, units on the axis, one repaint a frame, a width that follows its place.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { timeOfDay, timeWithSeconds } from "./format.js";
import { onNextFrame } from "./frame.js";

// More grid lines than this are noise.
const MOST_LINES = 5;
const FONT = '12px "Inter Variable", system-ui, sans-serif';

// A canvas wants a finished colour, and only a real property resolves light-dark().
function colour(className) {
  const probe = document.createElement("i");
  probe.className = className;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** A token's colour, `oklch(l c h)`, made transparent. */
const fade = (value, share) => value.replace(")", ` / ${share})`);

// Minutes, or seconds where the ticks are closer than a minute.
function timeTicks(_, ticks, __, ___, step) {
  const text = step < 60 ? timeWithSeconds : timeOfDay;
  return ticks.map((tick) => text(new Date(tick * 1000)));
}

function options(place, { series, unit, format, minimum, onCursor }) {
  const text = colour("muted");
  const line = colour("chart-grid");
  const axis = { stroke: text, font: FONT, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    padding: [12, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
    scales: {
      // The axis ends at the newest point, also while nothing new arrives.
      x: { time: true },
      y: { range: (_, __, top) => [0, Math.max(minimum, (top ?? 0) * 1.15)] },
    },
    axes: [
      {
        ...axis,
        space: (_, __, ___, ____, width) => (width < 400 ? 56 : 90),
        size: 28,
        gap: 8,
        grid: { show: false },
        values: timeTicks,
      },
      {
        ...axis,
        space: (_, __, ___, ____, height) => Math.max(44, height / MOST_LINES),
        size: 64,
        gap: 8,
        values: (_, ticks) => ticks.map((tick) => `${format(tick)}${unit}`),
      },
    ],
    series: [
      {},
      ...series.map(({ className, filled }) => {
        const stroke = colour(className);
        return {
          stroke,
          width: 1.5,
          fill: filled ? fade(stroke, 0.1) : undefined,
          points: { show: false },
          spanGaps: false,
        };
      }),
    ],
    hooks: { setCursor: [(chart) => onCursor(chart.cursor.idx)] },
  };
}

/**
 * A chart in `place`. `describe` is `{series: [{className, filled}], unit, format(value), minimum, onCursor(index | null)}`.
 * `set(data, from, to)` takes uPlot columns (times in seconds first) and the window to show.
 */
export function createChart(place, describe) {
  let data = [[], ...describe.series.map(() => [])];
  let span = [0, 1];
  let zoomed = false;
  let chart = null;

  const draw = () => {
    if (!chart) return;
    chart.setData(data, false);
    if (!zoomed) chart.setScale("x", { min: span[0], max: span[1] });
    else chart.redraw(true, false);
  };
  const build = () => {
    chart?.destroy();
    const opts = options(place, describe);
    opts.hooks.setSelect = [
      (self) => {
        zoomed = self.select.width > 0;
      },
    ];
    chart = new uPlot(opts, data, place);
    chart.over.addEventListener("dblclick", () => {
      zoomed = false;
      onNextFrame(draw);
    });
    draw();
  };
  const fit = () => chart?.setSize({ width: place.clientWidth, height: place.clientHeight });

  build();
  new ResizeObserver(() => onNextFrame(fit)).observe(place);
  addEventListener("theme-change", () => onNextFrame(build));
  return {
    set(columns, from, to) {
      data = columns;
      span = [from, to];
      onNextFrame(draw);
    },
  };
}

// uPlot in our clothes: colours from CSS, units on the axis, one repaint a frame, a width that follows its place.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { dayAndTime, dayOfMonth, timeOfDay, timeWithSeconds } from "./format.js";
import { onNextFrame } from "./frame.js";

// More grid lines than this are noise.
const MOST_LINES = 5;
const FONT = '12px "Inter Variable", system-ui, sans-serif';
const DAY_S = 86_400;
// A second click within this makes the first one half of a double click.
const DOUBLE_MS = 250;
// A hand that presses moves this far.
const STILL_PX = 4;
// Steps of an axis of sizes: in powers of 1024 only halves of each other are round.
const POWERS = Array.from({ length: 60 }, (_, power) => 2 ** (power - 20));

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

/** A point's time as far as `step`, the seconds between points, tells it: with the day where points are far apart. */
export const timeText = (step) => (step < 60 ? timeWithSeconds : step === 60 ? timeOfDay : dayAndTime);

function timeTicks(_, ticks, __, ___, step) {
  const text = step < 60 ? timeWithSeconds : step < DAY_S ? timeOfDay : dayOfMonth;
  return ticks.map((tick) => text(new Date(tick * 1000)));
}

function line({ className, filled, dash, width = 1.5, hidden = false }) {
  const stroke = colour(className);
  return {
    show: !hidden,
    stroke,
    width,
    dash,
    fill: filled ? fade(stroke, 0.1) : undefined,
    // Alone between two gaps a value would not be seen without its point.
    points: { show: false, filter: alone, size: 4, fill: stroke },
    spanGaps: false,
  };
}

function alone(chart, index) {
  const values = chart.data[index];
  const [first, last] = chart.series[0].idxs ?? [0, values.length - 1];
  const found = [];
  for (let at = first; at <= last; at += 1) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  }
  return found.length > 0 ? found : null;
}

function options(place, { series, unit, format, minimum, most, binary, onCursor, sync, zoom }) {
  const text = colour("muted");
  const grid = colour("chart-grid");
  const axis = { stroke: text, font: FONT, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const cursor = { y: false, drag: { x: true, y: false, setScale: !zoom }, points: { size: 7 } };
  if (sync) cursor.sync = { key: sync, setSeries: false };
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    padding: [12, 20, 0, 0],
    legend: { show: false },
    cursor,
    scales: {
      // The axis ends at the newest point, also while nothing new arrives.
      x: { time: true },
      y: { range: (_, __, top) => [0, Math.min(most ?? Infinity, Math.max(minimum, (top ?? 0) * 1.15))] },
    },
    axes: [
      {
        ...axis,
        space: (_, __, min, max, width) => (width >= 400 ? 90 : max - min > DAY_S ? 56 : 38),
        size: 28,
        gap: 8,
        grid: { show: false },
        values: timeTicks,
      },
      {
        ...axis,
        space: (_, __, ___, ____, height) => Math.max(44, height / MOST_LINES),
        size: binary ? 80 : 64,
        gap: 8,
        ...(binary && { incrs: POWERS }),
        values: (_, ticks) => ticks.map((tick) => `${format(tick)}${unit}`),
      },
    ],
    series: [{}, ...series.map(line)],
    hooks: { setCursor: [(chart) => onCursor?.(chart.cursor.idx)] },
  };
}

/**
 * A chart in `place`. `describe` is `{series: [{className, filled, dash, width, hidden}], unit, format(value), minimum,
 * most?, binary? (for sizes), onCursor(index | null)}`. Charts with the same `sync` share their crosshair; with
 * `zoom(from, to)` (seconds; null to go back) the page zooms instead of the chart; `onPress(seconds, event)` is told where
 * it was pressed.
 * `set(data, from, to)` takes uPlot columns (times in seconds first) and the window to show; `lines(series)` replaces
 * the series; `show(index, on)` shows or hides one.
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
  const selected = (self) => {
    const { left, width } = self.select;
    if (!describe.zoom) {
      zoomed = width > 0;
      return;
    }
    if (width <= 0) return;
    const [from, to] = [self.posToVal(left, "x"), self.posToVal(left + width, "x")];
    self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    describe.zoom(from, to);
  };
  const build = () => {
    chart?.destroy();
    const opts = options(place, describe);
    opts.hooks.setSelect = [selected];
    chart = new uPlot(opts, data, place);
    let pressed = null;
    chart.over.addEventListener("dblclick", () => {
      clearTimeout(pressed);
      zoomed = false;
      describe.zoom?.(null, null);
      onNextFrame(draw);
    });
    let down = 0;
    if (describe.onPress) {
      chart.over.addEventListener("mousedown", (event) => {
        down = event.clientX;
      });
      chart.over.addEventListener("click", (event) => {
        clearTimeout(pressed);
        const at = chart.data[0][chart.cursor.idx];
        // Neither the end of a drag is a press, nor the half of a double click.
        const dragged = Math.abs(event.clientX - down) > STILL_PX;
        if (!dragged && at !== undefined) pressed = setTimeout(() => describe.onPress(at, event), DOUBLE_MS);
      });
    }
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
    lines(series) {
      describe.series = series;
      data = [[], ...series.map(() => [])];
      build();
    },
    show(index, on) {
      describe.series[index].hidden = !on;
      chart.setSeries(index + 1, { show: on });
    },
  };
}

// The small curve of a tile: a path in a 300 by 40 box that the browser stretches.

const WIDTH = 300;
const HEIGHT = 40;
// Room for the line's own thickness, above and below.
const MARGIN = 2;

/** `values` are `[seconds before the newest, value | null]`, oldest first; `fromZero` false shows the range only. */
export function drawSpark(svg, values, span, fromZero) {
  const known = values.map(([, value]) => value).filter((value) => value !== null);
  const top = Math.max(...known);
  const low = fromZero ? 0 : Math.min(...known);
  const range = top - low;
  const y = (value) => {
    // A level that never moves is a line through the lower third, not a full box.
    const part = range > 0 ? (value - low) / range : fromZero ? 0 : 0.3;
    return (HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN) * 0.8).toFixed(1);
  };
  const runs = [];
  let run = [];
  for (const [age, value] of values) {
    if (value === null) {
      if (run.length > 1) runs.push(run);
      run = [];
    } else {
      run.push([(WIDTH * (1 - age / span)).toFixed(1), y(value)]);
    }
  }
  if (run.length > 1) runs.push(run);
  const line = runs.map((points) => `M${points.map((point) => point.join(" ")).join("L")}`).join("");
  const area = runs
    .map(
      (points) =>
        `M${points[0][0]} ${HEIGHT}L${points.map((point) => point.join(" ")).join("L")}L${points.at(-1)[0]} ${HEIGHT}Z`,
    )
    .join("");
  svg.querySelector(".spark-line").setAttribute("d", line);
  svg.querySelector(".spark-area").setAttribute("d", area);
}

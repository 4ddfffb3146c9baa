// Counts over time as bars, a small one in a row or a wide one in a panel: the browser stretches them.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 40;
const STEP = 10;
// What was seen once must be seen beside what was seen a thousand times.
const LEAST = 3;

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** An svg of `counts`, the oldest first; `label` says in words what it shows, `titleOf(index)` what a bar does. */
export function barsOf(counts, label, titleOf = null) {
  const most = Math.max(1, ...counts);
  const svg = shape("svg", {
    class: "bars",
    viewBox: `0 0 ${counts.length * STEP} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
  });
  counts.forEach((count, index) => {
    const height = count === 0 ? 1 : Math.max(LEAST, Math.round((count / most) * HEIGHT));
    const place = { x: index * STEP + 1, y: HEIGHT - height, width: STEP - 2, height };
    const bar = shape("rect", { class: count === 0 ? "bar is-none" : "bar", ...place });
    if (titleOf) {
      const title = shape("title", {});
      title.textContent = titleOf(index);
      bar.append(title);
    }
    svg.append(bar);
  });
  return svg;
}

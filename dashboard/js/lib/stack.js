// A stack trace: the innermost frame first, and where a source map tells it, the place in the source code.

import { el } from "./dom.js";
import { t } from "./i18n.js";

// Beyond these one opens a frame to see its code.
const OPEN_FRAMES = 1;

const placeOf = (file, line, column) => [file, line, column].filter((part) => part || part === 0).join(":");

function codeOf({ source, line: at }) {
  return el(
    "ol",
    { className: "stack-code" },
    ...source.map(({ line, text }) =>
      el(
        "li",
        { className: line === at ? "stack-code-line is-here" : "stack-code-line" },
        el("span", { className: "stack-code-number", textContent: String(line) }),
        el("code", { textContent: text || " " }),
      ),
    ),
  );
}

function frameOf(frame, index) {
  const { original } = frame;
  const name = original?.function || original?.name || frame.function || t("stack.nameless");
  const sent = placeOf(frame.filename, frame.lineno, frame.colno);
  const place = original ? placeOf(original.file, original.line, original.column) : sent;
  const head = [
    el("span", { className: "stack-function", textContent: name }),
    el("span", { className: "stack-place", textContent: place, title: original ? t("stack.sent", { place: sent }) : "" }),
  ];
  if (!original?.source?.length) return el("li", { className: "stack-frame" }, el("p", { className: "stack-head" }, ...head));
  const box = el(
    "details",
    { className: "stack-more", open: index < OPEN_FRAMES },
    el("summary", { className: "stack-head" }, ...head),
    codeOf(original),
  );
  return el("li", { className: "stack-frame is-original" }, box);
}

/** The list of `frames`, as the API gives them; `original` where it knows the source code. */
export const stackOf = (frames) =>
  el("ol", { className: "stack", aria: { label: t("stack.label") } }, ...frames.map(frameOf));

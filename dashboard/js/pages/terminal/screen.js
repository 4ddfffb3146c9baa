// The terminal itself: xterm, in the colours of the theme and under the page's policy.

import { FitAddon } from "../../../vendor/xterm-addon-fit/addon-fit.mjs";
import { Terminal } from "../../../vendor/xterm/xterm.mjs";
import { boot } from "../../lib/boot.js";
import { el } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

/** In pixels, as the tokens have them; a phone has no room for more. */
const SIZES = { wide: 13, narrow: 12 };
const narrow = matchMedia("(width < 640px)");
const size = () => (narrow.matches ? SIZES.narrow : SIZES.wide);
const COLOURS = {
  background: "--panel",
  foreground: "--text",
  cursor: "--brand",
  cursorAccent: "--panel",
  selectionBackground: "--selection",
  red: "--bad",
  green: "--ok",
  yellow: "--warn",
  blue: "--brand",
  brightBlack: "--muted",
};

/** The tokens as the terminal understands colours. */
function theme(place) {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const probe = el("span", { hidden: true });
  place.append(probe);
  const hex = (token) => {
    probe.style.color = `var(${token})`;
    context.fillStyle = getComputedStyle(probe).color;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  };
  const found = Object.fromEntries(Object.entries(COLOURS).map(([name, token]) => [name, hex(token)]));
  probe.remove();
  return found;
}

/**
 * Calls `open` with a document whose <style> elements write into adopted style sheets. The terminal writes its rules, sizes
 * and colours into <style> elements, which the page's policy refuses as it does all inline style; a sheet that a script
 * makes is not inline.
 */
function withSheets(open) {
  const make = document.createElement;
  document.createElement = (tag, options) => {
    if (tag !== "style") return make.call(document, tag, options);
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets.push(sheet);
    const stand = make.call(document, "span");
    stand.hidden = true;
    Object.defineProperty(stand, "textContent", { set: (rules) => sheet.replaceSync(rules) });
    return stand;
  };
  try {
    open();
  } finally {
    delete document.createElement;
  }
}

/** Loads the stylesheet of the terminal, which no other page needs. */
function styles() {
  const link = el("link", { rel: "stylesheet", href: `${boot.assets}/vendor/xterm/xterm.css` });
  const loaded = new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error("the stylesheet of the terminal could not be loaded")));
  });
  document.head.append(link);
  return loaded;
}

/** A terminal that fills `place`. */
export async function openScreen(place) {
  await styles();
  Terminal.strings.promptLabel = t("terminal.input");
  Terminal.strings.tooMuchOutput = t("terminal.too_much");
  const terminal = new Terminal({
    cursorBlink: false,
    cursorStyle: "bar",
    cursorWidth: 2,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--font-mono"),
    fontSize: size(),
    lineHeight: 1.3,
    scrollback: 5000,
    screenReaderMode: true,
    theme: theme(place),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withSheets(() => terminal.open(place));
  fit.fit();
  new ResizeObserver(() => requestAnimationFrame(() => fit.fit())).observe(place);
  narrow.addEventListener("change", () => {
    terminal.options.fontSize = size();
    fit.fit();
  });
  addEventListener("theme-change", () => {
    terminal.options.theme = theme(place);
  });
  return terminal;
}

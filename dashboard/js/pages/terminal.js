// The administrators' console: a line goes to the server, which knows a fixed set of verbs and has no shell.

import { byId } from "../lib/dom.js";
import { keep, kept } from "../lib/keep.js";
import { connect } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { Editor } from "./terminal/editor.js";
import { openScreen } from "./terminal/screen.js";
import { Session } from "./terminal/session.js";

/** Lines kept, the newest. */
const LINES = 200;

const history = {
  all: () => kept("terminal", []),
  add(line) {
    const lines = history.all().filter((known) => known !== line);
    keep("terminal", [...lines, line].slice(-LINES));
  },
};

startShell();
const terminal = await openScreen(byId("terminal"));
const session = new Session(terminal);
const editor = new Editor(terminal, history, session.handlers);

// Tab completes, so there are other ways out: Shift+Tab, and Tab after Escape. What is selected can be copied.
let leaving = false;
terminal.attachCustomKeyEventHandler((event) => {
  if (event.type !== "keydown") return true;
  const { key, ctrlKey, shiftKey } = event;
  if (key === "Tab" && (shiftKey || leaving)) return false;
  if (key !== "Shift") leaving = key === "Escape";
  // The palette is a key of every page.
  if (ctrlKey && key === "k") return false;
  return !(ctrlKey && key.toLowerCase() === "c" && terminal.hasSelection());
});

const press = { complete: "\t", earlier: "\u001b[A", later: "\u001b[B", interrupt: "\u0003", clear: "\u000c" };
byId("terminal-keys").addEventListener("click", ({ target }) => {
  const key = target.closest("[data-key]")?.dataset.key;
  if (key === undefined) return;
  editor.type(press[key]);
  terminal.focus();
});

session.start(editor);
// Where there is a keyboard one comes here to type.
if (matchMedia("(pointer: fine)").matches) terminal.focus();
connect();

// The line that is being written: keys, history, completion. Knows nothing of what a line means.

import { brand, cells, muted } from "./paint.js";

const ESC = "\u001b[";

export class Editor {
  #terminal;
  #prompt = "";
  #text = "";
  #at = 0;
  #row = 0;
  #secret = false;
  #open = false;
  #ahead = "";
  #history;
  #place = 0;
  #draft = "";
  #on;

  /** `on`: `line(text)`, `interrupt()`, `complete(before)` and `clear()`; `history` is `{all(), add(line)}`. */
  constructor(terminal, history, on) {
    this.#terminal = terminal;
    this.#history = history;
    this.#on = on;
    terminal.onData((data) => this.type(data));
    terminal.onResize(({ cols }) => {
      // The terminal has wrapped anew what was there.
      this.#row = Math.floor(cells(this.#prompt + this.#shown().slice(0, this.#at)) / cols);
      if (this.#open) this.#draw();
    });
  }

  /** Begins a line; what is `secret` is not shown, and not kept. */
  open(prompt, secret = false) {
    this.#prompt = prompt;
    this.#secret = secret;
    this.#text = "";
    this.#at = 0;
    this.#row = 0;
    this.#place = this.#history.all().length;
    this.#open = true;
    this.#draw();
    const ahead = this.#ahead;
    this.#ahead = "";
    if (ahead !== "" && !secret) this.type(ahead);
  }

  /** Keys, as a terminal sends them; pasted text as well. */
  type(data) {
    if (!this.#open) {
      if (data === "\u0003") this.#on.interrupt();
      // What is typed meanwhile is not lost; a password is not typed ahead.
      else if (!data.startsWith("\u001b") && this.#ahead.length < 2000) this.#ahead += data;
      return;
    }
    const key = KEYS[data];
    if (key) return this[key]();
    if (data.startsWith("\u001b")) return undefined;
    const [first, ...rest] = data.split(/\r\n?|\n/);
    this.#insert(first.replace(/[\u0000-\u001f\u007f]/g, " "));
    // Of several lines that are pasted only what stands before the first end is run, by the one who sees it.
    if (rest.length > 0) this.#insert(rest.join(" ").replace(/[\u0000-\u001f\u007f]/g, " "));
    return undefined;
  }

  enter() {
    const text = this.#text;
    this.#at = text.length;
    this.#draw();
    this.#open = false;
    this.#terminal.write("\r\n");
    if (!this.#secret && text.trim() !== "") this.#history.add(text.trim());
    this.#on.line(text);
  }

  interrupt() {
    this.#at = this.#text.length;
    this.#draw();
    this.#open = false;
    this.#terminal.write(`${muted("^C")}\r\n`);
    this.#on.interrupt();
  }

  clear() {
    this.#terminal.write(`${ESC}2J${ESC}3J${ESC}H`);
    this.#row = 0;
    this.#draw();
  }

  async complete() {
    if (this.#secret) return;
    const before = this.#text.slice(0, this.#at);
    const found = await this.#on.complete(before);
    // Somebody went on writing.
    if (!this.#open || found === null || this.#text.slice(0, this.#at) !== before) return;
    const { start, candidates } = found;
    if (candidates.length === 0) return;
    const word = before.slice(start);
    let common = candidates[0].value;
    for (const { value } of candidates) while (!value.startsWith(common)) common = common.slice(0, -1);
    const only = candidates.length === 1;
    if (only && !common.endsWith("=")) common += " ";
    if (only || common.length > word.length) {
      this.#text = before.slice(0, start) + common + this.#text.slice(this.#at);
      this.#at = start + common.length;
    }
    if (!only) {
      const at = this.#at;
      this.#at = this.#text.length;
      this.#draw();
      this.#terminal.write(`\r\n${this.#on.candidates(candidates)}`);
      this.#row = 0;
      this.#at = at;
    }
    this.#draw();
  }

  earlier() {
    if (this.#place === this.#history.all().length) this.#draft = this.#text;
    this.#recall(this.#place - 1);
  }

  later() {
    this.#recall(this.#place + 1);
  }

  left() {
    this.#move(this.#at - (this.#before().at(-1)?.length ?? 0));
  }

  right() {
    this.#move(this.#at + ([...this.#text.slice(this.#at)][0]?.length ?? 0));
  }

  home() {
    this.#move(0);
  }

  end() {
    this.#move(this.#text.length);
  }

  backspace() {
    this.#take(this.#at - (this.#before().at(-1)?.length ?? 0), this.#at);
  }

  remove() {
    this.#take(this.#at, this.#at + ([...this.#text.slice(this.#at)][0]?.length ?? 0));
  }

  toStart() {
    this.#take(0, this.#at);
  }

  word() {
    this.#take(this.#text.slice(0, this.#at).search(/\S*\s*$/), this.#at);
  }

  #before() {
    return [...this.#text.slice(0, this.#at)];
  }

  #move(at) {
    this.#at = at;
    this.#draw();
  }

  #take(from, to) {
    this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    this.#move(from);
  }

  #insert(text) {
    this.#text = this.#text.slice(0, this.#at) + text + this.#text.slice(this.#at);
    this.#move(this.#at + text.length);
  }

  #recall(place) {
    const lines = this.#history.all();
    if (this.#secret || place < 0 || place > lines.length) return;
    this.#place = place;
    this.#text = place === lines.length ? this.#draft : lines[place];
    this.#move(this.#text.length);
  }

  /** A secret has no length either. */
  #shown() {
    return this.#secret ? "" : this.#text;
  }

  #draw() {
    const cols = this.#terminal.cols;
    const shown = this.#shown();
    const before = cells(this.#prompt + shown.slice(0, this.#at));
    const all = cells(this.#prompt + shown);
    const up = this.#row > 0 ? `${ESC}${this.#row}A` : "";
    // At the very edge the cursor waits for the next letter: the line break is made for it.
    const edge = all > 0 && all % cols === 0 ? "\r\n" : "";
    const row = Math.floor(before / cols);
    const back = Math.floor(all / cols) - row;
    const to = `${back > 0 ? `${ESC}${back}A` : ""}\r${before % cols > 0 ? `${ESC}${before % cols}C` : ""}`;
    this.#terminal.write(`${up}\r${ESC}J${brand(this.#prompt)}${shown}${edge}${to}`);
    this.#row = row;
  }
}

const KEYS = {
  "\r": "enter",
  "\u0003": "interrupt",
  "\u000c": "clear",
  "\t": "complete",
  "\u007f": "backspace",
  "\b": "backspace",
  "\u0001": "home",
  "\u0005": "end",
  "\u0015": "toStart",
  "\u0017": "word",
  "\u0010": "earlier",
  "\u000e": "later",
  [`${ESC}A`]: "earlier",
  [`${ESC}B`]: "later",
  [`${ESC}C`]: "right",
  [`${ESC}D`]: "left",
  [`${ESC}H`]: "home",
  [`${ESC}F`]: "end",
  [`${ESC}3~`]: "remove",
};

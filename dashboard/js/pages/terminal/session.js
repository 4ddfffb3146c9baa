// From a line to its answer: the console's rpc, the password that some verbs ask for, the tail.

import { boot } from "../../lib/boot.js";
import { knows, t } from "../../lib/i18n.js";
import { connection, rpc } from "../../lib/realtime.js";
import { bad, cells, cut, good, lines, muted, padEnd, plain } from "./paint.js";
import { tableLines } from "./table.js";
import { startTail } from "./tail.js";

const CONFIRM = 4001;
const WRONG = 4002;
/** Codes that have words of their own; the rest are faults. */
const REFUSALS = { 103: "denied", 111: "too_many", [WRONG]: "wrong_password" };

export class Session {
  #terminal;
  #editor;
  /** The line that waits for a password. */
  #waiting = null;
  #tail = null;
  #busy = false;

  constructor(terminal) {
    this.#terminal = terminal;
  }

  /** What the editor calls. */
  get handlers() {
    return {
      line: (text) => (this.#waiting === null ? this.#run(text) : this.#confirm(text)),
      interrupt: () => this.#interrupt(),
      complete: (before) => this.#complete(before),
      candidates: (list) => this.#candidates(list),
    };
  }

  start(editor) {
    this.#editor = editor;
    this.#say((line) => line, t("terminal.welcome", { name: plain(boot.user.name) }));
    this.#say(muted, t("terminal.welcome_keys"));
    this.#print("");
    this.#ask();
  }

  /** Ends a tail or gives a line up, as Ctrl+C does. */
  interrupt() {
    this.#editor.type("\u0003");
  }

  #print(...lines) {
    this.#terminal.write(lines.map((line) => `${line}\r\n`).join(""));
  }

  /** Prints a sentence, in as many lines as it needs. */
  #say(paint, text) {
    this.#print(...lines(text, this.#terminal.cols - 1).map(paint));
  }

  #ask() {
    this.#editor.open(`${boot.user.username}> `);
  }

  #interrupt() {
    this.#waiting = null;
    if (this.#tail !== null) {
      const stop = this.#tail;
      this.#tail = null;
      stop();
      this.#say(muted, t("terminal.tail_end"));
      this.#ask();
    } else if (!this.#busy) {
      this.#ask();
    }
  }

  /** Calls the server; what fails is said. Gives null then. */
  async #call(method, data) {
    if (connection.get().state !== "live") {
      this.#say(bad, t("terminal.offline"));
      return null;
    }
    this.#busy = true;
    try {
      return (await rpc(method, data)).data;
    } catch (error) {
      if (error.code === CONFIRM) throw error;
      const known = REFUSALS[error.code];
      this.#say(bad, known ? t(`terminal.${known}`) : t("terminal.failed"));
      return null;
    } finally {
      this.#busy = false;
    }
  }

  async #run(line) {
    if (line.trim() === "") return this.#ask();
    if (line.trim() === "clear") {
      this.#ask();
      return this.#editor.clear();
    }
    let reply;
    try {
      reply = await this.#call("console.run", { line });
    } catch {
      this.#waiting = line;
      this.#say(muted, t("terminal.confirm"));
      return this.#editor.open(t("terminal.password"), true);
    }
    if (reply?.kind === "tail") return this.#follow(reply);
    if (reply !== null) this.#show(reply);
    return this.#ask();
  }

  async #confirm(password) {
    const line = this.#waiting;
    this.#waiting = null;
    if (password === "") return this.#ask();
    const confirmed = await this.#call("console.confirm", { password });
    return confirmed === null ? this.#ask() : this.#run(line);
  }

  #follow({ channel, filter }) {
    const conditions = Object.entries(filter).map(([name, value]) => `${name}=${plain(value)}`);
    this.#say(muted, t("terminal.tail", { filter: conditions.join(" ") || t("terminal.tail_all") }));
    this.#tail = startTail(
      channel,
      (line) => this.#print(line),
      () => {
        if (this.#tail === null) return;
        this.#tail = null;
        this.#say(bad, t("terminal.denied"));
        this.#ask();
      },
    );
  }

  #show(reply) {
    if (reply.kind === "table") {
      this.#print(...tableLines(reply, this.#terminal.cols - 1));
      return;
    }
    const { kind, code, argument, suggestion, usage } = reply;
    const own = `terminal.${kind === "error" ? "error" : "done"}.${code}`;
    const values = { ...reply.values, count: reply.values?.clients, argument, suggestion };
    this.#say(kind === "error" ? bad : good, knows(own) ? t(own, values) : plain(reply.text));
    if (suggestion) this.#say(muted, t("terminal.suggestion", { verb: suggestion }));
    if (usage) this.#say(muted, t("terminal.usage", { usage }));
  }

  async #complete(line) {
    if (connection.get().state !== "live") return null;
    try {
      return (await rpc("console.complete", { line })).data;
    } catch {
      // A completion that fails is no completion.
      return null;
    }
  }

  #candidates(list) {
    const room = this.#terminal.cols - 1;
    const width = Math.min(Math.max(...list.map(({ value }) => cells(value))), room);
    const line = ({ value, hint }) => {
      const rest = room - width - 2;
      const text = padEnd(cut(plain(value), width), width);
      return hint && rest > 8 ? `${text}  ${muted(cut(this.#hint(value, hint), rest))}` : text.trimEnd();
    };
    return list.map((one) => `${line(one)}\r\n`).join("");
  }

  #hint(value, hint) {
    const key = `terminal.verb.${value}`;
    return knows(key) ? t(key) : plain(hint);
  }
}

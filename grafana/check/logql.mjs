// Every LogQL expression: parsed by Grafana's own grammar, and its labels and fields compared with lines that a server at
// work has pushed.

import { parser } from "@grafana/lezer-logql";

import { committed, queriesOf } from "./dashboards.mjs";
import { everything, replaced } from "./words.mjs";

export function checkLogql({ pushes, streams, labels, faults: pushed }) {
  const faults = pushed.map((fault) => `a push: ${fault}`);
  const { dashboards } = committed();
  const queries = queriesOf(dashboards).filter(({ language }) => language === "loki");
  const read = streams.map(({ labels: of, line }) => ({ labels: of, fields: fields(line) }));
  const names = new Set();
  let silent = 0;
  for (const { file, where, expr, json, variable } of queries) {
    const fault = (words) => faults.push(`${file}: ${where}: ${words}\n  ${expr}`);
    const text = replaced(expr, everything(json));
    if (variable && !labels.has(variable.label)) fault(`no label ${variable.label}`);
    const tree = parser.parse(text);
    const nodes = [];
    tree.iterate({
      enter: ({ type, from, to }) =>
        void nodes.push({ name: type.name, error: type.isError, text: text.slice(from, to), from, to }),
    });
    const broken = nodes.find(({ error }) => error);
    if (broken) {
      fault(`not LogQL at ${text.slice(Math.max(0, broken.from - 20), broken.from + 20)}`);
      continue;
    }
    // Conditions of the pipeline are matchers in the grammar, too.
    const selectors = nodes.filter(({ name }) => name === "Selector");
    const inSelector = ({ from, to }) => selectors.some((selector) => selector.from <= from && to <= selector.to);
    const matchers = nodes
      .filter((node) => node.name === "Matcher" && inSelector(node))
      .map(({ text: matcher }) => /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/s.exec(matcher));
    for (const [, label] of matchers) if (!labels.has(label)) fault(`no label ${label} is pushed`);
    // A query is about the lines of its streams: with everything chosen there must be some.
    const own = read.filter(({ labels: of }) =>
      matchers.every(([, label, how, value]) => matches(of[label] ?? "", how, value)),
    );
    if (own.length === 0) {
      // A server in health has no error to tell; the labels above were looked at.
      const has = (label, word) =>
        matchers.some(([, name, how, value]) => name === label && how === "=" && value === word);
      if (has("kind", "server") && has("level", "error")) silent += 1;
      else fault("no line of these streams was pushed");
      continue;
    }
    const pipeline = nodes.filter(({ name }) => name === "PipelineStage").map(({ text: stage }) => stage);
    const inTemplates = pipeline.flatMap((stage) => [...stage.matchAll(/\{\{\s*\.(\w+)/g)].map(([, name]) => name));
    const used = new Set([
      ...nodes.filter(({ name }) => name === "Identifier").map(({ text: name }) => name),
      ...inTemplates,
    ]);
    for (const name of used) {
      if (name === "__error__" || labels.has(name)) continue;
      names.add(name);
      if (!own.some((line) => name in line.fields)) fault(`no field ${name} in these lines`);
    }
    for (const [, name, value] of pipeline.join(" ").matchAll(/(\w+)\s*=\s*"([^"]+)"/g)) {
      if (!own.some((line) => (line.fields[name] ?? line.labels[name]) === value))
        fault(`no line with ${name}="${value}"`);
    }
  }
  const said = `${queries.length} LogQL expressions parse; their labels (${[...labels.keys()].sort().join(", ")}) and ${names.size} fields are in ${streams.length} lines of ${pushes} pushes; ${silent} ask for faults of the server, of which there are none`;
  return { faults, said };
}

function matches(found, how, value) {
  const whole = () => new RegExp(`^(?:${value})$`).test(found);
  return { "=": () => found === value, "!=": () => found !== value, "=~": whole, "!~": () => !whole() }[how]();
}

/** The fields of a line: the server's own are JSON, those of clients logfmt. */
function fields(line) {
  if (line.startsWith("{")) return JSON.parse(line);
  const found = {};
  for (const [, name, quoted, plain] of line.matchAll(/([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g))
    found[name] = quoted ?? plain;
  return found;
}

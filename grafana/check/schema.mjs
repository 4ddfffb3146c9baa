// Each dashboard against the JSON schema of the pinned Grafana's types, and every name in it: data sources, variables,
// dashboards that links lead to.

import Ajv from "ajv";
import { createGenerator } from "ts-json-schema-generator";

import { committed, queriesOf } from "./dashboards.mjs";

const here = (name) => new URL(name, import.meta.url).pathname;
/** Variables that Grafana itself gives. */
const BUILT_IN = /^__\w+$/;
const PANELS = ["Row", "Timeseries", "Stat", "Table", "Logs", "Text", "Heatmap"];

export function checkSchema() {
  const generator = createGenerator({
    path: here("schema.ts"),
    tsconfig: here("tsconfig.json"),
    expose: "none",
    additionalProperties: false,
  });
  const ajv = new Ajv({ strict: false, allErrors: true });
  const valid = Object.fromEntries(
    ["Dashboard", ...PANELS].map((name) => [name, ajv.compile(generator.createSchema(name))]),
  );
  const { dashboards, sources } = committed();
  const faults = [];
  const uids = new Map(sources.map(({ uid, type }) => [uid, type]));
  if (uids.size !== sources.length) faults.push("two data sources have one uid");
  const names = new Set(dashboards.map(({ json }) => json.uid));
  if (names.size !== dashboards.length) faults.push("two dashboards have one uid");
  let references = 0;
  for (const { file, json } of dashboards) {
    const judge = (name, value, where) => {
      if (!valid[name]) faults.push(`${where}: a panel of the type ${value.type} is not described in check/schema.ts`);
      else if (!valid[name](value)) faults.push(...told(valid[name].errors).map((fault) => `${where} ${fault}`));
    };
    judge("Dashboard", json, file);
    for (const panel of json.panels)
      judge(panel.type[0].toUpperCase() + panel.type.slice(1), panel, `${file}: ${panel.title}`);
    const visit = (value, path) => {
      if (value === null || typeof value !== "object") return;
      if (value.datasource) {
        references += 1;
        const { uid, type } = value.datasource;
        const own = type === "grafana" && uid === "-- Grafana --";
        if (!own && uids.get(uid) !== type) faults.push(`${file} ${path}: no data source ${type} ${uid}`);
      }
      for (const [name, child] of Object.entries(value)) visit(child, `${path}/${name}`);
    };
    visit(json, "");
    const known = new Set(json.templating.list.map(({ name }) => name));
    for (const [, braced, plain] of JSON.stringify(json).matchAll(/\$(?:\{(\w+)[^}]*\}|(\w+))/g)) {
      const name = braced ?? plain;
      if (!/^\d+$/.test(name) && !BUILT_IN.test(name) && !known.has(name)) faults.push(`${file}: no variable ${name}`);
    }
    for (const [, uid] of JSON.stringify(json).matchAll(/"\/d\/([\w-]+)/g))
      if (!names.has(uid)) faults.push(`${file}: a link to ${uid}, which is no dashboard`);
    const ids = json.panels.map(({ id }) => id);
    if (new Set(ids).size !== ids.length) faults.push(`${file}: two panels have one id`);
    for (const a of json.panels)
      for (const b of json.panels)
        if (a.id < b.id && overlap(a.gridPos, b.gridPos)) faults.push(`${file}: ${a.title} lies over ${b.title}`);
    for (const { id, title, type, targets } of json.panels) {
      if (type !== "row" && type !== "text" && targets.length === 0)
        faults.push(`${file}: ${title} (${id}) asks nothing`);
    }
  }
  const panels = dashboards.flatMap(({ json }) => json.panels.filter(({ type }) => type !== "row"));
  const said = `${dashboards.length} dashboards with ${panels.length} panels and ${queriesOf(dashboards).length} queries are valid, ${references} references to data sources resolve`;
  return { faults, said };
}

const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Faults without those that only sum up the others. */
const told = (errors) =>
  errors
    .filter(({ keyword }) => !["anyOf", "oneOf", "allOf", "if"].includes(keyword))
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);

// What is committed: dashboards, data sources, rules; and the queries in them.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const root = new URL("../../", import.meta.url).pathname;
export const COMPOSE = join(root, "compose");

const yaml = (path) => parse(readFileSync(join(root, path), "utf8"));
const files = (path, end) =>
  readdirSync(join(root, path))
    .filter((name) => name.endsWith(end))
    .sort()
    .map((name) => join(path, name));

export function committed() {
  const dashboards = files("grafana/dashboards", ".json").map((file) => ({
    file,
    json: JSON.parse(readFileSync(join(root, file), "utf8")),
  }));
  const sources = files("grafana/provisioning/datasources", ".yml").flatMap((file) => yaml(file).datasources);
  const rules = files("compose/prometheus/rules", ".yml").flatMap((file) =>
    yaml(file).groups.flatMap(({ rules }) => rules.map((rule) => ({ file, ...rule }))),
  );
  const tests = files("compose/prometheus/tests", ".yml").flatMap((file) =>
    yaml(file).tests.map((test) => ({ file, ...test })),
  );
  return { dashboards, sources, rules, tests };
}

/** Every query of panels, marks and variables: where it stands, which language, what it asks. */
export function queriesOf(dashboards) {
  return dashboards.flatMap(({ file, json }) => {
    const of = (where, datasource, expr, more = {}) => ({
      file,
      where,
      language: datasource.type,
      expr,
      json,
      ...more,
    });
    const panels = json.panels.flatMap(({ title, type, targets = [] }) =>
      targets.map((target) =>
        of(`${title} (${target.refId})`, target.datasource, target.expr, {
          instant: target.instant === true || target.queryType === "instant",
          lines: type === "logs",
        }),
      ),
    );
    const marks = json.annotations.list
      .filter(({ target }) => target)
      .map(({ name, target }) => of(`mark ${name}`, target.datasource, target.expr));
    const variables = json.templating.list
      .filter(({ type }) => type === "query")
      .map(({ name, datasource, query }) =>
        of(`variable ${name}`, datasource, query.query ?? query.stream, { variable: query }),
      );
    return [...panels, ...marks, ...variables];
  });
}

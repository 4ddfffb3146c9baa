// Every PromQL expression against a real Prometheus that scrapes a server at work: of panels, variables, marks, recording
// rules, alerts, and the series that the tests of the rules are made of. Each must give data.

import { COMPOSE, committed, queriesOf } from "./dashboards.mjs";
import { everything, one, replaced } from "./words.mjs";
import { until } from "./stack.mjs";

/** Longest wait for data, in seconds: rates need some samples, and rare events their time. */
const PATIENCE = 120;

export async function checkPromql(stack) {
  const { api, start } = stack;
  const { dashboards, rules, tests } = committed();
  const tasks = [];
  const faults = [];
  const add = (where, expr, more = {}) => {
    tasks.push({ where, expr, ...more });
  };

  const queries = queriesOf(dashboards).filter(({ language }) => language === "prometheus");
  for (const { file, where, expr, instant, variable, json } of queries)
    add(`${file}: ${where}`, expr, { instant, variable, json });
  for (const { file, record, alert, expr } of rules) {
    if (record) add(`${file}: ${record}`, record, { instant: true });
    add(`${file}: ${record ?? alert}, its expression`, alert ? asNumbers(expr) : expr, { instant: true });
  }
  for (const series of new Set(tests.flatMap(({ input_series }) => input_series.map(({ series }) => series)))) {
    const [, name, labels] = /^(\w+)\{(.*)\}$/.exec(series);
    if (name === "ALERTS") continue;
    // The same labels; the values are those of the tests, but for those of closed sets.
    const has = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => {
      const closed = ["kind", "level", "reason", "job", "method"].includes(label) && name !== "workspace_signals_total";
      return closed ? `${label}="${value}"` : `${label}!=""`;
    });
    add(`tests: ${series}`, `count(${name}{${has.join(", ")}})`, { instant: true });
  }

  let waiting = tasks;
  const why = new Map();
  await until("every expression gives data", PATIENCE, async () => {
    const left = [];
    for (const task of waiting) {
      const range = Math.max(30, Math.ceil(Date.now() / 1000 - start));
      try {
        if (!(await gives(api, task, range, start))) left.push(task);
      } catch (fault) {
        faults.push(`${task.where}: ${fault.message}\n  ${task.expr}`);
      }
    }
    waiting = left;
    return waiting.length === 0;
  }).catch(() => {
    for (const { where, expr } of waiting) faults.push(`${where}: no data\n  ${expr}`);
  });

  // With one value chosen there may be nothing to see, but the expression must hold.
  let again = 0;
  const found = {};
  for (const { json } of dashboards) {
    found[json.uid] = {};
    for (const { name, type, query, datasource } of json.templating.list) {
      if (type === "query" && datasource.type === "prometheus")
        found[json.uid][name] = await values(api, replaced(query.query, everything(json)), start);
    }
  }
  for (const { where, expr, json, variable } of tasks) {
    if (!json || variable) continue;
    try {
      await api("query", { query: replaced(expr, one(json, found[json.uid]), 60) });
      again += 1;
    } catch (fault) {
      faults.push(`${where}, one value chosen: ${fault.message}`);
    }
  }

  const { groups } = await api("rules");
  const loaded = groups.flatMap((group) => group.rules);
  for (const { name, health, lastError } of loaded)
    if (health !== "ok") faults.push(`rule ${name}: ${health} ${lastError ?? ""}`);
  if (loaded.length !== rules.length) faults.push(`${loaded.length} of ${rules.length} rules of ${COMPOSE} are loaded`);

  for (const alert of rules.filter((rule) => rule.alert)) faults.push(...complete(alert, tests));
  const firing = (await api("alerts")).alerts
    .filter(({ state }) => state === "firing")
    .map(({ labels }) => labels.alertname);
  if (firing.length > 0) faults.push(`alerts of a server in health: ${firing.join(", ")}`);
  const said =
    `${tasks.length} PromQL expressions give data (${queries.length} of dashboards, ${rules.length} rules), ${again} also hold with one value chosen; ${loaded.length} rules loaded, ${firing.length} alerts`;
  return { faults, said };
}

/** What an alert compares, as numbers: a condition that does not hold gives 0 instead of nothing. */
function asNumbers(expr) {
  let out = "";
  for (const part of expr.split(/("(?:[^"\\]|\\.)*"|\{[^}]*\})/)) {
    const inBraces = part.startsWith("{") || part.startsWith('"');
    out += inBraces ? part : part.replace(/(==|!=|>=|<=|>|<)(?!\s*bool)/g, "$1 bool ").replace(/\babsent\(/g, "(");
  }
  return out;
}

/** Each alert says what is wrong and what to do, and is tested in both ways. */
function complete({ file, alert, annotations = {}, labels = {} }, tests) {
  const faults = [];
  for (const name of ["summary", "description", "runbook"])
    if (!annotations[name]) faults.push(`${file}: ${alert} has no ${name}`);
  if (!["warning", "critical"].includes(labels.severity)) faults.push(`${file}: ${alert} has no severity`);
  const fires = tests.some(({ promql_expr_test = [] }) =>
    promql_expr_test.some(({ expr, exp_samples }) => expr.includes(`"${alert}"`) && exp_samples.length > 0),
  );
  const quiet = tests.some(({ alert_rule_test = [] }) =>
    alert_rule_test.some(({ alertname, exp_alerts = [] }) => alertname === alert && exp_alerts.length === 0),
  );
  if (!fires) faults.push(`${file}: no test in which ${alert} fires`);
  if (!quiet) faults.push(`${file}: no test in which ${alert} does not fire`);
  return faults;
}

async function gives(api, { expr, instant, variable, json }, range, start) {
  const query = json ? replaced(expr, everything(json), range) : expr;
  if (variable) return (await values(api, query, start)).length > 0;
  const end = Date.now() / 1000;
  const answer = instant
    ? await api("query", { query, time: end })
    : await api("query_range", { query, start, end, step: Math.max(2, Math.ceil((end - start) / 200)) });
  const { resultType, result } = answer;
  const numbers =
    resultType === "scalar"
      ? [result[1]]
      : result.flatMap(({ value, values: many }) => (value ? [value[1]] : many.map(([, number]) => number)));
  return numbers.some((number) => Number.isFinite(Number(number)));
}

/** `label_values(series, label)`, as Grafana asks for it. */
async function values(api, query, start) {
  const [, series, label] = /^label_values\((.+), *(\w+)\)$/.exec(query);
  return api(`label/${label}/values?${new URLSearchParams({ "match[]": series, start: String(start) })}`);
}

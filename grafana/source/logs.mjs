// What goes wrong in the applications of the team, and every line: Loki's own dashboard.

import { dashboard, labelInLoki, row, search, to, RANGE } from "../lib/dashboard.mjs";
import { COLOUR, logs, loki, lokiNow, series, stat, steps, table } from "../lib/panels.mjs";

const STREAM = 'app=~"$app", env=~"$env", level=~"$level"';
const CLIENT = `{kind=~"log|exception|event|measurement|span", ${STREAM}} |~ \`(?i)$search\``;
const EXCEPTIONS = `{kind="exception", app=~"$app", env=~"$env"} |~ \`(?i)$search\``;
const SERVER = '{app="workspace-server", kind="server", level=~"$level"} |~ `(?i)$search`';
const LEVELS = { error: COLOUR.bad, warn: COLOUR.warn, info: COLOUR.plain, debug: COLOUR.muted, trace: "#c7c7cc" };
const coloured = Object.entries(LEVELS).map(([level, color]) => ({
  matcher: { id: "byName", options: level },
  properties: [{ id: "color", value: { mode: "fixed", fixedColor: color } }],
}));
const byLevel = { bars: true, stack: true, overrides: coloured };

export default dashboard({
  uid: "workspace-logs",
  title: "Client errors and logs",
  description: "Exceptions and log lines of the applications, and the lines of the server itself.",
  refresh: "1m",
  variables: [
    labelInLoki("app", "Application"),
    labelInLoki("env", "Environment"),
    labelInLoki("level", "Level"),
    search(),
  ],
  cockpit: [
    ["Cockpit: errors", `/errors`],
    ["Cockpit: log", `/logs?search=\${search:percentencode}&${RANGE}`],
  ],
  rows: [
    row("In this range", [
      stat("Exceptions", lokiNow(`sum(count_over_time(${EXCEPTIONS} [$__range]))`), {
        decimals: 0,
        noValue: "0",
        thresholds: steps(["good"], ["warn", 1], ["bad", 100]),
      }),
      stat(
        "Kinds of exceptions",
        lokiNow(`count(sum by (type, value) (count_over_time(${EXCEPTIONS} | logfmt type, value [$__range])))`),
        { decimals: 0, noValue: "0" },
      ),
      stat(
        "Sessions that met one",
        lokiNow(
          `count(sum by (session_id) (count_over_time(${EXCEPTIONS} | logfmt session_id | session_id != "" [$__range])))`,
        ),
        { decimals: 0, noValue: "0" },
      ),
      stat(
        "Error lines",
        lokiNow(`sum(count_over_time({kind="log", app=~"$app", env=~"$env", level="error"} [$__range]))`),
        { decimals: 0, noValue: "0" },
      ),
      stat(
        "Warnings",
        lokiNow(`sum(count_over_time({kind="log", app=~"$app", env=~"$env", level="warn"} [$__range]))`),
        { decimals: 0, noValue: "0" },
      ),
      stat(
        "Faults of the server",
        lokiNow('sum(count_over_time({app="workspace-server", kind="server", level="error"} [$__range]))'),
        {
          decimals: 0,
          noValue: "0",
          thresholds: steps(["good"], ["bad", 1]),
        },
      ),
    ]),
    row("Exceptions", [
      series(
        "Exceptions by application",
        [loki(`sum by (app) (count_over_time(${EXCEPTIONS} [$__auto]))`, "{{app}}")],
        { bars: true, stack: true, w: 8 },
      ),
      series(
        "By version",
        [
          loki(
            `sum by (app_name, app_version) (count_over_time(${EXCEPTIONS} | logfmt app_name, app_version [$__auto]))`,
            "{{app_name}} {{app_version}}",
          ),
        ],
        { bars: true, stack: true, w: 8 },
      ),
      series(
        "By view",
        [loki(`sum by (view_name) (count_over_time(${EXCEPTIONS} | logfmt view_name [$__auto]))`, "{{view_name}}")],
        { bars: true, stack: true, w: 8 },
      ),
      table(
        "Most frequent",
        { type: "Type", value: "Message", app_name: "Application" },
        [
          {
            name: "Times",
            query: lokiNow(
              `topk(50, sum by (type, value, app_name) (count_over_time(${EXCEPTIONS} | logfmt type, value, app_name [$__range])))`,
            ),
            unit: "short",
          },
          {
            name: "Sessions",
            query: lokiNow(
              `count by (type, value, app_name) (sum by (type, value, app_name, session_id) (count_over_time(${EXCEPTIONS} | logfmt type, value, app_name, session_id [$__range])))`,
            ),
            unit: "short",
          },
        ],
        {
          w: 24,
          linksBy: {
            Message: [
              to("In the cockpit", "${cockpit}/errors?search=${__value.raw:percentencode}"),
              to("Its lines", "/d/workspace-logs?${__url_time_range}&var-search=${__value.raw:percentencode}"),
            ],
          },
        },
      ),
      logs(
        "Exceptions, with their stacks",
        `${EXCEPTIONS} | logfmt type, value, app_name, app_version, user_username, view_name, stacktrace | line_format "{{.app_name}} {{.app_version}} {{.user_username}} {{.view_name}} {{.stacktrace}}"`,
        { h: 10 },
      ),
    ]),
    row("Lines of the applications", [
      series("By level", [loki(`sum by (level) (count_over_time(${CLIENT} [$__auto]))`, "{{level}}")], {
        ...byLevel,
        w: 24,
        h: 6,
      }),
      logs("Lines", CLIENT),
    ]),
    row("Lines of the server", [
      series("By level", [loki(`sum by (level) (count_over_time(${SERVER} [$__auto]))`, "{{level}}")], {
        ...byLevel,
        w: 24,
        h: 6,
      }),
      logs("Lines", `${SERVER} | json message | line_format "{{.message}}"`),
    ]),
  ],
});

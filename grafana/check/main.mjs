// The dashboards, rules and configurations: node main.mjs SERVER BENCH PROMETHEUS, which are programs.

import { checkSchema } from "./schema.mjs";
import { COMPOSE } from "./dashboards.mjs";
import { checkCertificate } from "./caddy.mjs";
import { checkLogql } from "./logql.mjs";
import { checkPromql } from "./promql.mjs";
import { startStack } from "./stack.mjs";

const [server, bench, prometheus] = process.argv.slice(2);
let bad = 0;
function judge({ faults, said }) {
  console.log(`grafana: ${said}`);
  for (const fault of faults) console.error(`grafana: ${fault}`);
  bad += faults.length;
}

judge(checkSchema());
const stack = await startStack({ server, bench, prometheus, compose: COMPOSE });
try {
  judge(await checkPromql(stack));
  judge(checkLogql(stack.loki));
  judge(await checkCertificate(stack));
} finally {
  await stack.stop();
}
process.exitCode = bad > 0 ? 1 : 0;

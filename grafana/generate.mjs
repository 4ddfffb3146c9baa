// Writes grafana/dashboards/*.json from grafana/source/*.mjs. With --check it writes nothing, and fails when they differ.

import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const at = (path) => new URL(path, import.meta.url);
const names = readdirSync(at("source/"))
  .filter((name) => name.endsWith(".mjs"))
  .map((name) => name.slice(0, -4))
  .sort();
const check = process.argv.includes("--check");
const faults = [];

for (const name of names) {
  const { default: dashboard } = await import(at(`source/${name}.mjs`));
  const text = `${JSON.stringify(dashboard, null, 2)}\n`;
  const file = at(`dashboards/${name}.json`);
  if (!check) writeFileSync(file, text);
  else if (read(file) !== text) faults.push(`dashboards/${name}.json is not what source/${name}.mjs gives`);
}
for (const name of readdirSync(at("dashboards/"))) {
  if (names.includes(name.replace(/\.json$/, ""))) continue;
  if (check) faults.push(`dashboards/${name} has no source`);
  else rmSync(at(`dashboards/${name}`));
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (faults.length > 0) {
  console.error(`${faults.join("\n")}\nRun: node grafana/generate.mjs`);
  process.exit(1);
}
console.log(`${names.length} dashboards ${check ? "are what their sources give" : "written"}`);

// What this server is: version, build, what it is made of, and a report for whoever is asked for help.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { save } from "../../lib/csv.js";
import { byId, el, setText } from "../../lib/dom.js";
import { dayAndTime } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { startSection } from "./parts/section.js";

const download = byId("about-report");

function part({ name, version, licence, files }) {
  const file = files.find(({ file: path }) => path.endsWith("/LICENSE"))?.file;
  const link = { href: `${boot.assets}/vendor/${file}`, target: "_blank", rel: "noopener", textContent: licence };
  return el(
    "li",
    { className: "part" },
    el("span", { className: "part-name cut", textContent: name }),
    el("span", { className: "part-version", textContent: version }),
    el("a", link),
  );
}

async function load() {
  const parts = await fetch(`${boot.assets}/vendor/vendor.json`);
  byId("about-parts").replaceChildren(...(await parts.json()).map(part));
  if (!download) return;
  const { build, started_at } = await api.get("/api/monitoring/status");
  setText(byId("about-commit"), build.commit);
  setText(byId("about-compiler"), `rustc ${build.rustc}`);
  setText(byId("about-started"), dayAndTime(new Date(started_at)));
  download.disabled = false;
}

/** What the API tells of the server, without a secret, an address or a name of anybody. */
async function saveReport() {
  const [status, limits, loki] = await Promise.all([
    api.get("/api/monitoring/status"),
    api.get("/api/limits"),
    api.get("/api/loki"),
  ]);
  const { address: _, last_refused: __, ...way } = loki;
  const text = JSON.stringify({ made_at: new Date().toISOString(), status, limits: limits.items, loki: way }, null, 2);
  save(`workspace-report-${new Date().toISOString().slice(0, 10)}.json`, "application/json", `${text}\n`);
}

download?.addEventListener("click", async () => {
  download.disabled = true;
  try {
    await saveReport();
    report(t("settings.about.report_done"));
  } catch (error) {
    if (error.status === undefined) throw error;
    report(error.text, "bad");
  } finally {
    download.disabled = false;
  }
});

startSection(load);

// The server under load, a real Prometheus, and stand-ins for what is around them: on this machine only, in a temporary
// directory.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startCaddy } from "./caddy.mjs";
import { startAlertmanager } from "./alertmanager.mjs";
import { startLoki } from "./loki.mjs";

/** Seconds between two scrapes: short, so that a rate needs seconds instead of a minute. */
const SCRAPE = 1;

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Waits for a condition, which gives something true, until a deadline in seconds. */
export async function until(what, seconds, condition) {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      const found = await condition();
      if (found) return found;
    } catch (fault) {
      last = fault;
    }
    await sleep(0.25);
  }
  throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last})` : ""}`);
}

/** Ends what the load left behind: stopped while it begins, it does not end its server. */
function endGroup({ pid }) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}

/** Starts everything. `compose` is the directory of the configurations, the others are programs. */
export async function startStack({ server, bench, prometheus, compose }) {
  const place = mkdtempSync(join(tmpdir(), "check-grafana-"));
  const children = [];
  const groups = [];
  const loki = await startLoki();
  const caddy = await startCaddy(place);
  const alertmanager = await startAlertmanager();
  const stop = async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGINT");
      await Promise.race([ended, sleep(10).then(() => child.kill("SIGKILL"))]);
    }
    groups.forEach(endGroup);
    loki.stop();
    caddy.stop();
    alertmanager.stop();
    rmSync(place, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop().finally(() => process.exit(1)));
  try {
    const metrics = `127.0.0.1:${await freePort()}`;
    // The load starts its server with settings of its own; this adds ours.
    const wrapper = join(place, "server.sh");
    const settings = `METRICS_ADDR=${metrics} LOKI_URL=${loki.url}`;
    writeFileSync(wrapper, `#!/bin/sh\nexport ${settings}\nexec '${server}' "$@"\n`, {
      mode: 0o755,
    });
    const load = spawn(bench, ["--server", wrapper, "demo", "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    children.push(load);
    groups.push(load);
    const url = await new Promise((found, failed) => {
      let text = "";
      load.stdout.on("data", (part) => {
        text += part;
        const at = /is at work at (\S+)/.exec(text);
        if (at) found(at[1]);
      });
      load.once("exit", (code) => failed(new Error(`the load ended with ${code}`)));
    });
    const address = `127.0.0.1:${await freePort()}`;
    configure(place, compose, { metrics, own: address, alerts: alertmanager.address, caddy: caddy.address });
    const database = spawn(
      prometheus,
      [
        `--config.file=${place}/prometheus.yml`,
        `--storage.tsdb.path=${place}/tsdb`,
        `--web.listen-address=${address}`,
        "--log.level=error",
      ],
      {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, SSL_CERT_FILE: caddy.authority, SSL_CERT_DIR: place },
      },
    );
    children.push(database);
    const api = async (path, query) => {
      const answer = await fetch(
        `http://${address}/api/v1/${path}`,
        query && { method: "POST", body: new URLSearchParams(query) },
      );
      const body = await answer.json();
      if (body.status !== "success") throw new Error(body.error);
      return body.data;
    };
    const start = Date.now() / 1000;
    await until(
      "Prometheus scrapes the server",
      60,
      async () => (await api("query", { query: 'up{job="workspace-server"} == 1' })).result.length > 0,
    );
    return { url, metrics, api, loki: loki.seen, caddy, told: alertmanager.told, start, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/**
 * The committed configuration, with that of the overlays, at the addresses and in the pace of this machine. Rates keep
 * their length, and work from their second sample on. Loki, Grafana and Prometheus itself are one target here: what counts
 * of them is `up`. One alert, which is made to fire, does so at once; the others wait as they should.
 */
function configure(place, compose, { metrics, own, alerts, caddy }) {
  const here = (text) =>
    text
      .replace(/(scrape|evaluation|refresh)_interval: \d+[sm]/g, `$1_interval: ${SCRAPE}s`)
      .replace(/scrape_timeout: \d+s/, `scrape_timeout: ${SCRAPE}s`)
      .replaceAll("server:9060", metrics)
      .replace(/"(localhost:9090|loki:3100|grafana:3000)"/g, `"${own}"`)
      .replaceAll("caddy:2020", caddy)
      .replace(/(alert: Certificate\n(?: +.*\n)*? +for:) \w+/, "$1 1s");
  for (const name of ["tsdb", "scrape.d", "alertmanager.d"]) mkdirSync(join(place, name));
  cpSync(join(compose, "prometheus/rules"), join(place, "rules"), { recursive: true });
  for (const [from, to] of [
    ["prometheus/prometheus.yml", "prometheus.yml"],
    ["prometheus/rules/stack.yml", "rules/stack.yml"],
    ["prometheus/overlays/tls.yml", "scrape.d/tls.yml"],
    ["prometheus/overlays/alertmanager.yml", "scrape.d/alertmanager.yml"],
    ["prometheus/overlays/alertmanager-target.yml", "alertmanager.d/alertmanager.yml"],
  ]) {
    // As a target of a job it is one that answers with metrics; as Alertmanager it is the stand-in.
    const what = to.startsWith("alertmanager") ? alerts : own;
    const text = readFileSync(join(compose, from), "utf8").replaceAll("alertmanager:9093", what);
    writeFileSync(join(place, to), here(text));
  }
}

// Stands where Caddy would: a site with a certificate, and beside it what the overlay asks for.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSite } from "node:https";
import { join } from "node:path";

import { until } from "./stack.mjs";

const PLAIN = { "Content-Type": "text/plain; version=0.0.4" };

/** Listens on free ports of this machine; `authority` is the file of the certificate that is to be believed. */
export async function startCaddy(place) {
  const key = join(place, "site.key");
  execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], { stdio: "pipe" });
  const day = (offset) =>
    new Date(Date.now() + offset * 86_400_000).toISOString().replace(/[-:T]/g, "").slice(0, 14) + "Z";
  const authority = certificate(place, key, "valid", day(-1), day(1));
  const expired = certificate(place, key, "expired", day(-2), day(-1));

  const site = createSite({ key: readFileSync(key), cert: readFileSync(authority) }, (_, response) =>
    response.writeHead(200, PLAIN).end(),
  );
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  const name = `localhost:${site.address().port}`;
  const beside = createServer((request, response) => {
    if (request.url === "/targets")
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify([{ targets: [name] }]));
    else response.writeHead(200, PLAIN).end();
  });
  await new Promise((listening) => beside.listen(0, "127.0.0.1", listening));
  return {
    address: `127.0.0.1:${beside.address().port}`,
    authority,
    expire() {
      site.setSecureContext({ key: readFileSync(key), cert: readFileSync(expired) });
      site.closeAllConnections();
    },
    stop() {
      for (const server of [site, beside]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/** A certificate for `localhost`, signed by its own key, from and to a time. Older versions of openssl only let `ca` say these. */
function certificate(place, key, name, from, to) {
  const at = (file) => join(place, `${name}-${file}`);
  mkdirSync(at("ca"));
  writeFileSync(at("index"), "");
  writeFileSync(
    at("config"),
    `[ca]
default_ca = own
[own]
database = ${at("index")}
new_certs_dir = ${at("ca")}
rand_serial = yes
default_md = sha256
policy = policy
x509_extensions = names
[policy]
commonName = supplied
[names]
subjectAltName = DNS:localhost
`,
  );
  const openssl = (...words) => execFileSync("openssl", words, { stdio: "pipe" });
  openssl("req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", at("request"));
  openssl(
    "ca",
    "-batch",
    "-notext",
    "-config",
    at("config"),
    "-selfsign",
    "-keyfile",
    key,
    "-in",
    at("request"),
    "-startdate",
    from,
    "-enddate",
    to,
    "-out",
    at("pem"),
  );
  return at("pem");
}

/** A certificate that expires is seen by Prometheus, which saw it as valid before; and somebody is told. */
export async function checkCertificate({ api, caddy, told }) {
  const up = async (value) => {
    const query = `up{job="certificate"} == ${value} and on () up{job="caddy"} == 1`;
    return (await api("query", { query })).result.length === 1;
  };
  const faults = [];
  try {
    await until("the certificate is believed", 20, () => up(1));
    caddy.expire();
    await until("the expired certificate is refused", 20, () => up(0));
    const { annotations } = await until("Alertmanager is told of it", 30, () =>
      told.find(({ labels }) => labels.alertname === "Certificate"),
    );
    if (!annotations.description.includes("localhost:")) faults.push(`a description: ${annotations.description}`);
  } catch (fault) {
    faults.push(fault.message);
  }
  const said = "a valid certificate is up; when it has expired it is down, and Alertmanager is told";
  return { faults, said };
}

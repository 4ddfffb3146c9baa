// Stands where Alertmanager would: takes what Prometheus tells it. What Alertmanager does with it is amtool's to judge:
// Debian's program looks for its templates where only an installation puts them.

import { createServer } from "node:http";

/** Listens on a free port of this machine; `told` grows by the alerts of each message. */
export async function startAlertmanager() {
  const told = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => void (text += part));
    request.on("end", () => {
      if (request.url === "/api/v2/alerts") told.push(...JSON.parse(text));
      response.writeHead(200).end();
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `127.0.0.1:${server.address().port}`,
    told,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// The overview: two channels in, four views out.

import { ms } from "../lib/format.js";
import { connect, connection, follow } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { showAttention } from "./overview/attention.js";
import { clients } from "../lib/connected.js";
import { showClients } from "./overview/clients.js";
import { showFacts } from "./overview/facts.js";
import { showLatest } from "./overview/latest.js";
import { history } from "../lib/history.js";
import { showNext } from "./overview/next.js";
import { showTiles } from "./overview/tiles.js";
import { showTraffic } from "./overview/traffic.js";
import { showVersions } from "./overview/versions.js";

function ownDelay() {
  const rtt = clients.get().byId.get(connection.get().clientId)?.rtt_ms;
  return rtt ? ms(rtt.last) : "";
}

startShell(ownDelay);
showTiles();
showTraffic();
showFacts();
showClients();
showNext();
showLatest();
showVersions();
showAttention();
follow("monitor:overview", history.reset, history.add);
follow("monitor:clients", clients.reset, clients.change);
connect();

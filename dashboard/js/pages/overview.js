// The overview: two channels in, four views out.

import { ms } from "../lib/format.js";
import { connect, connection, follow } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { lookAtServer, showAttention } from "./overview/attention.js";
import { clients } from "../lib/connected.js";
import { showClients } from "./overview/clients.js";
import { showFacts } from "./overview/facts.js";
import { showLatest } from "./overview/latest.js";
import { history } from "../lib/history.js";
import { showNext } from "./overview/next.js";
import { showTiles } from "./overview/tiles.js";
import { showTraffic } from "./overview/traffic.js";
import { loadVersions, showVersions } from "./overview/versions.js";

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
follow(
  "monitor:overview",
  (state) => {
    history.reset(state);
    // Whoever may hear the channel may ask for these, too: one who is no admin any more must not.
    lookAtServer();
    loadVersions();
  },
  history.add,
);
follow("monitor:clients", clients.reset, clients.change);
connect();

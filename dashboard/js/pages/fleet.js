// The clients: the table of all installations, or the page of one of them.

import { byId } from "../lib/dom.js";
import { clients } from "../lib/connected.js";
import { connect, follow } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { showClient } from "./fleet/client.js";
import { showList } from "./fleet/list.js";

startShell();
if (byId("client")) showClient(location.pathname.split("/").at(-1));
else showList();
follow("monitor:clients", clients.reset, clients.change);
connect();

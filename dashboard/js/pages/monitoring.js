// Monitoring: what the server did, live or over a range, in charts that share one time.

import { history } from "../lib/history.js";
import { connect, follow } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { bindBar } from "./monitoring/bar.js";
import { makeCharts } from "./monitoring/charts.js";
import { feed } from "./monitoring/feed.js";
import { bindMoment } from "./monitoring/moment.js";
import { liveRoutes, showRoutes } from "./monitoring/routes.js";

startShell();
bindBar();
feed(makeCharts(bindMoment()), showRoutes());
follow("monitor:overview", history.reset, history.add);
follow("monitor:routes", liveRoutes, liveRoutes);
connect();

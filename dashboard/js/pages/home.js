// The page of a member or viewer: who am I, am I connected, how do I connect a client.

import { connect } from "../lib/realtime.js";
import { startShell } from "../shell.js";

startShell();
connect();

import { connect } from "../lib/realtime.js";
import { startShell } from "../shell.js";

startShell();
connect();

// The errors of client applications: a list of them, or one with all that is known of it. The address says which.

import { boot } from "../lib/boot.js";
import { connect } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { showError } from "./errors/detail.js";
import { showErrors } from "./errors/list.js";

const [, id] = location.pathname.slice(boot.base.length).match(/^\/errors\/([^/]+)$/) ?? [];

startShell();
if (id) showError(id);
else showErrors();
connect();

// The accounts of this server: who there is, adding one, shutting one out, and a new password for who lost theirs.

import { byId } from "../lib/dom.js";
import { bindPasswordButtons } from "../lib/form.js";
import { bindGenerateButtons } from "../lib/password.js";
import { connect } from "../lib/realtime.js";
import { startShell } from "../shell.js";
import { loadAccounts } from "./people/accounts.js";
import { bindActions } from "./people/actions.js";
import { bindAdd } from "./people/add.js";
import { showAccounts } from "./people/list.js";

startShell();
bindPasswordButtons();
bindGenerateButtons();
bindAdd(byId("add-form"));
showAccounts(bindActions());
loadAccounts();
connect();

// The menu of a row.

import { bindClientDialogs, toInstallation } from "../../lib/client-dialogs.js";
import { byId } from "../../lib/dom.js";
import { nameOf } from "../../lib/connected.js";
import { closeWhenMoved, placeBeside } from "../../lib/place.js";
import { pathOfClient } from "./columns.js";
import { isThisPage, stateOf } from "./state.js";

/** Prepares menu and dialogs; the returned `open(row, button)` shows the menu of an installation beside its button. */
export function bindActions() {
  const dialogs = bindClientDialogs();
  const menu = byId("fleet-menu");
  let row = null;
  menu.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (!action) return;
    menu.hidePopover();
    if (action !== "open") dialogs[action].open(toInstallation(row, nameOf(row)));
  });
  const holdTo = closeWhenMoved(menu);
  return (of, button) => {
    row = of;
    const state = stateOf(row);
    menu.querySelector("[data-action=open]").href = pathOfClient(row);
    menu.querySelector("[data-action=notice]").hidden = !state.connected;
    const fixed = !state.connected || isThisPage(state);
    for (const item of menu.querySelectorAll("[data-action='disconnect'], .menu-line")) item.hidden = fixed;
    holdTo(button);
    menu.showPopover();
    placeBeside(menu, button);
    menu.querySelector("[data-action]").focus({ preventScroll: true });
  };
}

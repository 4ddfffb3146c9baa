// The table of all installations, which follows what happens while one looks at it.

import { clients } from "../../lib/connected.js";
import { byId, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { connection } from "../../lib/realtime.js";
import { createTable } from "../../lib/table.js";
import { bindActions } from "./actions.js";
import { showAdoption } from "./adoption.js";
import { bindColumnChoice, firstColumns } from "./choose.js";
import { allColumns, pathOfClient } from "./columns.js";
import { bindCsv } from "./csv.js";
import { bindFilters } from "./filters.js";
import { DEFAULT_SORT, query } from "./query.js";
import { showQuick } from "./quick.js";
import { rows } from "./rows.js";
import { wantRoundTrips, watchRoundTrips } from "./rtt.js";
import { stateOf } from "./state.js";

// Many connect at once after a restart: the list is asked for again once for all of them.
const LOOK_AGAIN_MS = 1500;

function sortingNow() {
  const sort = query.get().sort ?? DEFAULT_SORT;
  const name = sort.replace(/^-/, "");
  return [allColumns().find((column) => column.sort === name)?.key ?? "seen", !sort.startsWith("-")];
}

/** "N of M", and what to say where there is nothing. */
function showCount({ total, known, state, error, missed }) {
  const none = byId("fleet-none");
  byId("fleet-missed").hidden = !missed;
  if (state === "known") {
    const all = integer(known);
    setText(byId("fleet-count"), total === known ? all : t("clients.some", { shown: integer(total), all }));
  }
  none.hidden = state === "loading" || (state === "known" && total > 0);
  if (state === "failed") setText(none, t("fleet.failed", { error }));
  else setText(none, t(known > 0 ? "fleet.no_match" : "fleet.none"));
}

/** Looks again when somebody is connected whom the list does not have. */
function followNew(countAgain) {
  let timer = null;
  const count = () => {
    timer = null;
    countAgain();
  };
  const look = () => {
    if (rows.isBusy()) {
      timer = setTimeout(look, LOOK_AGAIN_MS);
      return;
    }
    rows.lookAgain();
    count();
  };
  let before = new Map();
  clients.watch(({ byInstallation, known }) => {
    if (!known || timer) return;
    const here = new Set(rows.get().items.map(({ id }) => id));
    const came = [...byInstallation.keys()].filter((id) => !before.has(id));
    const went = [...before.keys()].some((id) => !byInstallation.has(id));
    before = byInstallation;
    if (came.some((id) => !here.has(id))) timer = setTimeout(look, LOOK_AGAIN_MS);
    else if (came.length > 0 || went) timer = setTimeout(count, LOOK_AGAIN_MS);
  });
}

export function showList() {
  const openMenu = bindActions();
  const find = (id) => rows.get().items.find((row) => row.id === id);
  const [sortBy, up] = sortingNow();
  const scroll = byId("fleet-scroll");
  const table = createTable({
    head: byId("fleet-head"),
    body: byId("fleet-rows"),
    scroll,
    columns: firstColumns(),
    sortBy,
    up,
    onOpen: (id) => location.assign(pathOfClient({ id })),
    onSort: ({ sort }, upwards) => query.change({ sort: `${upwards ? "" : "-"}${sort}` }),
    onView(first, last) {
      rows.want(last);
      const shown = rows.get().items.slice(first, last);
      wantRoundTrips(shown.filter((row) => stateOf(row).connected).map(({ id }) => id));
    },
  });
  rows.watch((state) => {
    table.set(state.items, state.state === "loading" ? 24 : state.total);
    scroll.setAttribute("aria-busy", String(state.state === "loading"));
    showCount(state);
  });
  query.watch((now) => {
    table.toTop();
    rows.begin(now);
  });
  byId("fleet-rows").addEventListener("click", ({ target }) => {
    const id = target.closest("tr")?.dataset.id;
    const button = target.closest("button");
    if (button) return openMenu(find(id), button);
    // A press anywhere on a row is one on its name, unless somebody marks text to copy it.
    if (id && !target.closest("a") && getSelection().isCollapsed && find(id)) location.assign(pathOfClient({ id }));
  });
  byId("fleet-missed").addEventListener("click", () => {
    table.toTop();
    rows.again();
  });
  bindFilters();
  bindCsv();
  bindColumnChoice(table.setColumns);
  const countAgain = showQuick();
  showAdoption();
  followNew(countAgain);
  clients.watch(table.redraw);
  watchRoundTrips(table.redraw);
  let live = false;
  connection.watch(({ state }) => {
    table.redraw();
    // After a cut the list is as old as the cut.
    if (state === "live" && live === "lost") rows.again();
    live = state === "live" ? "live" : live && "lost";
  });
  // Relative times grow older without any news.
  setInterval(table.redraw, 1000);
}

// The page of one installation: what is known of it, what it did, and what can be done to it.

import { api } from "../../lib/api.js";
import { clients, nameOf } from "../../lib/connected.js";
import { byId, setText, setTitle } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { connection } from "../../lib/realtime.js";
import { createStore } from "../../lib/store.js";
import { showFacts, showVersions } from "./client-facts.js";
import { showGraphs } from "./client-graphs.js";
import { bindOrders, showSettings } from "./client-orders.js";
import { bindReports } from "./client-reports.js";
import { showTimeline } from "./client-timeline.js";
import { stateOf, wordsOf } from "./state.js";

const RETRY_MS = 5000;
// What the server knows of it changes slowly: versions, address, counts.
const EVERY_MS = 30_000;
// Between what a client does and what the server has written down of it.
const SETTLE_MS = 1500;

function fail(text) {
  const place = byId("client-failed");
  place.hidden = text === null;
  if (text !== null) setText(place.querySelector(".alert-text"), text);
}

function showHead(row) {
  const state = stateOf(row);
  const [words, title] = wordsOf(state);
  const name = nameOf(row) || row.key;
  setText(byId("client-name"), name);
  document.title = document.title.replace(/^[^·]*·/, `${name.replaceAll("·", "–")} ·`);
  byId("client-dot").dataset.state = state.connected ? "live" : "silent";
  setText(byId("client-seen"), words);
  setTitle(byId("client-seen"), title);
  byId("client-behind").hidden = !row.behind;
  if (row.behind) setTitle(byId("client-behind"), t("fleet.behind_title", { version: row.latest_version }));
  return state;
}

export function showClient(id) {
  const store = createStore({ detail: null });
  const path = `/api/installations/${encodeURIComponent(id)}`;
  byId("client-logs").href += `?client=${encodeURIComponent(id)}`;
  let timer = null;

  async function load() {
    clearTimeout(timer);
    try {
      store.set({ detail: await api.get(path) });
      fail(null);
      timer = setTimeout(load, EVERY_MS);
    } catch (error) {
      if (error.status === undefined) throw error;
      const unknown = error.status === 404 || error.status === 400;
      fail(unknown ? t("fleet.unknown") : error.text);
      if (unknown) byId("client-body").hidden = true;
      else timer = setTimeout(load, RETRY_MS);
    }
  }

  const draw = () => {
    const { detail } = store.get();
    if (!detail) return;
    const state = showHead(detail.installation);
    showFacts(detail.installation, state);
    showVersions(detail);
    showSettings(detail.settings);
    orders.show(detail.installation, state);
  };
  const orders = bindOrders(path, load);
  const reports = bindReports(path);
  const timeline = showTimeline(path);
  orders.onReport = reports.ask;
  showGraphs(id);
  store.watch(draw);
  let before = null;
  clients.watch(({ byInstallation }) => {
    draw();
    const now = (byInstallation.get(id) ?? []).map((client) => client.id).join();
    if (before !== null && now !== before) {
      setTimeout(load, SETTLE_MS);
      setTimeout(timeline.newer, SETTLE_MS);
    }
    before = now;
  });
  let live = null;
  connection.watch(({ state }) => {
    // After a cut everything is as old as the cut.
    if (state === "live" && live === "lost") {
      load();
      timeline.newer();
      reports.load();
    }
    live = state === "live" ? "live" : live && "lost";
  });
  setInterval(draw, 1000);
  load();
}

// What an admin can do to an installation. Each question names it.

import { api } from "../../lib/api.js";
import { bindClientDialogs, toInstallation } from "../../lib/client-dialogs.js";
import { nameOf } from "../../lib/connected.js";
import { createDialog } from "../../lib/dialog.js";
import { byId, setText, setTitle } from "../../lib/dom.js";
import { dayAndTime, exactTime, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { isThisPage } from "./state.js";

const MOST_MINUTES = 10_080;

const shareText = (share) => `${percent(share * 100)}\u00a0%`;

/** What is wrong with the form, by field; null when nothing is. */
function faults({ log_level, sampling, minutes }) {
  const number = Number(minutes);
  if (!Number.isInteger(number) || number < 1 || number > MOST_MINUTES) return { minutes: t("orders.minutes_wrong") };
  return log_level === "" && sampling === "" ? { log_level: t("orders.nothing") } : null;
}

const settingsDialog = (path, done) =>
  createDialog(byId("settings-dialog"), {
    fill({ name }) {
      byId("settings-title").textContent = t("orders.title", { name });
      byId("settings-dialog").querySelector("[type=submit]").textContent = t("orders.submit", { name });
    },
    async send(values, { name }) {
      const fields = faults(values);
      if (fields) throw Object.assign(new Error("the form"), { status: 0, fields });
      const { log_level, sampling, minutes } = values;
      await api.put(`${path}/settings`, {
        minutes: Number(minutes),
        ...(log_level === "" ? {} : { log_level }),
        ...(sampling === "" ? {} : { sampling: Number(sampling) }),
      });
      report(t("orders.done", { name }));
      done();
    },
  });

const reportDialog = (ask) =>
  createDialog(byId("report-dialog"), {
    fill({ name }) {
      byId("report-title").textContent = t("diagnostics.ask_title", { name });
      byId("report-dialog").querySelector("[type=submit]").textContent = t("diagnostics.submit", { name });
    },
    async send(_, { name }) {
      await ask();
      report(t("diagnostics.asked", { name }));
    },
  });

/** Says what is set, until it ends. */
export function showSettings(settings) {
  const place = byId("client-settings");
  const active = settings && Date.parse(settings.until) > Date.now();
  place.hidden = !active;
  if (!active) return;
  const what = [
    settings.log_level && t("orders.is_level", { level: settings.log_level }),
    settings.sampling !== null && t("orders.is_sampling", { share: shareText(settings.sampling) }),
  ];
  const until = new Date(settings.until);
  const text = t("orders.active", {
    what: what.filter(Boolean).join(", "),
    time: dayAndTime(until),
    user: settings.set_by,
  });
  setText(place.querySelector(".alert-text"), text);
  setTitle(place, exactTime(until));
}

/** Binds the buttons; `load` brings the page up to date. `show(row, state)` says to whom and what is possible. */
export function bindOrders(path, load) {
  const dialogs = bindClientDialogs();
  const buttons = byId("client-actions");
  let row = null;
  const self = {
    onReport: null,
    show(installation, state) {
      row = installation;
      for (const button of buttons.children) {
        const needs = { notice: !state.connected, disconnect: !state.connected || isThisPage(state) };
        button.disabled = needs[button.dataset.action] ?? false;
      }
    },
  };
  const settings = settingsDialog(path, load);
  const reports = reportDialog(() => self.onReport());
  const open = {
    notice: (of) => dialogs.notice.open(toInstallation(row, of)),
    disconnect: (of) => dialogs.disconnect.open(toInstallation(row, of)),
    settings: (name) => settings.open({ name }),
    report: (name) => reports.open({ name }),
  };
  buttons.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (action && row) open[action](nameOf(row) || row.key);
  });
  byId("client-settings-end").addEventListener("click", async () => {
    try {
      await api.delete(`${path}/settings`);
      report(t("orders.ended"));
    } catch (error) {
      if (error.status === undefined) throw error;
      report(error.text, "bad");
    }
    load();
  });
  return self;
}

// Where one is logged in, and the end of it.

import { api } from "../../lib/api.js";
import { byId, el, setText, setTitle } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { textCell } from "../../lib/table.js";
import { createAsk } from "./parts/ask.js";
import { deviceName } from "./parts/device.js";
import { actionColumn, createList, timeCell } from "./parts/list.js";
import { startSection } from "./parts/section.js";

const others = byId("sessions-others");
let count = 0;

function drawDevice(cell, session) {
  if (!cell.firstChild) {
    const name = el("span", { className: "cut" });
    cell.append(el("div", { className: "cell-line" }, name));
    if (session.current) {
      cell.firstChild.append(el("span", { className: "badge", textContent: t("settings.sessions.this") }));
    }
  }
  setText(cell.querySelector(".cut"), deviceName(session.device));
  setTitle(cell, session.device);
}

const columns = () => [
  {
    key: "device",
    label: t("settings.sessions.device"),
    className: "col-main",
    sort: (row) => deviceName(row.device),
    draw: drawDevice,
  },
  {
    key: "address",
    label: t("settings.sessions.address"),
    className: "col-address",
    sort: ({ address }) => address,
    draw: textCell(({ address }) => address),
  },
  {
    key: "used",
    label: t("settings.sessions.used"),
    className: "col-time",
    sort: ({ last_used_at }) => Date.parse(last_used_at),
    downFirst: true,
    draw: timeCell(({ last_used_at }) => last_used_at),
  },
  {
    key: "begun",
    label: t("settings.sessions.begun"),
    className: "col-time col-far",
    sort: ({ created_at }) => Date.parse(created_at),
    downFirst: true,
    draw: timeCell(({ created_at }) => created_at),
  },
  actionColumn({
    name: "log-out",
    label: ({ device }) => t("settings.sessions.end", { name: deviceName(device) }),
    shown: ({ current }) => !current,
  }),
];

const list = createList("sessions", {
  columns: columns(),
  sortBy: "used",
  up: false,
  none: () => t("settings.sessions.none"),
  open: (session) => session.current || ask.open(session),
});

async function load() {
  const { items } = await api.get("/api/auth/sessions");
  list.set(items);
  count = items.filter(({ current }) => !current).length;
  others.disabled = count === 0;
}

const again = startSection(load);
const ask = createAsk("session-dialog", {
  words: ({ device }) => {
    const name = deviceName(device);
    return { title: t("settings.sessions.end_title", { name }), submit: t("settings.sessions.end", { name }) };
  },
  async send({ id, device }) {
    try {
      await api.delete(`/api/auth/sessions/${encodeURIComponent(id)}`);
    } catch (error) {
      // It is over, as was asked for.
      if (error.status !== 404) throw error;
    }
    report(t("settings.sessions.ended", { name: deviceName(device) }));
    await again();
  },
});
const askOthers = createAsk("others-dialog", {
  words: () => ({ title: t("settings.sessions.others_title", { count }), submit: t("settings.sessions.end_others") }),
  async send() {
    const { ended } = await api.delete("/api/auth/sessions");
    report(t("settings.sessions.others_done", { count: ended }));
    await again();
  },
});
others.addEventListener("click", () => askOthers.open());
